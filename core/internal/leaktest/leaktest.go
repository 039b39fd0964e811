// Package leaktest fails a package's tests when goroutines outlive them.
//
// It replaces go.uber.org/goleak, which every other module here uses: a
// requirement in core's go.mod, even one that only tests need, would enter the
// module graph of every importer of core, and core has no requirements.
package leaktest

import (
	"fmt"
	"log"
	"runtime"
	"strings"
	"testing"
	"time"
)

// grace is how long a goroutine may take to end after the last test: it covers
// the scheduling of a goroutine that was told to stop, not work.
const grace = time.Second

// VerifyTestMain runs the tests and then, if they passed, exits with status 1
// when goroutines other than the caller's are left:
//
//	func TestMain(m *testing.M) { leaktest.VerifyTestMain(m) }
func VerifyTestMain(m *testing.M) {
	if m.Run() != 0 {
		return // go test exits with the status of Run
	}
	if err := Check(); err != nil {
		log.Fatalf("leaktest: %v", err)
	}
}

// Check waits up to a second for every goroutine but the caller's to end, and
// returns an error with the stacks of those that did not.
func Check() error {
	var left []string
	pause := time.Microsecond
	for deadline := time.Now().Add(grace); ; pause = min(2*pause, 50*time.Millisecond) {
		if left = others(); len(left) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d goroutines are left:\n\n%s", len(left), strings.Join(left, "\n\n"))
		}
		time.Sleep(pause)
	}
}

// others returns the stacks of the goroutines that are neither the caller nor
// ignored. It is meant for TestMain, where no goroutine of testing is left.
func others() []string {
	all := strings.Split(strings.TrimSpace(stacks()), "\n\n")
	var out []string
	for _, stack := range all[1:] { // the caller's comes first
		if !ignored(stack) {
			out = append(out, stack)
		}
	}
	return out
}

func stacks() string {
	for size := 64 << 10; ; size *= 2 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, true); n < size {
			return string(buf[:n])
		}
	}
}

// ignored reports whether the standard library started the goroutine, once per
// process and until it exits: the delivery of signals.
func ignored(stack string) bool {
	for _, frame := range []string{
		"\nos/signal.signal_recv(",
		"\nos/signal.loop(",
		"\nruntime.ensureSigM.func1(",
	} {
		if strings.Contains(stack, frame) {
			return true
		}
	}
	return false
}
