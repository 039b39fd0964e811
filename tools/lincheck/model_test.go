package lincheck_test

import (
	"testing"

	"github.com/anishathalye/porcupine"
	"github.com/moduvex/moduvex-go/tools/lincheck"
)

// A step is an operation and its result.
type step struct{ op, result any }

// inTurn records steps one after the other.
func inTurn(steps []step) *lincheck.History {
	h := new(lincheck.History)
	l := h.Log()
	for _, s := range steps {
		begin := l.Now()
		l.Add(begin, l.Now(), s.op, s.result)
	}
	return h
}

// A rule is a beginning, results of the next operation that are allowed, and some that are not.
type rule struct {
	name  string
	begin []step
	op    any
	yes   []any
	no    []any
}

func checkRules(t *testing.T, m porcupine.Model, rules []rule) {
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			check := func(result any, want porcupine.CheckResult) {
				h := inTurn(append(r.begin[:len(r.begin):len(r.begin)], step{r.op, result}))
				if got := lincheck.Check(m, h, 0); got != want {
					t.Errorf("%T%+v = %v: %v, not %v", r.op, r.op, result, got, want)
				}
			}
			for _, result := range r.yes {
				check(result, porcupine.Ok)
			}
			for _, result := range r.no {
				check(result, porcupine.Illegal)
			}
		})
	}
}

const (
	done    = lincheck.Done
	pending = lincheck.Pending
	refused = lincheck.Refused
	closed  = lincheck.Closed
)

func TestPermitsModel(t *testing.T) {
	poll := func(id, n int) lincheck.PollAcquire { return lincheck.PollAcquire{ID: id, N: n} }
	try := func(n int) lincheck.TryAcquire { return lincheck.TryAcquire{N: n} }
	taken := step{try(2), done}
	wait := func(id, n int) step { return step{poll(id, n), pending} }
	back := step{lincheck.ReleasePermits{ID: 90, N: 1}, done}
	settled := step{lincheck.SettlePermits{ID: 90}, done}
	end := step{lincheck.ClosePermits{}, done}
	checkRules(t, lincheck.Permits(2, false), []rule{
		{"free permits are granted", nil, try(2), []any{done}, []any{refused}},
		{"what is not free is refused", nil, try(3), []any{refused}, []any{done}},
		{"an acquire of too many waits", []step{taken}, poll(1, 1), []any{pending}, []any{done, closed}},
		{"no acquire overtakes", []step{{try(1), done}, wait(1, 2)}, poll(2, 1), []any{pending}, []any{done}},
		{"nor by trying", []step{{try(1), done}, wait(1, 2)}, try(1), []any{refused}, []any{done}},
		{"a release serves the first", []step{taken, wait(1, 1), wait(2, 1), back}, poll(1, 1), []any{done}, []any{pending}},
		{"and not the second", []step{taken, wait(1, 1), wait(2, 1), back}, poll(2, 1), []any{pending}, []any{done}},
		{"a cancel passes the grant on", []step{taken, wait(1, 1), wait(2, 1), back, {lincheck.CancelAcquire{ID: 1}, done}}, poll(2, 1), []any{done}, []any{pending}},
		{"a cancel lets smaller requests behind pass", []step{{try(1), done}, wait(1, 2), wait(2, 1), {lincheck.CancelAcquire{ID: 1}, done}}, poll(2, 1), []any{done}, []any{pending}},
		{"a release that serves may be seen half", []step{taken, wait(1, 1), back, {lincheck.ReleasePermits{ID: 91, N: 1}, done}}, try(1), []any{done, refused}, nil},
		{"but not after it", []step{taken, wait(1, 1), back, {lincheck.ReleasePermits{ID: 91, N: 1}, done}, settled}, try(1), []any{done}, []any{refused}},
		{"nor one that serves no waiter", []step{taken, back}, try(1), []any{done}, []any{refused}},
		{"forgetting takes what is free", []step{{try(1), done}}, lincheck.ForgetPermits{N: 2}, []any{1}, []any{0, 2}},
		{"what is free can be counted", []step{{try(1), done}}, lincheck.FreePermits{}, []any{1}, []any{0, 2}},
		{"a close fails the waiters", []step{taken, wait(1, 1), end}, poll(1, 1), []any{closed}, []any{pending, done}},
		{"but not a granted one", []step{taken, wait(1, 1), back, end}, poll(1, 1), []any{done}, []any{closed}},
		{"a close keeps newcomers out", []step{end}, poll(1, 1), []any{closed}, []any{pending, done}},
		{"a request leaves only after it has entered", nil, lincheck.LeaveAcquire{ID: 1}, nil, []any{done, closed}},
		{"a request leaves only after its grant", []step{taken, {lincheck.EnterAcquire{ID: 1, N: 1}, pending}}, lincheck.LeaveAcquire{ID: 1}, nil, []any{done, closed}},
	})
}

