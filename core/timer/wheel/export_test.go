package wheel

import (
	"errors"
	"fmt"
	"time"
)

const (
	Levels        = levels
	SlotsPerLevel = slotsPerLevel
	Span          = Tick << (levels * digitBits) // a revolution of the top level
)

// SlotTime is the time that a slot of a level covers.
func SlotTime(level int) time.Duration { return Tick << (level * digitBits) }

// Work is what the wheel has done so far: levels looked at, entries cascaded.
func (w *Wheel) Work() (probes, moves uint64) { return w.work.probes, w.work.moves }

// Check verifies the laws that the package comment argues from.
func (w *Wheel) Check() error {
	if w.back != nil && w.back.wheel != w {
		return errors.New("the drain looks at an entry that is not armed")
	}
	if w.cur > w.now || !w.draining && w.cur != w.now {
		return fmt.Errorf("at %d with now %d, draining %t", w.cur, w.now, w.draining)
	}
	count := 0
	for index := range w.slots {
		s := &w.slots[index]
		bit := w.occupied[index>>digitBits]>>(index&digitMask)&1 == 1
		if bit != (s.head != nil) {
			return fmt.Errorf("slot %d: occupied bit is %t, head is %p", index, bit, s.head)
		}
		if s.head == nil {
			continue
		}
		for e := s.head; ; e = e.next {
			count++
			if err := w.checkEntry(e, index); err != nil {
				return fmt.Errorf("slot %d, entry of tick %d: %w", index, e.pos.tick(), err)
			}
			if e.next == s.head {
				break
			}
		}
	}
	if count != w.armed {
		return fmt.Errorf("%d entries in slots, Len is %d", count, w.armed)
	}
	return nil
}

func (w *Wheel) checkEntry(e *Entry, index int) error {
	tick := e.pos.tick()
	switch {
	case e.wheel != w:
		return fmt.Errorf("not armed in this wheel")
	case e.next.prev != e || e.prev.next != e:
		return fmt.Errorf("ring is broken")
	case e.pos.slot() != index:
		return fmt.Errorf("believes it is in slot %d", e.pos.slot())
	case tick < w.cur || tick < due(e.deadline):
		return fmt.Errorf("early: the wheel is at %d, the deadline is %v", w.cur, e.deadline)
	case w.slots[index].bound > tick:
		return fmt.Errorf("slot's bound %d is later", w.slots[index].bound)
	case w.slotFor(tick) != index:
		return fmt.Errorf("belongs in slot %d", w.slotFor(tick))
	}
	return nil
}
