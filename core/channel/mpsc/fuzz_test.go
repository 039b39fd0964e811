package mpsc_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/internal/racetest"
)

const fuzzSenders = 5

// A program is the fuzzer's bytes, two for each operation on a channel that is compared with its model. Each sender
// has at most one task, and so have the receiver and the watcher of the close.
type program struct {
	h        *coretest.Host
	m        model
	rx       *mpsc.Receiver[int]
	weak     mpsc.WeakSender[int]
	tx       [fuzzSenders]*mpsc.Sender[int]
	sending  [fuzzSenders]job
	receives job
	watches  job
	permits  []mpsc.Permit[int]
	sent     int // the number of the last value
	err      error
}

func newProgram(h *coretest.Host, capacity int) *program {
	p := &program{h: h, m: model{capacity: capacity, senders: fuzzSenders}}
	p.tx[0], p.rx = mpsc.New[int](capacity)
	p.weak = p.tx[0].Downgrade()
	for i := range p.tx {
		p.m.open[i] = true
		if i > 0 {
			p.tx[i] = p.tx[0].Clone()
		}
	}
	return p
}

// judge keeps the first error.
func (p *program) judge(err error) {
	if p.err == nil {
		p.err = err
	}
}

// usePermit sends into a reserved slot, or releases it.
func (p *program) usePermit(which int, release bool) {
	at := which % len(p.permits)
	permit := p.permits[at]
	p.permits = append(p.permits[:at], p.permits[at+1:]...)
	if release {
		permit.Release()
		p.m.release()
		return
	}
	p.sent++
	p.judge(p.m.sendReserved(p.sent, permit.Send(p.sent)))
}

// try is a send or a reservation that does not wait.
func (p *program) try(i int, reserve bool) {
	want := p.m.refuses(i)
	var err error
	if reserve {
		var permit mpsc.Permit[int]
		if permit, err = p.tx[i].TryReserve(); err == nil {
			p.permits = append(p.permits, permit)
			p.m.permits++
		}
	} else {
		p.sent++
		if err = p.tx[i].TrySend(p.sent); err == nil {
			p.m.queue = append(p.m.queue, p.sent)
		}
	}
	if err != want {
		p.judge(fmt.Errorf("a try of sender %d is told %v, want %v", i, err, want))
	}
}

func (p *program) step(op, arg byte) {
	i, flags := int(arg)%fuzzSenders, arg/fuzzSenders
	direct, broke, room := flags&1 != 0, int(flags>>1&3)%3, int(flags>>3&3)
	switch op % 16 {
	case 0, 1:
		if !p.sending[i].busy() {
			p.send(i, direct, broke)
		}
	case 2:
		if !p.sending[i].busy() {
			p.reserve(i, direct, broke)
		}
	case 3, 4:
		if !p.receives.busy() {
			p.receive(room, direct, broke)
		}
	case 5:
		if !p.receives.busy() {
			p.tryReceive(room)
		}
	case 6:
		p.try(i, direct)
	case 7:
		if len(p.permits) > 0 {
			p.usePermit(i, direct)
		}
	case 8:
		p.sending[i].abort()
	case 9:
		p.receives.abort()
	case 10: // a wake for another reason
		if j := &p.sending[i]; j.busy() {
			j.task.Wake()
		}
		if direct && p.receives.busy() {
			p.receives.task.Wake()
		}
	case 11:
		p.closes(i, flags)
	case 12, 13:
		p.h.Step()
	default:
		p.rest()
	}
	if have := p.rx.Len(); have != len(p.m.queue) {
		p.judge(fmt.Errorf("Len is %d, want %d", have, len(p.m.queue)))
	}
}