func TestMutexModel(t *testing.T) {
	try := lincheck.TryAcquire{N: 1}
	poll := func(id int) lincheck.PollAcquire { return lincheck.PollAcquire{ID: id, N: 1} }
	taken := step{try, done}
	wait := func(id int) step { return step{poll(id), pending} }
	enter := step{lincheck.EnterAcquire{ID: 1, N: 1}, pending}
	lost := step{lincheck.LostAcquire{ID: 1, N: 1}, pending}
	back := step{lincheck.ReleasePermits{N: 1}, done}
	cancel := func(id int) step { return step{lincheck.CancelAcquire{ID: id}, done} }
	checkRules(t, lincheck.Mutex(), []rule{
		{"a free lock is granted", nil, try, []any{done}, []any{refused}},
		{"also to one that would wait", nil, poll(1), []any{done}, []any{pending}},
		{"a locked one is not", []step{taken}, try, []any{refused}, []any{done}},
		{"nor to one that waits", []step{taken}, poll(1), []any{pending}, []any{done}},
		{"after a release it is free", []step{taken, back}, try, []any{done}, []any{refused}},
		{"a newcomer may be first, or it is handed over", []step{taken, wait(1), back}, try, []any{done, refused}, nil},
		{"it may be the second in line", []step{taken, wait(1), wait(2), back}, poll(2), []any{done, pending}, nil},
		{"then the first waits on", []step{taken, wait(1), wait(2), back, {poll(2), done}}, poll(1), []any{pending}, []any{done}},
		{"the first in line waits no longer", []step{taken, wait(1), wait(2), back}, poll(1), []any{done}, []any{pending}},
		{"also if it lost before", []step{taken, wait(1), wait(2), back, taken, wait(1), back}, poll(1), []any{done}, []any{pending}},
		{"refused, it was handed over to the first", []step{taken, wait(1), wait(2), back, {try, refused}}, poll(2), []any{pending}, []any{done}},
		{"and the first has it", []step{taken, wait(1), wait(2), back, {try, refused}}, poll(1), []any{done}, []any{pending}},
		{"one that leaves is handed nothing", []step{taken, wait(1), wait(2), cancel(1), back, {try, refused}}, poll(2), []any{done}, []any{pending}},
		{"what it was handed goes on", []step{taken, wait(1), wait(2), back, {try, refused}, cancel(1)}, poll(2), []any{done}, []any{pending}},
		{"or is free", []step{taken, wait(1), back, {try, refused}, cancel(1)}, try, []any{done}, []any{refused}},
		{"no release without a lock", nil, lincheck.ReleasePermits{N: 1}, nil, []any{done}},
		{"nor by one that has not seen its grant", []step{taken, wait(1), back, {try, refused}}, lincheck.ReleasePermits{N: 1}, nil, []any{done}},
		{"a body that has entered does not have it", []step{enter}, try, []any{done}, []any{refused}},
		{"it leaves with it", []step{taken, enter, back}, lincheck.LeaveAcquire{ID: 1}, []any{done}, []any{closed, pending}},
		{"it may be handed it over", []step{taken, enter, back, {try, refused}}, lincheck.LeaveAcquire{ID: 1}, []any{done}, nil},
		{"but not while another has it", []step{taken, enter}, lincheck.LeaveAcquire{ID: 1}, nil, []any{done}},
		{"a lost one may have it", []step{lost}, try, []any{done, refused}, nil},
		{"until it is cancelled", []step{lost, {try, refused}, cancel(1)}, try, []any{done}, []any{refused}},
		{"or be in line", []step{taken, lost, back, {try, refused}, cancel(1)}, try, []any{done}, []any{refused}},
	})
}

func TestExactPermitsModelKnowsNoHalfReleases(t *testing.T) {
	checkRules(t, lincheck.Permits(1, true), []rule{{
		"trying", []step{
			{lincheck.TryAcquire{N: 1}, done},
			{lincheck.PollAcquire{ID: 1, N: 1}, pending},
			{lincheck.ReleasePermits{N: 1}, done},
			{lincheck.PollAcquire{ID: 1, N: 1}, done},
			{lincheck.ReleasePermits{N: 1}, done},
		}, lincheck.TryAcquire{N: 1}, []any{done}, []any{refused},
	}})
}

