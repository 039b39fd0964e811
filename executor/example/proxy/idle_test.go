package main

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// A side is a connection on a virtual clock: a byte comes at each of the times, and then the end.
type side struct {
	times []time.Duration // since the last byte
	ended bool            // by the other side's end
}

func (s *side) Read(co *coro.Co, b []byte) (int, error) {
	if len(s.times) == 0 {
		return 0, io.EOF
	}
	if err := coro.Sleep(co, s.times[0]); err != nil {
		return 0, err
	}
	s.times = s.times[1:]
	return 1, nil
}

func (s *side) Write(co *coro.Co, b []byte) (int, error) { return len(b), nil }
func (s *side) CloseWrite() error                        { s.ended = true; return nil }

func TestIdleTimeout(t *testing.T) {
	const ms = time.Millisecond
	repeat := func(d time.Duration, n int) (times []time.Duration) {
		for range n {
			times = append(times, d)
		}
		return times
	}
	for name, tc := range map[string]struct {
		a, b     []time.Duration
		toA, toB int64
		err      error
		at       time.Duration // the end
	}{
		"both end":                   {nil, nil, 0, 0, nil, 0},
		"never silent":               {repeat(99*ms, 10), repeat(99*ms, 5), 5, 10, nil, 990 * ms},
		"one direction is silent":    {repeat(99*ms, 10), []time.Duration{980 * ms}, 1, 10, nil, 990 * ms},
		"silent from the beginning":  {[]time.Duration{time.Hour}, nil, 0, 0, errIdle, 100 * ms},
		"silent after a while":       {[]time.Duration{90 * ms, 90 * ms, 200 * ms}, nil, 0, 2, errIdle, 280 * ms},
		"both silent at other times": {[]time.Duration{150 * ms}, []time.Duration{90 * ms, 80 * ms}, 2, 1, nil, 170 * ms},
	} {
		t.Run(name, func(t *testing.T) {
			host := coretest.New(1)
			defer host.Close()
			a, b := &side{times: tc.a}, &side{times: tc.b}
			var toA, toB int64
			h := executor.Do(host, func(co *coro.Co) (err error) {
				toA, toB, err = copyUntilIdle(co, a, b, 100*ms)
				return err
			})
			host.Run()
			r, ok := h.TryJoin()
			if !ok || !errors.Is(r.Err, tc.err) || (r.Err == nil) != (tc.err == nil) {
				t.Fatalf("ended: %v, with %v; want %v", ok, r.Err, tc.err)
			}
			if toA != tc.toA || toB != tc.toB || host.Now() != tc.at {
				t.Errorf("%d and %d bytes, at %v; want %d and %d, at %v", toA, toB, host.Now(), tc.toA, tc.toB, tc.at)
			}
			if tc.err == nil && !(a.ended && b.ended) {
				t.Error("an end was not passed on")
			}
			if live := host.Live(); live != 0 {
				t.Errorf("%d tasks are left", live)
			}
		})
	}
}