func (p *program) closes(i int, flags byte) {
	switch flags % 8 {
	case 0:
		p.rx.Stop()
		p.m.close(false)
	case 1:
		if !p.receives.busy() {
			p.rx.Close()
			p.m.close(true)
		}
	case 2, 3, 4:
		p.tx[i].Close()
		p.m.closeSender(i)
	case 5, 6:
		if p.m.open[i] || p.sending[i].busy() { // its task has the old one
			return
		}
		tx, ok := p.weak.Upgrade()
		if ok != (p.m.senders > 0) {
			p.judge(fmt.Errorf("with %d senders, an upgrade says %t", p.m.senders, ok))
		}
		if ok {
			p.tx[i], p.m.open[i] = tx, true
			p.m.senders++
		}
	default:
		if !p.watches.busy() {
			p.watch()
		}
	}
}

// rest runs all tasks until they wait. It fails if a task waits that could continue.
func (p *program) rest() {
	p.h.Run()
	for i := range p.sending {
		if p.sending[i].busy() {
			p.judge(p.mayWait(i)())
		}
	}
	if p.receives.busy() {
		p.judge(p.mayStarve())
	}
	if p.watches.busy() && p.m.closed {
		p.judge(errors.New("at rest, a watcher of a closed channel waits"))
	}
}

// runProgram runs the program, and then ends it: everything that was sent must come out.
func runProgram(bytes []byte) error {
	if len(bytes) == 0 {
		return nil
	}
	h := coretest.New(1)
	defer h.Close()
	p := newProgram(h, 1+int(bytes[0])%4)
	for at := 1; at+1 < len(bytes); at += 2 {
		if p.step(bytes[at], bytes[at+1]); p.err != nil {
			return fmt.Errorf("operation %d (%d, %d): %w", at/2, bytes[at]%16, bytes[at+1], p.err)
		}
	}
	for i := range p.tx {
		p.tx[i].Close()
		p.m.closeSender(i)
	}
	for left := 100; p.err == nil; left-- {
		for len(p.permits) > 0 {
			p.usePermit(0, len(p.permits)%2 == 0)
		}
		if p.rest(); left == 0 {
			return errors.New("the end does not come")
		}
		if p.receives.busy() || len(p.permits) > 0 {
			continue
		}
		if len(p.m.queue) == 0 && p.m.ended() {
			break
		}
		p.receive(0, false, 0)
	}
	p.rx.Stop()
	p.m.close(false)
	p.rest()
	if p.tryReceive(0); p.err == nil && h.Live() > 0 {
		return fmt.Errorf("%d tasks are left", h.Live())
	}
	return p.err
}

func TestRandomProgramsAgreeWithTheModel(t *testing.T) {
	programs := 3000
	if testing.Short() || racetest.Enabled {
		programs = 500
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range programs {
		bytes := make([]byte, 1+2*rng.IntN(150))
		for i := range bytes {
			bytes[i] = byte(rng.Uint32())
		}
		if err := runProgram(bytes); err != nil {
			t.Fatalf("program %d, %v: %v", n, bytes, err)
		}
	}
}

func FuzzChannel(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 1, 14, 0, 8, 1, 3, 0, 14, 0})            // two sends into one slot, the second is dropped
	f.Add([]byte{1, 2, 0, 2, 6, 14, 0, 7, 0, 11, 0, 3, 5, 14, 0})     // permits, used after the close
	f.Add([]byte{0, 3, 45, 12, 0, 1, 10, 6, 3, 14, 0, 9, 0, 14, 0})   // a receiver of many, woken and aborted
	f.Add([]byte{2, 0, 15, 1, 16, 12, 0, 11, 5, 2, 20, 12, 0, 14, 0}) // no budget, and closed
	f.Add([]byte{0, 11, 35, 11, 10, 11, 26, 0, 0, 3, 0, 14, 0})       // a watcher, a sender closed and upgraded
	f.Fuzz(func(t *testing.T, bytes []byte) {
		if len(bytes) > 1024 {
			t.Skip("longer programs find nothing that short ones do not")
		}
		if err := runProgram(bytes); err != nil {
			t.Fatal(err)
		}
	})
}