func TestChannelModel(t *testing.T) {
	got := func(v int) any { return lincheck.Received{Outcome: done, V: v} }
	nothing, over := any(lincheck.Received{Outcome: pending}), any(lincheck.Received{Outcome: closed})
	send := func(v int) step { return step{lincheck.TrySend{V: v}, done} }
	poll := func(id int) lincheck.PollSend { return lincheck.PollSend{ID: id, V: id} }
	wait := func(id int) step { return step{poll(id), pending} }
	receive := lincheck.Receive{}
	bye := step{lincheck.CloseSender{}, done}
	end := step{lincheck.StopQueue{}, done}
	closeQueue := step{lincheck.CloseQueue{}, done}
	cancel := step{lincheck.CancelSend{ID: 5}, done}
	lost := []step{{lincheck.EnterSend{ID: 5}, pending}, {lincheck.LostSend{ID: 5, V: 5}, done}}
	full := []step{send(1), send(2)}
	reserve := func(id int) step { return step{lincheck.TryReserve{ID: id}, done} }
	and := func(begin []step, steps ...step) []step { return append(begin[:len(begin):len(begin)], steps...) }
	checkRules(t, lincheck.Channel(2, 1), []rule{
		{"an empty channel has nothing", nil, receive, []any{nothing}, []any{over, got(0)}},
		{"values come in order", full, receive, []any{got(1)}, []any{got(2), nothing, over}},
		{"a full channel refuses", full, lincheck.TrySend{V: 3}, []any{refused}, []any{done, closed}},
		{"a free slot is used", nil, lincheck.TrySend{V: 3}, []any{done}, []any{refused, closed}},
		{"senders wait in line", and(full, wait(5), wait(6), step{receive, got(1)}), poll(6), []any{pending}, []any{done}},
		{"the first is granted a slot", and(full, wait(5), wait(6), step{receive, got(1)}), poll(5), []any{done}, []any{pending}},
		{"no try overtakes", and(full, wait(5), step{receive, got(1)}), lincheck.TrySend{V: 3}, []any{refused}, []any{done}},
		{"a cancel passes the grant on", and(full, wait(5), wait(6), step{receive, got(1)}, cancel), poll(6), []any{done}, []any{pending}},
		{"what is cancelled is not sent", and(nil, step{lincheck.EnterSend{ID: 5}, pending}, cancel), receive, []any{nothing}, []any{got(5)}},
		{"what is lost may be sent", lost, receive, []any{got(5), nothing}, []any{over}},
		{"and then takes a slot", and(lost, send(6)), lincheck.TrySend{V: 7}, []any{refused, done}, []any{closed}},
		{"a lost receive may take a value", and(full, step{lincheck.LostReceive{}, done}), receive, []any{got(1), got(2)}, []any{nothing}},
		{"the length counts", full, lincheck.QueueLen{}, []any{2}, []any{1, 3}},
		{"the last sender ends it", []step{bye}, receive, []any{over}, []any{nothing}},
		{"after what is queued", and(full, bye), receive, []any{got(1)}, []any{over}},
		{"the receiver can close it", []step{end}, lincheck.TrySend{V: 1}, []any{closed}, []any{done, refused}},
		{"a waiter fails", and(full, wait(5), end), poll(5), []any{closed}, []any{pending, done}},
		{"a granted sender sends", and(full, wait(5), step{receive, got(1)}, end), poll(5), []any{done}, []any{closed}},
		{"and is waited for", and(full, wait(5), step{receive, got(1)}, end, step{receive, got(2)}), receive, []any{nothing}, []any{over}},
		{"a close releases the queue", and(full, closeQueue), receive, []any{over}, []any{got(1), nothing}},
		{"a slot can be reserved", nil, lincheck.TryReserve{ID: 5}, []any{done}, []any{refused, closed}},
		{"but not in a full channel", full, lincheck.TryReserve{ID: 5}, []any{refused}, []any{done, closed}},
		{"nor in a closed one", []step{end}, lincheck.TryReserve{ID: 5}, []any{closed}, []any{done, refused}},
		{"a permit is a slot", and([]step{send(1)}, reserve(5)), lincheck.TrySend{V: 3}, []any{refused}, []any{done, closed}},
		{"which is not in the queue", []step{reserve(5)}, receive, []any{nothing}, []any{over, got(5)}},
		{"until it is used", []step{reserve(5), {lincheck.SendPermit{ID: 5, V: 7}, done}}, receive, []any{got(7)}, []any{nothing}},
		{"once", []step{reserve(5), {lincheck.SendPermit{ID: 5, V: 7}, done}}, lincheck.SendPermit{ID: 5, V: 8}, nil, []any{done, closed}},
		{"or released", and([]step{send(1)}, reserve(5), step{lincheck.ReleasePermit{ID: 5}, done}), lincheck.TrySend{V: 3}, []any{done}, []any{refused}},
		{"to the next in line", and([]step{send(1)}, reserve(5), wait(6), step{lincheck.ReleasePermit{ID: 5}, done}), poll(6), []any{done}, []any{pending}},
		{"a reservation waits in line", and(full, wait(6)), lincheck.PollReserve{ID: 5}, []any{pending}, []any{done, closed}},
		{"and is granted a slot", and(full, step{lincheck.PollReserve{ID: 5}, pending}, step{receive, got(1)}), lincheck.PollReserve{ID: 5}, []any{done}, []any{pending}},
		{"also unseen", and(nil, step{lincheck.EnterSend{ID: 5}, pending}), lincheck.LeaveReserve{ID: 5}, []any{done}, []any{closed}},
		{"a permit outlives the last sender", []step{reserve(5), bye}, receive, []any{nothing}, []any{over}},
		{"and the close", []step{reserve(5), end}, lincheck.SendPermit{ID: 5, V: 7}, []any{done}, []any{closed}},
		{"but not after a close", []step{reserve(5), closeQueue}, lincheck.SendPermit{ID: 5, V: 7}, []any{closed}, []any{done}},
		{"also for a granted sender", and(full, wait(5), step{receive, got(1)}, closeQueue), poll(5), []any{closed}, []any{done}},
	})
}

