package lincheck

import (
	"slices"

	"github.com/anishathalye/porcupine"
)

// The operations on permits. ID tells apart operations that wait. Results are of type Outcome, or int where a number is
// returned.
type (
	TryAcquire     struct{ N int }     // Done or Refused
	PollAcquire    struct{ ID, N int } // Done, Pending or Closed; the first one enters the line
	EnterAcquire   struct{ ID, N int } // always Pending
	LostAcquire    struct{ ID, N int } // an EnterAcquire of an acquire that is seen to be cancelled only; Pending
	LeaveAcquire   struct{ ID int }    // Done or Closed
	CancelAcquire  struct{ ID int }    // Done; a permit that it had is free again
	ReleasePermits struct{ ID, N int } // Done
	SettlePermits  struct{ ID int }    // Done; the end of a release or cancel: see Permits
	ForgetPermits  struct{ N int }     // the number that was taken failed
	FreePermits    struct{}            // the number that is free
	ClosePermits   struct{}            // Done
)

// A permits is a line, and the releases that are not over. The want of a release that has served a waiter is 1, and
// else 0.
type permits struct {
	line
	exact    bool
	settling []request // by id
}

// Permits is the model of n permits that are granted first in, first out.
//
// With exact, a release serves all waiters that it can at once. Without, it serves one after the other, as the semaphore
// of core/lock does, and a waiter that was served may go on while others are still in line: until the release is over, a
// TryAcquire may be refused because of them. The end of the release is then a SettlePermits, which has the ID of the
// ReleasePermits or CancelAcquire, and times of its own.
func Permits(n int, exact bool) porcupine.Model {
	return model(permits{line: line{free: n}, exact: exact}, permits.equal, stepPermits)
}

func (p permits) equal(o permits) bool {
	return p.line.equal(o.line) && slices.Equal(p.settling, o.settling)
}

func stepPermits(p permits, op, result any) []permits {
	possible := true
	switch op := op.(type) {
	case TryAcquire:
		l, ok := p.try(op.N)
		if ok && result == Refused {
			return one(p, slices.ContainsFunc(p.settling, func(r request) bool { return r.want > 0 }))
		}
		p.line, possible = l, ok == (result == Done)
	case PollAcquire:
		if _, _, known := p.leave(op.ID); !known {
			p.line = p.enter(request{op.ID, op.N})
		}
		l, a, _ := p.leave(op.ID)
		p.line, possible = l, result == a
	case EnterAcquire:
		p.line = p.enter(request{op.ID, op.N})
	case LostAcquire:
		p.line = p.enter(request{op.ID, op.N})
	case LeaveAcquire:
		l, a, known := p.leave(op.ID)
		p.line, possible = l, known && result == a
	case CancelAcquire:
		l, known := p.cancel(op.ID)
		p, possible = p.serve(op.ID, l), known
	case ReleasePermits:
		p = p.serve(op.ID, p.release(op.N))
	case SettlePermits:
		p.settling, possible = without(p.settling, op.ID)
	case ForgetPermits:
		n := min(op.N, p.free)
		p.free -= n
		possible = result == n
	case FreePermits:
		possible = result == p.free
	case ClosePermits:
		p.line = p.close()
	default:
		possible = false
	}
	return one(p, possible)
}

// serve is the state after release or cancel id, which makes the line l.
func (p permits) serve(id int, l line) permits {
	if !p.exact {
		served := 0
		for _, t := range l.granted {
			if !slices.Contains(p.granted, t) {
				served = 1
			}
		}
		p.settling = with(p.settling, request{id, served})
	}
	p.line = l
	return p
}
