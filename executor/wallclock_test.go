package executor_test

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/timer"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/net/udp"
)

// afterClockChanges runs body on runtimes whose process has seen the wall clock set forward, and back.
func afterClockChanges(t *testing.T, body func(co *coro.Co) error) {
	for _, by := range []time.Duration{2 * time.Hour, -2 * time.Hour} {
		rt, err := executor.NewAfterClockChange(by, modetest.Options(executor.Options{}))
		if err != nil {
			t.Fatal(err)
		}
		h := executor.Do(rt, body)
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		if _, err := h.Wait(ctx); err != nil {
			t.Errorf("the wall clock was set by %v: %v", by, err)
		}
		cancel()
		rt.Close()
	}
}

// wallIn is the instant that is d from now, without a monotonic reading.
func wallIn(d time.Duration) time.Time { return time.Now().Add(d).Round(0) }

const (
	soon  = 2 * time.Millisecond
	later = time.Hour
)

// Regression: a deadline without a monotonic reading was off by as much as the clock was set by.
func TestDeadlinesAfterTheWallClockWasSet(t *testing.T) {
	var early = errors.New("it was over an hour early")
	forms := map[string]struct{ soon, later func(co *coro.Co) error }{
		"SleepUntil": {
			soon: func(co *coro.Co) error { return coro.SleepUntil(co, wallIn(soon)) },
			later: func(co *coro.Co) error {
				err := coro.WithTimeout(co, soon, func(co *coro.Co) error { return coro.SleepUntil(co, wallIn(later)) })
				if err == nil {
					return early
				}
				return nil
			},
		},
		"WithDeadline": {
			soon: func(co *coro.Co) error {
				err := coro.WithDeadline(co, wallIn(soon), func(co *coro.Co) error { return coro.Sleep(co, later) })
				if !errors.Is(err, core.ErrDeadlineExceeded) {
					return err
				}
				return nil
			},
			later: func(co *coro.Co) error {
				return coro.WithDeadline(co, wallIn(later), func(co *coro.Co) error { return coro.Sleep(co, soon) })
			},
		},
		"TimeoutAt": {
			soon: func(co *coro.Co) error {
				_, err := coro.Await(co, timer.TimeoutAt(wallIn(soon), future.Pending[int]()))
				return err
			},
			later: func(co *coro.Co) error {
				r, err := coro.Await(co, timer.TimeoutAt(wallIn(later), core.Future[struct{}](timer.Sleep(soon))))
				return errors.Join(err, r.Err)
			},
		},
		"SleepUntil in poll style": {
			soon: func(co *coro.Co) error {
				_, err := coro.Await(co, core.Future[struct{}](timer.SleepUntil(wallIn(soon))))
				return err
			},
			later: func(co *coro.Co) error {
				w, err := coro.Await(co, future.Race[struct{}](timer.SleepUntil(wallIn(later)), timer.Sleep(soon)))
				if err == nil && w.Index == 0 {
					err = early
				}
				return err
			},
		},
		"Interval": {
			soon: func(co *coro.Co) error {
				i := timer.NewInterval(soon, timer.IntervalOptions{Start: wallIn(soon)})
				for range 3 {
					if _, err := i.Tick(co); err != nil {
						return err
					}
				}
				return nil
			},
			later: func(co *coro.Co) error {
				i := timer.NewInterval(soon, timer.IntervalOptions{Start: wallIn(later)})
				err := coro.WithTimeout(co, soon, func(co *coro.Co) error {
					_, err := i.Tick(co)
					return err
				})
				if err == nil {
					return early
				}
				return nil
			},
		},
		"a socket": {
			soon: func(co *coro.Co) error {
				s, err := udp.Bind(netip.MustParseAddrPort("127.0.0.1:0"))
				if err != nil {
					return err
				}
				defer s.Close()
				s.SetDeadline(wallIn(soon))
				_, _, err = s.ReadFrom(co, make([]byte, 1))
				if !errors.Is(err, os.ErrDeadlineExceeded) {
					return err
				}
				return nil
			},
			later: func(co *coro.Co) error {
				s, err := udp.Bind(netip.MustParseAddrPort("127.0.0.1:0"))
				if err != nil {
					return err
				}
				defer s.Close()
				s.SetDeadline(wallIn(later))
				err = coro.WithTimeout(co, soon, func(co *coro.Co) error {
					_, _, err := s.ReadFrom(co, make([]byte, 1))
					return err
				})
				if !errors.Is(err, core.ErrDeadlineExceeded) {
					return err
				}
				s.SetDeadline(time.Time{})
				return nil
			},
		},
	}
	for name, f := range forms {
		t.Run(name, func(t *testing.T) {
			afterClockChanges(t, f.soon)
			afterClockChanges(t, f.later)
		})
	}
}
