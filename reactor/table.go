package reactor

// table finds the Registration of a Key. A Key is the index of a slot and the slot's generation:
//
//	bits 63..32  generation: how often the slot was freed
//	bits 31..0   index
//
// Freeing a slot changes its generation, so the Key of its last registration is not found any more. A generation
// repeats after 2^32 registrations in one slot; a stale event exists during one batch of one Wait, so it cannot meet
// the same generation again. No Key equals ReservedKey, since the last index is not used.
//
// The table is not safe for concurrent use: Reactor.mu guards it.
type table struct {
	slots []slot
	free  uint32 // index+1 of the first free slot, 0 for none
	live  int
}

type slot struct {
	reg        *Registration // nil while free
	generation uint32
	nextFree   uint32 // like table.free; valid while free
}

// maxSlots keeps the index within its 32 bits and different from that of ReservedKey.
const maxSlots = 1<<32 - 1

func makeKey(index, generation uint32) Key { return Key(generation)<<32 | Key(index) }

func (k Key) index() uint32      { return uint32(k) }
func (k Key) generation() uint32 { return uint32(k >> 32) }

// insert puts g into a free slot and returns its Key.
func (t *table) insert(g *Registration) Key {
	t.live++
	if t.free != 0 {
		i := t.free - 1
		s := &t.slots[i]
		t.free = s.nextFree
		s.reg = g
		return makeKey(i, s.generation)
	}
	if uint64(len(t.slots)) >= maxSlots {
		panic("reactor: more registrations than a Key can name")
	}
	t.slots = append(t.slots, slot{reg: g})
	return makeKey(uint32(len(t.slots)-1), 0)
}

// lookup returns the Registration of key, or nil if key is not in the table.
func (t *table) lookup(key Key) *Registration {
	i := key.index()
	if uint64(i) >= uint64(len(t.slots)) || t.slots[i].generation != key.generation() {
		return nil
	}
	return t.slots[i].reg
}

// remove frees key's slot; it does nothing for a key that is not in the table.
func (t *table) remove(key Key) {
	if t.lookup(key) == nil {
		return
	}
	s := &t.slots[key.index()]
	s.reg = nil
	s.generation++
	s.nextFree = t.free
	t.free = key.index() + 1
	t.live--
}

// takeAll empties the table before the Reactor closes, and returns the Registrations that were in it.
func (t *table) takeAll() []*Registration {
	regs := make([]*Registration, 0, t.live)
	for i := range t.slots {
		if g := t.slots[i].reg; g != nil {
			regs = append(regs, g)
		}
	}
	*t = table{}
	return regs
}

func (t *table) len() int { return t.live }
