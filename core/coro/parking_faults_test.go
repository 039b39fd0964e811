package coro_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core/coretest/explore"
)

// A parkFault is a possible mistake in the code of the hand-over.
type parkFault uint8

const (
	noFault parkFault = iota
	faultReclaimSkipped
	faultEvictedStays
	faultAtStays
	faultEndedEarly
	faultHandOverMoving
)

var (
	onOne = parkModel{workers: 1, coroutines: 3}
	onTwo = parkModel{workers: 2, coroutines: 3}
)

var parkFaults = []struct {
	name  string
	fault parkFault
	model parkModel // with 3 bodies
	law   parkLaw   // which the explorer finds broken first
}{
	{"a coroutine is disposed of in the berth of another", faultReclaimSkipped, onOne, lawEnd},
	{"an evicted party does not switch on", faultEvictedStays, onOne, lawMeant},
	{"a hand-over does not note where its coroutine is parked", faultAtStays, onOne, lawParked},
	{"a poll is ended before its body is parked", faultEndedEarly, onTwo, lawRace},
	{"bodies hand over where tasks move", faultHandOverMoving, onTwo, lawRace},
}

// TestEveryParkingFaultIsFound explores the models with each fault.
func TestEveryParkingFaultIsFound(t *testing.T) {
	for _, f := range parkFaults {
		m := f.model
		m.bodies, m.fault = 3, f.fault
		x := explore.Run(&m, lawNoEnd)
		if x.Broken != f.law {
			t.Errorf("%s: broken: %v, want %v\n%s", f.name, x.Broken, f.law, x.Trace())
		}
		t.Logf("%-56s %v after %d states", f.name, x.Broken, x.States)
	}
}
