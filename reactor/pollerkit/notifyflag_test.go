package pollerkit_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/moduvex/moduvex-go/reactor/pollerkit"
)

func TestATakeReportsEachRequestOnce(t *testing.T) {
	var f pollerkit.NotifyFlag
	if f.Take() {
		t.Error("Take reports a request that was not made")
	}
	f.Request()
	f.Request()
	if !f.Take() {
		t.Error("Take does not report the requests")
	}
	if f.Take() {
		t.Error("Take reports the requests twice")
	}
}

// A Take whose swap fails because of a Notify reports that Notify too, and clears its bits.
func TestATakeThatLosesItsSwapTakesTheRequest(t *testing.T) {
	var f pollerkit.NotifyFlag
	stale := f.Word()
	ticket, _ := f.Request()
	if !f.TakeFrom(stale) {
		t.Error("the request is lost")
	}
	f.Signalled(ticket)
	if _, already := f.Request(); already {
		t.Error("a late Signalled sets the bit of the next signal")
	}
	if !f.TakeFrom(stale) {
		t.Error("the second request is lost")
	}
}

// A model of one Poller: callers that notify, a waiter, and a signal that a system holds until the waiter gets it. The
// test runs every interleaving of their steps and checks that each Notify that returned nil is followed by a Wait
// that returns after it.
func TestNoNotifyIsLostInAnyInterleaving(t *testing.T) {
	for _, failing := range []int{-1, 0, 1} {
		t.Run(fmt.Sprint("failing ", failing), func(t *testing.T) {
			paths := 0
			explore(t, failing, nil, &paths)
			t.Log(paths, "interleavings")
			if paths < 1000 {
				t.Error("the test explores too little")
			}
		})
	}
}

const (
	notifiers = 3
	waits     = 4
)

// model is the state after a sequence of steps.
type model struct {
	flag    pollerkit.NotifyFlag
	signals int // that the system holds

	step    [notifiers]int // 0: Request is next, 1: the signal, 2: Signalled, 3: returned
	ticket  [notifiers]uint32
	failed  [notifiers]bool
	waiting int  // Waits that are left
	got     bool // the Wait in progress has got the event
	ok      [notifiers]bool
}

// explore runs the steps of path, and then each possible step after them.
func explore(t *testing.T, failing int, path []int, paths *int) {
	m := &model{waiting: waits}
	for _, actor := range path {
		m.run(actor, failing)
	}
	ended := true
	for actor := range notifiers + 1 {
		if m.can(actor) {
			ended = false
			explore(t, failing, append(path[:len(path):len(path)], actor), paths)
		}
	}
	if !ended {
		return
	}
	*paths++
	for i := range notifiers {
		if m.step[i] == 3 && !m.failed[i] && !m.ok[i] && m.waiting > 0 {
			t.Fatalf("after %s the Notify of caller %d is lost", strings.Trim(fmt.Sprint(path), "[]"), i)
		}
	}
}

// can reports whether actor has a step to make. The waiter, the last one, blocks while there is no signal.
func (m *model) can(actor int) bool {
	if actor < notifiers {
		return m.step[actor] < 3
	}
	return m.got || m.waiting > 0 && m.signals > 0
}

func (m *model) run(actor, failing int) {
	if actor == notifiers {
		m.wait()
		return
	}
	switch m.step[actor] {
	case 0:
		ticket, already := m.flag.Request()
		m.ticket[actor] = ticket
		m.step[actor] = 1
		if already {
			m.step[actor] = 3
		}
	case 1:
		m.step[actor] = 2
		if actor == failing {
			m.failed[actor], m.step[actor] = true, 3
			return
		}
		m.signals++
	case 2:
		m.flag.Signalled(m.ticket[actor])
		m.step[actor] = 3
	}
}

// wait gets the event, which clears all signals, and in its next step takes the flag and returns.
func (m *model) wait() {
	if !m.got {
		m.got, m.signals = true, 0
		return
	}
	m.got = false
	if !m.flag.Take() {
		return // the Wait continues
	}
	m.waiting--
	for i := range notifiers {
		m.ok[i] = m.ok[i] || m.step[i] > 0
	}
}