func TestValueModel(t *testing.T) {
	got := func(v int) any { return lincheck.Received{Outcome: done, V: v} }
	nothing, over := any(lincheck.Received{Outcome: pending}), any(lincheck.Received{Outcome: closed})
	next, other := lincheck.NextValue{R: 0}, lincheck.NextValue{R: 1}
	seen := step{next, got(7)}
	set := func(v int) step { return step{lincheck.SetValue{V: v}, done} }
	end := step{lincheck.CloseValue{}, done}
	checkRules(t, lincheck.Value(7, 2), []rule{
		{"the first value is new", nil, next, []any{got(7)}, []any{nothing, over, got(0)}},
		{"what was seen is not", []step{seen}, next, []any{nothing}, []any{got(7), over}},
		{"each receiver sees for itself", []step{seen}, other, []any{got(7)}, []any{nothing}},
		{"only the newest is seen", []step{set(8), set(9)}, next, []any{got(9)}, []any{got(7), got(8)}},
		{"the same value is new again", []step{seen, set(7)}, next, []any{got(7)}, []any{nothing}},
		{"a swap tells what was before", []step{set(8)}, lincheck.SwapValue{V: 9}, []any{8}, []any{7, 9}},
		{"a lost set may be seen", []step{seen, {lincheck.LostSet{V: 8}, done}}, next, []any{nothing, got(8)}, []any{got(7)}},
		{"a lost next may have seen", []step{{lincheck.LostNext{R: 0}, done}}, next, []any{nothing, got(7)}, []any{over}},
		{"getting sees nothing", []step{{lincheck.GetValue{}, 7}}, lincheck.ValueChanged{R: 0}, []any{true}, []any{false}},
		{"nothing has changed once seen", []step{seen}, lincheck.ValueChanged{R: 0}, []any{false}, []any{true}},
		{"the last value is seen", []step{seen, set(8), end}, next, []any{got(8)}, []any{over, nothing}},
		{"then comes the end", []step{seen, end}, next, []any{over}, []any{nothing, got(7)}},
		{"nothing is set after it", []step{end}, lincheck.SetValue{V: 8}, nil, []any{done}},
		{"a closed receiver sees nothing", []step{{lincheck.CloseReceiver{R: 0}, done}}, next, []any{over}, []any{got(7), nothing}},
		{"but the others do", []step{{lincheck.CloseReceiver{R: 0}, done}}, other, []any{got(7)}, []any{over}},
	})
}
