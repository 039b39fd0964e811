package executor_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
)

const shortLimit = 5 * time.Millisecond

// culprit is the name that the report of a long poll has to show.
//
//go:noinline
func culprit(until <-chan struct{}) { <-until }

func TestLongPollIsReportedOnce(t *testing.T) {
	for _, s := range styles {
		t.Run(s.name, func(t *testing.T) {
			reports := make(chan executor.LongPoll, 100)
			rt := startRuntime(t, executor.Options{
				LongPollThreshold: shortLimit,
				OnLongPoll:        func(p executor.LongPoll) { reports <- p },
			})
			bystander := startRuntime(t, executor.Options{}) // its stack is of no interest
			settled(t, bystander)
			settled(t, rt)
			eventually(t, "the watchdog sleeps", func() bool { return executor.WatchdogAsleep(rt) })
			release := make(chan struct{})
			h := s.do(executor.Named(rt, "slow"), func(core.Spawner) { culprit(release) })
			p := receive(t, "OnLongPoll", reports)
			if p.Task.ID != h.ID() || p.Task.Name != "slow" || p.For < shortLimit {
				t.Errorf("the report is of %v for %v", p.Task, p.For)
			}
			if !bytes.Contains(p.Stack, []byte("executor_test.culprit")) {
				t.Errorf("the stack does not name the function:\n%s", p.Stack)
			}
			if bytes.Contains(p.Stack, []byte("(*worker).park")) {
				t.Errorf("the stack shows a worker that sleeps:\n%s", p.Stack)
			}
			time.Sleep(10 * shortLimit) // an opportunity to report it again
			close(release)
			joinOK(t, h)
			alive(t, rt)
			if n := len(reports); n != 0 {
				t.Errorf("the poll was reported another %d times", n)
			}

			// The next one is another poll.
			release = make(chan struct{})
			h = s.do(rt, func(core.Spawner) { culprit(release) })
			if p := receive(t, "OnLongPoll", reports); p.Task.ID != h.ID() {
				t.Errorf("the second report is of %v", p.Task)
			}
			close(release)
			joinOK(t, h)
		})
	}
}

// A task that is polled again and again is not taken for one that is in a single poll.
func TestManyShortPollsAreNotReported(t *testing.T) {
	const limit = 40 * time.Millisecond
	reports := make(chan executor.LongPoll, 100)
	rt := startRuntime(t, executor.Options{
		LongPollThreshold: limit,
		OnLongPoll:        func(p executor.LongPoll) { reports <- p },
	})
	begin, longest, last := time.Now(), time.Duration(0), time.Time{}
	h := executor.Spawn(rt, future.Func(func(cx *core.Context) (int, bool) {
		if !last.IsZero() {
			longest = max(longest, time.Since(last))
		}
		last = time.Now()
		time.Sleep(limit / 20)
		cx.Yield()
		return 0, time.Since(begin) > 5*limit
	}))
	joinOK(t, h)
	// On a machine that is busy with other work even these polls may take long.
	if n := len(reports); n != 0 && longest < limit {
		t.Errorf("%d reports, and the longest poll took %v", n, longest)
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestLongPollIsLogged(t *testing.T) {
	var log lockedBuffer
	rt := startRuntime(t, executor.Options{
		LongPollThreshold: shortLimit,
		Logger:            slog.New(slog.NewTextHandler(&log, nil)),
	})
	release := make(chan struct{})
	h := executor.Go(executor.Named(rt, "slow"), func(*coro.Co) (int, error) {
		culprit(release)
		return 0, nil
	})
	eventually(t, "it is logged", func() bool { return log.String() != "" })
	close(release)
	joinOK(t, h)
	for _, want := range []string{"level=WARN", "name=slow", " at=executor/watchdog_test.go:", "executor_test.culprit"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log has no %q: %s", want, log.String())
		}
	}
}

func TestLongPollsAreNotReportedWithoutALimit(t *testing.T) {
	rt := startRuntime(t, executor.Options{
		LongPollThreshold: -1,
		OnLongPoll:        func(p executor.LongPoll) { t.Errorf("a report: %v", p.Task) },
	})
	release := hold(t, rt)
	time.Sleep(10 * shortLimit) // an opportunity to report it
	release()
	alive(t, rt)
}

// The watchdog sleeps while the worker does, and neither keeps the other awake.
func TestWatchdogSleepsWithItsWorker(t *testing.T) {
	rt := startRuntime(t, executor.Options{LongPollThreshold: time.Millisecond})
	for range 50 {
		alive(t, rt)
		settled(t, rt)
		eventually(t, "the watchdog sleeps", func() bool { return executor.WatchdogAsleep(rt) })
	}
}

// Regression: for one stack those of all goroutines were listed, while nothing else ran: a hundred thousand
// coroutines were stopped for seconds, and the polls that this made long were reported one after the other.
func TestStackIsNotLookedForAmongVeryManyGoroutines(t *testing.T) {
	reports := make(chan executor.LongPoll, 100)
	rt := startRuntime(t, executor.Options{
		LongPollThreshold: shortLimit,
		OnLongPoll:        func(p executor.LongPoll) { reports <- p },
	})
	end := make(chan struct{})
	var many sync.WaitGroup
	for range executor.MaxGoroutines {
		many.Go(func() { <-end })
	}
	release := make(chan struct{})
	h := executor.Spawn(executor.Named(rt, "slow"), future.Func(func(*core.Context) (int, bool) {
		culprit(release)
		return 0, true
	}))
	p := receive(t, "OnLongPoll", reports)
	close(release)
	joinOK(t, h)
	close(end)
	many.Wait()
	if p.Task.Name != "slow" || p.Stack != nil {
		t.Errorf("the report is of %v, with a stack of %d bytes", p.Task, len(p.Stack))
	}
}
