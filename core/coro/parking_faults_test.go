package coro_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core/coretest/explore"
	"github.com/moduvex/moduvex-go/core/internal/racetest"
)

// A parkFault is a possible mistake in the code that hands a worker on.
type parkFault uint8

const (
	noFault parkFault = iota
	faultReclaimSkipped
	faultAtStays
	faultEndedEarly
	faultTrimsAlone
	faultGuestNotNoted
	faultTakenStays
	faultGuestPool
	faultCurrentStays
	faultStrayEnds
	faultNestedTrims
)

var (
	onOne = parkModel{workers: 1, coroutines: 3, bodies: 3, drops: true}
	onTwo = parkModel{workers: 2, coroutines: 3, bodies: 3}
)

var parkFaults = []struct {
	name  string
	fault parkFault
	model parkModel
	law   parkLaw // which the explorer finds broken first
}{
	{"a broken coroutine ends in the berth of another one", faultReclaimSkipped, onOne, lawEnd},
	{"the same, from the Surplus", faultReclaimSkipped, onTwo, lawEnd},
	{"a pass does not note where its coroutine is parked", faultAtStays, onOne, lawParked},
	{"a poll is ended before its body is parked", faultEndedEarly, onTwo, lawRace},
	{"an end resumes a body of another worker", faultTrimsAlone, onTwo, lawEnd},
	{"the Surplus does not note where a guest has moved", faultGuestNotNoted, onTwo, lawNoted},
	{"the Surplus does not forget one that is taken", faultTakenStays, onTwo, lawRace},
	{"a guest of the Surplus goes home to another worker", faultGuestPool, onTwo, lawPool},
	{"a drop leaves its body the current one", faultCurrentStays, onOne, lawMeant},
	{"a drop by a body trims", faultNestedTrims, onOne, lawEnd},
	{"a body beside its worker ends in any berth", faultStrayEnds, parkModel{workers: 1, coroutines: 2, bodies: 2, strays: true}, lawEnd},
}

// TestEveryParkingFaultIsFound explores the models with each fault. Under the race detector it is those of one worker.
func TestEveryParkingFaultIsFound(t *testing.T) {
	for _, f := range parkFaults {
		m := f.model
		m.fault = f.fault
		if racetest.Enabled && m.moves() {
			continue
		}
		x := explore.Run(&m, lawNoEnd)
		if x.Broken != f.law {
			t.Errorf("%s: broken: %v, want %v\n%s", f.name, x.Broken, f.law, x.Trace())
		}
		t.Logf("%-56s %v after %d states", f.name, x.Broken, x.States)
	}
}
