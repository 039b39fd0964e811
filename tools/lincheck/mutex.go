package lincheck

import (
	"slices"

	"github.com/anishathalye/porcupine"
)

// A mutex is a lock, and those that wait for it.
type mutex struct {
	locked  bool
	granted int       // was handed the lock over, and has not been seen with it; 0 is none
	waiting []request // in order
}

// Mutex is the model of a lock that is free after a release, or is handed over to the first in line. Which of the two
// depends on the time, which the model does not have. The operations are those of [Permits], with an N of 1.
//
// A newcomer may get a free lock before those that wait. No operation waits while the lock is free, no second one has
// it, and the one that it is handed over to gets it.
//
// An EnterAcquire may enter the line, or not if its LeaveAcquire finds the lock free. A LostAcquire may have the lock from
// then on, until its CancelAcquire.
func Mutex() porcupine.Model { return model(mutex{}, mutex.equal, stepMutex) }

func (m mutex) equal(o mutex) bool {
	return m.locked == o.locked && m.granted == o.granted && slices.Equal(m.waiting, o.waiting)
}

func stepMutex(m mutex, op, result any) []mutex {
	switch op := op.(type) {
	case TryAcquire:
		return m.acquire(0, result, Refused)
	case PollAcquire:
		return m.acquire(op.ID, result, Pending)
	case EnterAcquire:
		if m.locked {
			return []mutex{m, m.enter(op.ID)}
		}
		return one(m, true)
	case LostAcquire:
		if m.locked {
			return []mutex{m, m.enter(op.ID)}
		}
		held := m
		held.locked, held.granted = true, op.ID
		return []mutex{m, held}
	case LeaveAcquire:
		if m.locked && m.granted != op.ID {
			return nil
		}
		return m.acquire(op.ID, result, Pending)
	case CancelAcquire:
		if m.granted == op.ID {
			m.granted = 0
			return m.release()
		}
		m.waiting, _ = without(m.waiting, op.ID)
		return one(m, true)
	case ReleasePermits:
		if !m.locked || m.granted != 0 {
			return nil
		}
		return m.release()
	}
	return nil
}

// acquire is the try of a newcomer, if id is 0, or the poll of id. otherwise is the result if it does not get the lock.
func (m mutex) acquire(id int, result any, otherwise Outcome) []mutex {
	switch {
	case id != 0 && m.granted == id:
		m.granted = 0
		return one(m, result == Done)
	case !m.locked:
		m.locked = true
		m.waiting, _ = without(m.waiting, id)
		return one(m, result == Done)
	case id != 0:
		m = m.enter(id)
	}
	return one(m, result == otherwise)
}

func (m mutex) enter(id int) mutex {
	if _, known := without(m.waiting, id); !known {
		m.waiting = append(slices.Clip(m.waiting), request{id, 1})
	}
	return m
}

// release returns both states that may follow.
func (m mutex) release() []mutex {
	free := m
	free.locked = false
	if len(m.waiting) == 0 {
		return one(free, true)
	}
	handed := m
	handed.granted, handed.waiting = m.waiting[0].id, m.waiting[1:]
	return []mutex{free, handed}
}
