package goroutine_test

import (
	"iter"
	"runtime"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/moduvex/moduvex-go/compat/internal/goroutine"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// known says that there is assembly for this processor.
var known = map[string]bool{"amd64": true, "386": true, "arm64": true, "arm": true}[runtime.GOARCH]

// grow makes the stack grow, which moves it.
//
//go:noinline
func grow(n int) int {
	var room [512]byte
	if n == 0 {
		return len(room)
	}
	return grow(n-1) + int(room[n%len(room)])
}

func TestASignStaysWhileTheGoroutineLives(t *testing.T) {
	sign := goroutine.Sign()
	if (sign != 0) != known {
		t.Fatalf("the sign is %#x", sign)
	}
	for range 100 {
		grow(200)
		runtime.GC()
		runtime.Gosched() // on another thread, perhaps
		if now := goroutine.Sign(); now != sign {
			t.Fatalf("the sign was %#x, and is %#x", sign, now)
		}
	}
}

func TestNoTwoGoroutinesHaveOneSign(t *testing.T) {
	if !known {
		t.Skip("no assembly for ", runtime.GOARCH)
	}
	const n = 1000
	var mu sync.Mutex
	var made, end sync.WaitGroup
	stop := make(chan struct{})
	seen := map[uintptr]bool{goroutine.Sign(): true}
	add := func() {
		mu.Lock()
		defer mu.Unlock()
		seen[goroutine.Sign()] = true
	}
	made.Add(n)
	for range n {
		end.Go(func() {
			add()
			made.Done()
			<-stop
		})
	}
	made.Wait()
	next, stopIter := iter.Pull(func(yield func(int) bool) { add(); yield(1) })
	next()
	if len(seen) != n+2 {
		t.Errorf("%d signs of %d goroutines", len(seen), n+2)
	}
	close(stop)
	end.Wait()
	stopIter()
}

func BenchmarkSign(b *testing.B) {
	for b.Loop() {
		goroutine.Sign()
	}
}
