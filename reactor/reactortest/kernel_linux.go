package reactortest

import (
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
)

// testSignals interrupts the thread that waits, again and again.
//
// Regression: an interrupted call was taken for something else.
func testSignals(t *testing.T, s *suite) {
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGUSR1)
	defer signal.Stop(caught)

	r := s.rig(t)
	a, b := r.pair()
	r.add(a.FD(), 7, reactor.Readable, reactor.Level)
	for _, d := range []time.Duration{0, time.Microsecond, 700 * time.Microsecond, pause, -1} {
		tid := make(chan int)
		done := make(chan struct{})
		var events []reactor.Event
		var err error
		var took time.Duration
		go func() {
			defer close(done)
			runtime.LockOSThread() // until the goroutine ends; the thread ends with it
			tid <- syscall.Gettid()
			start := time.Now()
			events, err = r.p.Wait(nil, d)
			took = time.Since(start)
		}()
		thread := <-tid
		sent := 0
	storm:
		for start := time.Now(); ; sent++ {
			select {
			case <-done:
				break storm
			default:
			}
			if time.Since(start) > testTimeout {
				t.Fatalf("Wait(%v) does not end", d)
			}
			if d < 0 && time.Since(start) > pause {
				break
			}
			if err := syscall.Tgkill(syscall.Getpid(), thread, syscall.SIGUSR1); err != nil && err != syscall.ESRCH {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Microsecond)
		}
		if d < 0 {
			r.write(b, "x")
			finish(t, done, "Wait does not end")
			if readinessOf(events, 7)&reactor.ReadReady == 0 {
				t.Errorf("Wait(-1) under %d signals: %v, %v", sent, events, err)
			}
			if took < pause {
				t.Errorf("Wait(-1) returned after %v", took)
			}
			continue
		}
		if len(events) != 0 || err != nil || took < d {
			t.Errorf("Wait(%v) under %d signals: %v, %v after %v", d, sent, events, err, took)
		}
		t.Logf("Wait(%v): %d signals, %v", d, sent, took)
	}
}

func countDescriptors() (int, error) {
	dir, err := os.ReadDir("/proc/self/fd")
	return len(dir), err
}
