package lock_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core/coretest/explore"
)

// A lockFault is a possible mistake in the code of the mutex.
type lockFault uint8

const (
	noFault lockFault = iota
	faultSilentLeave
	faultBlindLoss
	faultWokenStays
	faultBlindJoin
	faultDeafUnlock
	faultGrantKept
	faultFreeHandOver
	faultUnordered
)

var lockFaults = []struct {
	name    string
	fault   lockFault
	ordered bool
	law     lockLaw // which the explorer finds broken first
}{
	{"a woken waiter that is dropped wakes no other", faultSilentLeave, false, lawOwed},
	{"a waiter that loses does not see an unlock in between", faultBlindLoss, false, lawAlone},
	{"a waiter that loses is woken for ever", faultWokenStays, false, lawOwed},
	{"a newcomer joins the line without seeing the lock", faultBlindJoin, false, lawWord},
	{"an unlock does not see the line", faultDeafUnlock, false, lawWord},
	{"a granted lock is dropped and kept", faultGrantKept, true, lawAlone},
	{"a lock that is handed over is free", faultFreeHandOver, true, lawAlone},
	{"an ordered mutex hands nothing over", faultUnordered, true, lawOrder},
}

// TestEveryFaultOfAMutexIsFound explores a small model with each fault.
func TestEveryFaultOfAMutexIsFound(t *testing.T) {
	for _, f := range lockFaults {
		m := lockModel{
			ordered: f.ordered, fault: f.fault,
			tasks: []lockScript{{rounds: 1}, {rounds: 1, drops: 1}, {rounds: 1, drops: 1, spurious: 1}},
		}
		x := explore.Run(&m, lawNoEnd)
		if x.Broken != f.law {
			t.Errorf("%s: broken: %v, want %v\n%s", f.name, x.Broken, f.law, x.Trace())
		}
		t.Logf("%-56s %v after %d states", f.name, x.Broken, x.States)
	}
}
