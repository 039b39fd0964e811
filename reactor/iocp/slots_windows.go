package iocp

import (
	"math/bits"
	"runtime"
	"sync"

	"golang.org/x/sys/windows"
)

// # Who owns the memory that the kernel writes to
//
// From startPoll until Wait has got the poll's packet from the port, the kernel holds the address of a block and may
// write to it at any moment, also after the poll was cancelled. The address is a number to Go: no pointer that
// the collector sees needs to point there. So
//
//   - blocks are never on a stack, which moves: they are allocated in arrays of their own on the heap, whose
//     objects do not move;
//   - an array is pinned (runtime.Pinner) from its allocation on. The pin guarantees that it is neither moved nor
//     freed, also without a Poller that references it, and in later versions of Go too;
//   - a block belongs to one socket at a time, in a slot, and the slot is freed only when no poll is outstanding
//     in it: a Delete during a poll cancels the poll, and the Wait that gets the packet frees the slot;
//   - an array is unpinned only when all its slots are free. Close waits for that; it leaves the array of a poll
//     that it cannot cancel pinned;
//   - every group is in a table of the package until then. A Poller that is dropped without Close leaks its pins, as
//     it leaks its handles: if the collector collected a Pinner with pins, it would end the process.
//
// A packet names its slot by a token, which is an index and not an address. So no number is ever converted to a
// pointer, and there is no packet for a free slot, since a slot with a packet to come is not free.
//
// # Groups
//
// The blocks of an array share one handle of the driver. One handle for all sockets was rejected: the kernel keeps the
// requests of a handle in a list, which a cancellation walks. One handle per socket was rejected too: it doubles
// the number of handles.

// groupSize is the number of slots in a group. It is the number of bits in group.used.
const groupSize = 32

// group is a handle of the driver and the blocks of its polls.
type group struct {
	afd    windows.Handle
	blocks *[groupSize]block // pinned; no Go pointers in it
	pin    runtime.Pinner
	used   uint32             // a bit per slot
	socks  [groupSize]*socket // the socket of each slot
	inRoom bool               // in slots.room
}

// pinned has the groups of all Pollers.
var pinned struct {
	mu     sync.Mutex
	groups map[*group]struct{}
}

// pinBlocks allocates the blocks of g; unpinBlocks ends their use by the kernel.
func (g *group) pinBlocks() {
	g.blocks = new([groupSize]block)
	g.pin.Pin(g.blocks)
	pinned.mu.Lock()
	defer pinned.mu.Unlock()
	if pinned.groups == nil {
		pinned.groups = make(map[*group]struct{})
	}
	pinned.groups[g] = struct{}{}
}

func (g *group) unpinBlocks() {
	pinned.mu.Lock()
	defer pinned.mu.Unlock()
	delete(pinned.groups, g)
	g.pin.Unpin()
}

// slots allocates slots. Poller.mu guards it.
type slots struct {
	device string
	port   windows.Handle
	groups []*group // nil where one was freed
	room   []int    // groups that may have room; the last one is used first
	holes  []int    // the indexes of freed groups
	spare  int      // index+1 of an empty group that is kept, 0 for none
}

// slot is the index of a slot in all groups, and the token of its polls. The first is one: AFD sends no packet for zero.
type slot uintptr

// group returns the index of the slot's group, and index that within the group.
func (at slot) group() int { return int(at-1) / groupSize }
func (at slot) index() int { return int(at-1) % groupSize }

// get returns a free slot for sock.
func (s *slots) get(sock *socket) (slot, error) {
	for n := len(s.room); n != 0; n = len(s.room) {
		i := s.room[n-1]
		g := s.groups[i]
		if g != nil && g.used != 1<<groupSize-1 {
			return s.getFrom(i, sock), nil
		}
		s.room = s.room[:n-1]
		if g != nil {
			g.inRoom = false
		}
	}
	i, err := s.grow()
	if err != nil {
		return 0, err
	}
	return s.getFrom(i, sock), nil
}

// getFrom returns a free slot of group i, which has one.
func (s *slots) getFrom(i int, sock *socket) slot {
	g := s.groups[i]
	if s.spare == i+1 {
		s.spare = 0
	}
	at := bits.TrailingZeros32(^g.used)
	g.used |= 1 << at
	g.socks[at] = sock
	return slot(i*groupSize + at + 1)
}

// grow opens a group. get calls it when no other has room.
func (s *slots) grow() (int, error) {
	afd, err := openAfd(s.device, s.port)
	if err != nil {
		return 0, err
	}
	g := &group{afd: afd, inRoom: true}
	g.pinBlocks()
	i := len(s.groups)
	if n := len(s.holes); n != 0 {
		i = s.holes[n-1]
		s.holes = s.holes[:n-1]
		s.groups[i] = g
	} else {
		s.groups = append(s.groups, g)
	}
	s.room = append(s.room, i)
	return i, nil
}

// put frees a slot, in which no poll may be outstanding. It keeps one group without sockets, which saves a connection
// that comes and goes the opening of the driver.
func (s *slots) put(at slot) {
	i := at.group()
	g := s.groups[i]
	g.used &^= 1 << at.index()
	g.socks[at.index()] = nil
	if g.used == 0 {
		if s.spare != 0 {
			s.close(i)
			return
		}
		s.spare = i + 1
	}
	if !g.inRoom {
		g.inRoom = true
		s.room = append(s.room, i)
	}
}

// close closes a group; its index may stay in room. A group in which a poll is outstanding stays pinned.
func (s *slots) close(i int) {
	g := s.groups[i]
	s.groups[i] = nil
	s.holes = append(s.holes, i)
	if g.used == 0 {
		g.unpinBlocks()
	}
	windows.CloseHandle(g.afd)
}

// closeAll closes every group. The slots that are in use then are those of outstanding polls.
func (s *slots) closeAll() {
	for i, g := range s.groups {
		if g != nil {
			s.close(i)
		}
	}
	*s = slots{}
}

// block returns a slot's handle and block.
func (s *slots) block(at slot) (windows.Handle, *block) {
	g := s.groups[at.group()]
	return g.afd, &g.blocks[at.index()]
}

// owners yields the sockets that have a slot.
func (s *slots) owners(yield func(*socket) bool) {
	for _, g := range s.groups {
		if g == nil {
			continue
		}
		for _, sock := range g.socks {
			if sock != nil && !yield(sock) {
				return
			}
		}
	}
}

// owner returns the socket that has a slot.
func (s *slots) owner(at slot) *socket { return s.groups[at.group()].socks[at.index()] }
