package leaktest_test

import (
	"strings"
	"testing"

	"github.com/moduvex/moduvex-go/core/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.VerifyTestMain(m) }

// lingering is looked for by name: in a test, unlike in TestMain, Check also sees
// the goroutine of testing that waits for the test.
func lingering(stop, stopped chan struct{}) {
	<-stop
	close(stopped)
}

func TestCheckReportsALeftGoroutine(t *testing.T) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go lingering(stop, stopped)
	err := leaktest.Check()
	close(stop)
	<-stopped
	if err == nil || !strings.Contains(err.Error(), "leaktest_test.lingering") {
		t.Errorf("have %v, want the stack of lingering", err)
	}
}

func TestCheckWaitsForAGoroutineThatEnds(t *testing.T) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go lingering(stop, stopped)
	close(stop)
	<-stopped
	if err := leaktest.Check(); err != nil && strings.Contains(err.Error(), "leaktest_test.lingering") {
		t.Errorf("have %v, want no lingering", err)
	}
}
