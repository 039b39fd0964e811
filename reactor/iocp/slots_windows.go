package iocp

import (
	"math/bits"
	"runtime"
	"sync"

	"golang.org/x/sys/windows"
)

// # Who owns the memory that the kernel writes to
//
// From startPoll until the poll's packet has been fetched from the port, the kernel holds the address of a
// block and may write to it at any moment, also after the poll was cancelled. The address is a number to
// Go: nothing that the collector sees need point there. So
//
//   - blocks are never on a stack, which moves: they are allocated in arrays of their own on the heap, whose
//     objects do not move;
//   - an array is pinned (runtime.Pinner) from its allocation on, which promises both that it stays where it
//     is and that it is not freed, whatever else becomes of the Poller and of later versions of Go;
//   - a block belongs to one socket at a time, in a slot, and the slot is given back only when no poll is
//     outstanding in it: a Delete during a poll cancels it and leaves the slot to the packet;
//   - an array is unpinned only when all its slots have been given back. Close waits for that; where a poll cannot
//     be cancelled, it leaves the array pinned;
//   - every group is in a table of the package until then. A Poller that is forgotten without Close leaks, as
//     its handles do; the collector would otherwise take its pins away, and end the process for it.
//
// A packet names its slot by a token, an index, and not by an address. So no number is ever made a pointer
// again, and what a packet of an outlived slot could do wrong can be seen here: there are none, since a
// slot with a packet to come is not free.
//
// # Groups
//
// The blocks of an array share one handle of the driver. One handle for all would do, but the kernel keeps
// the requests of a handle in a list, which a cancellation walks; one handle per socket would double the
// number of handles.

// groupSize is the number of slots in a group. It is the number of bits in group.used.
const groupSize = 32

// group is a handle of the driver and the blocks that it is used with.
type group struct {
	afd    windows.Handle
	blocks *[groupSize]block // pinned; no Go pointers in it
	pin    runtime.Pinner
	used   uint32             // a bit per slot
	socks  [groupSize]*socket // who has the slot
	listed bool               // in slots.roomy
}

// pinned has the groups of all Pollers.
var pinned struct {
	mu     sync.Mutex
	groups map[*group]struct{}
}

// pinBlocks gives g its blocks; unpinBlocks ends what the kernel may do with them.
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

// slots hands out slots. Poller.mu guards it.
type slots struct {
	device string
	port   windows.Handle
	groups []*group // nil where one was freed
	roomy  []int    // groups that may have room; the last one is used first
	holes  []int    // where groups were freed
	spare  int      // index+1 of a group that is not used and kept all the same, 0 for none
}

// slot is a place in a group, and the token of its polls. It begins at one: AFD sends no packet for zero.
type slot uintptr

func (at slot) group() int { return int(at-1) / groupSize }
func (at slot) index() int { return int(at-1) % groupSize }

// take gives sock a slot.
func (s *slots) take(sock *socket) (slot, error) {
	for n := len(s.roomy); n != 0; n = len(s.roomy) {
		i := s.roomy[n-1]
		g := s.groups[i]
		if g != nil && g.used != 1<<groupSize-1 {
			return s.place(i, sock), nil
		}
		s.roomy = s.roomy[:n-1]
		if g != nil {
			g.listed = false
		}
	}
	i, err := s.grow()
	if err != nil {
		return 0, err
	}
	return s.place(i, sock), nil
}

func (s *slots) place(i int, sock *socket) slot {
	g := s.groups[i]
	if s.spare == i+1 {
		s.spare = 0
	}
	at := bits.TrailingZeros32(^g.used)
	g.used |= 1 << at
	g.socks[at] = sock
	return slot(i*groupSize + at + 1)
}

// grow makes a group. It is called when no other has room.
func (s *slots) grow() (int, error) {
	afd, err := openAfd(s.device, s.port)
	if err != nil {
		return 0, err
	}
	g := &group{afd: afd, listed: true}
	g.pinBlocks()
	i := len(s.groups)
	if n := len(s.holes); n != 0 {
		i = s.holes[n-1]
		s.holes = s.holes[:n-1]
		s.groups[i] = g
	} else {
		s.groups = append(s.groups, g)
	}
	s.roomy = append(s.roomy, i)
	return i, nil
}

// give takes a slot back. No poll may be outstanding in it. One group without sockets is kept, which saves
// a connection that comes and goes the opening of the driver.
func (s *slots) give(at slot) {
	i := at.group()
	g := s.groups[i]
	g.used &^= 1 << at.index()
	g.socks[at.index()] = nil
	if g.used == 0 {
		if s.spare != 0 {
			s.free(i)
			return
		}
		s.spare = i + 1
	}
	if !g.listed {
		g.listed = true
		s.roomy = append(s.roomy, i)
	}
}

// free closes a group; roomy may go on naming it. A group in which a poll is outstanding stays pinned.
func (s *slots) free(i int) {
	g := s.groups[i]
	s.groups[i] = nil
	s.holes = append(s.holes, i)
	if g.used == 0 {
		g.unpinBlocks()
	}
	windows.CloseHandle(g.afd)
}

// freeAll closes every group. Slots that are taken then are those of outstanding polls.
func (s *slots) freeAll() {
	for i, g := range s.groups {
		if g != nil {
			s.free(i)
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
