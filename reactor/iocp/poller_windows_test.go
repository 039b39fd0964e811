package iocp_test

import (
	"errors"
	"math"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/iocp"
	"golang.org/x/sys/windows"
)

func TestAMissingDriverIsNamed(t *testing.T) {
	p, err := iocp.NewOver(`\Device\NoSuchDriver\x`)
	var pe *reactor.PollError
	if p != nil || !errors.Is(err, errors.ErrUnsupported) || !errors.As(err, &pe) || pe.Op != "new" {
		t.Fatalf("New: %v, %v", p, err)
	}
	if !strings.Contains(err.Error(), `\Device\NoSuchDriver`) {
		t.Errorf("%q does not name the driver", err)
	}
}

func TestOnlySocketsCanBeAdded(t *testing.T) {
	listen(t) // starts the sockets of this process
	p := newPoller(t)
	rd, wr, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer rd.Close()
	defer wr.Close()
	for name, fd := range map[string]uintptr{"a pipe": rd.Fd(), "nothing": math.MaxInt32, "no handle": ^uintptr(0)} {
		if err := p.Add(fd, 1, reactor.Readable, reactor.Level); !errors.Is(err, windows.WSAENOTSOCK) {
			t.Errorf("Add of %s: %v, want WSAENOTSOCK", name, err)
		}
	}
	if taken, _ := p.Slots(); taken != 0 {
		t.Errorf("%d slots are taken", taken)
	}
}

func TestTheBaseSocketIsLookedForBelowALayer(t *testing.T) {
	refuse := windows.WSAEOPNOTSUPP
	type replies map[uint32]windows.Handle
	for _, c := range []struct {
		name   string
		layers map[windows.Handle]replies
		err    error // of every request without a result
		want   windows.Handle
	}{
		{"the socket itself", map[windows.Handle]replies{1: {iocp.SioBaseHandle: 1}}, refuse, 1},
		{"the provider returns it", map[windows.Handle]replies{1: {iocp.SioBaseHandle: 9}}, refuse, 9},
		{"the provider keeps it, but not for select",
			map[windows.Handle]replies{1: {iocp.SioBSPHandleSelect: 2}, 2: {iocp.SioBaseHandle: 9}}, refuse, 9},
		{"nor for WSAPoll",
			map[windows.Handle]replies{1: {iocp.SioBSPHandlePoll: 2}, 2: {iocp.SioBaseHandle: 9}}, refuse, 9},
		{"nor in general, twice",
			map[windows.Handle]replies{1: {iocp.SioBSPHandle: 2}, 2: {iocp.SioBSPHandle: 3}, 3: {iocp.SioBaseHandle: 9}}, refuse, 9},
		{"it replies with itself", map[windows.Handle]replies{1: {iocp.SioBSPHandlePoll: 1}}, refuse, 0},
		{"two that reply in a circle",
			map[windows.Handle]replies{1: {iocp.SioBSPHandle: 2}, 2: {iocp.SioBSPHandle: 1}}, refuse, 0},
		{"no socket", map[windows.Handle]replies{1: {iocp.SioBSPHandle: 2}, 2: {iocp.SioBaseHandle: 9}}, windows.WSAENOTSOCK, 0},
	} {
		requests := 0
		got, err := iocp.Descend(1, func(fd windows.Handle, code uint32) (windows.Handle, error) {
			requests++
			if h, ok := c.layers[fd][code]; ok {
				return h, nil
			}
			return 0, c.err
		})
		if got != c.want || (err == nil) != (c.want != 0) {
			t.Errorf("%s: %d, %v; want %d", c.name, got, err, c.want)
		}
		if requests > 4*iocp.MaxLayers {
			t.Errorf("%s: %d requests", c.name, requests)
		}
	}
}

func TestReasonsAreTranslated(t *testing.T) {
	for _, c := range []struct {
		events uint32
		hungUp bool
		want   reactor.Readiness
	}{
		{0, false, 0},
		{iocp.AfdReceive, false, reactor.ReadReady},
		{iocp.AfdAccept, false, reactor.ReadReady},
		{iocp.AfdSend, false, reactor.WriteReady},
		{iocp.AfdExpedited, false, reactor.PriorityReady},
		{iocp.AfdDisconnect, false, reactor.ReadReady | reactor.ReadClosed},
		{iocp.AfdDisconnect, true, reactor.ReadReady | reactor.ReadClosed | reactor.WriteClosed},
		{iocp.AfdAbort, false, reactor.ErrorReady | reactor.ReadClosed | reactor.WriteClosed},
		{iocp.AfdConnectFail, false, reactor.ErrorReady},
	} {
		if got := iocp.FromAfd(c.events, c.hungUp); got != c.want {
			t.Errorf("%#x: %v, want %v", c.events, got, c.want)
		}
	}
	for interest, want := range map[reactor.Interest]uint32{
		0:                0,
		reactor.Readable: iocp.AfdReceive | iocp.AfdAccept | iocp.AfdDisconnect,
		reactor.Writable: iocp.AfdSend,
		reactor.Priority: iocp.AfdExpedited,
	} {
		if got := iocp.ToAfd(interest); got != want {
			t.Errorf("%v: %#x, want %#x", interest, got, want)
		}
	}
}

func TestMillisecondsAreRoundedUp(t *testing.T) {
	for d, want := range map[time.Duration]uint32{
		-1: math.MaxUint32, math.MinInt64: math.MaxUint32,
		0: 0, 1: 1, time.Millisecond: 1, time.Millisecond + 1: 2, time.Second: 1000,
		math.MaxInt32 * time.Millisecond: math.MaxInt32, math.MaxInt64: math.MaxInt32,
	} {
		if got := iocp.Millis(d); got != want {
			t.Errorf("%d ns: %d ms, want %d", d, got, want)
		}
	}
}

// The kernel may write to the block of a poll until a Wait has got its packet, also after a Delete.
func TestADeletedSocketKeepsItsBlockUntilThePollHasCompleted(t *testing.T) {
	p := newPoller(t)
	a, _ := pair(t)
	add(t, p, a.fd, 1, reactor.Readable, reactor.Edge)
	if taken, _ := p.Slots(); taken != 1 || p.Polls() != 0 {
		t.Fatalf("%d slots, %d polls before the first Wait", taken, p.Polls())
	}
	within(t, p, 1, 0)
	if p.Polls() != 1 {
		t.Fatalf("%d polls", p.Polls())
	}
	if err := p.Delete(a.fd); err != nil {
		t.Fatal(err)
	}
	if taken, _ := p.Slots(); taken != 1 || p.Polls() != 1 {
		t.Fatalf("%d slots, %d polls after Delete", taken, p.Polls())
	}
	a.Close()
	for deadline := time.Now().Add(testTimeout); p.Polls() != 0; {
		if got := within(t, p, 1, time.Millisecond); got != 0 {
			t.Fatalf("a deleted socket reported %v", got)
		}
		if time.Now().After(deadline) {
			t.Fatal("the cancelled poll does not complete")
		}
	}
	if taken, _ := p.Slots(); taken != 0 {
		t.Fatalf("%d slots are still taken", taken)
	}
}

// A Delete without an outstanding poll frees the slot at once.
func TestADeleteBeforeTheFirstWaitFreesAtOnce(t *testing.T) {
	p := newPoller(t)
	a, _ := pair(t)
	for range 3 {
		add(t, p, a.fd, 1, reactor.Readable, reactor.Edge)
		if err := p.Delete(a.fd); err != nil {
			t.Fatal(err)
		}
	}
	if taken, groups := p.Slots(); taken != 0 || groups != 1 {
		t.Fatalf("%d slots, %d groups", taken, groups)
	}
	if got := within(t, p, 1, pause); got != 0 || p.Polls() != 0 {
		t.Fatalf("%v, %d polls", got, p.Polls())
	}
}

func TestHandlesGrowAndShrinkWithTheSockets(t *testing.T) {
	p := newPoller(t)
	const n = 3*iocp.GroupSize + 1
	for round := range 3 {
		var conns []conn
		for i := range n {
			a, b := pair(t)
			conns = append(conns, a, b)
			add(t, p, a.fd, reactor.Key(i), reactor.Readable, reactor.Level)
		}
		within(t, p, 0, 0)
		if taken, groups := p.Slots(); taken != n || groups != 4 {
			t.Fatalf("round %d: %d slots, %d groups", round, taken, groups)
		}
		for i := 0; i < len(conns); i += 2 {
			if err := p.Delete(conns[i].fd); err != nil {
				t.Fatal(err)
			}
		}
		for deadline := time.Now().Add(testTimeout); p.Polls() > 0; within(t, p, 0, time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the cancelled polls do not complete")
			}
		}
		for _, c := range conns {
			c.Close()
		}
		if taken, groups := p.Slots(); taken != 0 || groups != 1 {
			t.Fatalf("round %d: %d slots, %d groups are left", round, taken, groups)
		}
	}
}

func TestNoHandleIsInherited(t *testing.T) {
	p := newPoller(t)
	for _, h := range p.Handles() {
		var flags uint32
		if ok, _, err := getHandleInformation.Call(uintptr(h), uintptr(unsafe.Pointer(&flags))); ok == 0 {
			t.Fatal(err)
		}
		if flags&windows.HANDLE_FLAG_INHERIT != 0 {
			t.Errorf("handle %#x would be inherited", h)
		}
	}
}

// An owner that breaks the rule "Delete before close" must not leave the number registered for the next socket.
func TestASocketClosedWithoutDeleteIsForgotten(t *testing.T) {
	p := newPoller(t)
	a, _ := pair(t)
	add(t, p, a.fd, 1, reactor.Readable, reactor.Edge)
	within(t, p, 1, 0)
	a.Close()
	for deadline := time.Now().Add(testTimeout); p.Polls() > 0; within(t, p, 1, time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the poll of a closed socket does not end")
		}
	}
	if err := p.Delete(a.fd); !errors.Is(err, reactor.ErrNotFound) {
		t.Errorf("Delete: %v, want ErrNotFound", err)
	}
}

func TestRearmIsForTheRegistrationOfItsKey(t *testing.T) {
	p := newPoller(t)
	a, _ := pair(t)
	add(t, p, a.fd, 1, reactor.Readable, reactor.Edge)
	if err := p.Rearm(a.fd, 1, reactor.Readable); err != nil {
		t.Error(err)
	}
	if err := p.Rearm(a.fd, 2, reactor.Readable); !errors.Is(err, reactor.ErrNotFound) {
		t.Errorf("another key: %v", err)
	}
	if err := p.Rearm(a.fd+4, 1, reactor.Readable); !errors.Is(err, reactor.ErrNotFound) {
		t.Errorf("another socket: %v", err)
	}
}

func TestEdgeReportsOncePerRearm(t *testing.T) {
	p := newPoller(t)
	a, b := pair(t)
	add(t, p, a.fd, 1, reactor.Readable|reactor.Writable, reactor.Edge)
	until(t, p, 1, reactor.WriteReady)
	write(t, b, "x")
	until(t, p, 1, reactor.ReadReady)
	write(t, b, "y")
	if got := within(t, p, 1, pause); got != 0 {
		t.Fatalf("reported without Rearm: %v", got)
	}
	if err := p.Rearm(a.fd, 1, reactor.Writable); err != nil { // the other direction
		t.Fatal(err)
	}
	if got := within(t, p, 1, testTimeout); got != reactor.WriteReady {
		t.Fatalf("Rearm of writing brought %v", got)
	}
	if err := p.Rearm(a.fd, 1, reactor.Readable); err != nil { // it still holds
		t.Fatal(err)
	}
	if got := within(t, p, 1, testTimeout); got != reactor.ReadReady {
		t.Fatalf("Rearm of reading brought %v", got)
	}
}

// The outstanding poll of a blocked Wait is for fewer events than Rearm makes wanted.
func TestRearmTakesEffectInAWaitInProgress(t *testing.T) {
	for range 20 {
		p := newPoller(t)
		a, b := pair(t)
		add(t, p, a.fd, 1, reactor.Readable, reactor.Edge)
		write(t, b, "x")
		until(t, p, 1, reactor.ReadReady)
		a.drain(t)
		got := make(chan []reactor.Event)
		go func() {
			events, _ := p.Wait(nil, -1)
			got <- events
		}()
		for p.Polls() == 0 { // the Wait has begun, with a poll for errors only
			runtime.Gosched()
		}
		if err := p.Rearm(a.fd, 1, reactor.Readable); err != nil {
			t.Fatal(err)
		}
		write(t, b, "y")
		select {
		case events := <-got:
			if len(events) != 1 || events[0].Ready&reactor.ReadReady == 0 {
				t.Fatalf("Wait returned %v", events)
			}
		case <-time.After(testTimeout):
			t.Fatal("Wait did not return")
		}
	}
}

func TestAHalfCloseIsNoHangUp(t *testing.T) {
	for _, interest := range []reactor.Interest{0, reactor.Writable} {
		p := newPoller(t)
		a, b := pair(t)
		add(t, p, a.fd, 1, interest, reactor.Edge)
		if interest != 0 {
			until(t, p, 1, reactor.WriteReady)
		}
		b.CloseWrite()
		start := time.Now()
		if got := within(t, p, 1, pause); got != 0 {
			t.Errorf("%v: a half-close reported as %v", interest, got)
		}
		if p.Polls() > 1 || time.Since(start) < pause {
			t.Errorf("%v: %d polls, %v", interest, p.Polls(), time.Since(start))
		}
	}
}

func TestWhetherSendingHasEnded(t *testing.T) {
	for name, ended := range map[string]func(uintptr) bool{
		"by either way": iocp.SendHasEnded, "by sending nothing": iocp.RefusesToSend,
	} {
		a, b := pair(t)
		if ended(a.fd) {
			t.Errorf("%s: a connection", name)
		}
		b.CloseWrite()
		if _, err := a.Read(make([]byte, 1)); err == nil {
			t.Fatal("no end of the stream")
		}
		if ended(a.fd) {
			t.Errorf("%s: the peer's half", name)
		}
		a.CloseWrite()
		if !ended(a.fd) {
			t.Errorf("%s: both halves", name)
		}
		if n, err := b.Read(make([]byte, 8)); n != 0 || err == nil {
			t.Errorf("%s: the peer read %d bytes", name, n)
		}
	}
}

// The kernel uses blocks while polls come and go, and the collector does not know of it.
func TestTheCollectorLeavesBlocksAlone(t *testing.T) {
	p := newPoller(t)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	})
	defer wg.Wait()
	defer close(stop)
	var conns [2][2]conn
	for i := range conns {
		conns[i][0], conns[i][1] = pair(t)
	}
	for round := range 200 {
		for i, c := range conns {
			key := reactor.Key(2*round + i)
			add(t, p, c[0].fd, key, reactor.Readable, reactor.Edge)
			within(t, p, key, 0)
			if round%2 == 0 { // a poll that completes, and one that is cancelled
				write(t, c[1], "x")
				until(t, p, key, reactor.ReadReady)
				c[0].drain(t)
			}
			if err := p.Delete(c[0].fd); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestCloseWaitsForThePollsThatItCancels(t *testing.T) {
	for range 20 {
		p := newPoller(t)
		a, _ := pair(t)
		add(t, p, a.fd, 1, reactor.Readable, reactor.Edge)
		within(t, p, 1, 0)
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		if taken, groups := p.Slots(); p.Polls() != 0 || taken != 0 || groups != 0 {
			t.Fatalf("%d polls, %d slots, %d groups", p.Polls(), taken, groups)
		}
	}
}

func TestABrokenPollIsReportedThoughTheRoomForPacketsHasGrown(t *testing.T) {
	p := newPoller(t)
	a, _ := pair(t)
	add(t, p, a.fd, 1, reactor.Readable, reactor.Edge)
	p.Break(a.fd)
	until(t, p, 1, reactor.ErrorReady)
}

func TestAForgottenPollerKeepsItsBlocks(t *testing.T) {
	a, _ := pair(t)
	func() {
		p, err := iocp.New()
		if err != nil {
			t.Fatal(err)
		}
		add(t, p, a.fd, 1, reactor.Readable, reactor.Edge)
		within(t, p, 1, 0)
	}()
	for range 3 {
		runtime.GC() // its finalizers end the process if a pin is left
		time.Sleep(10 * time.Millisecond)
	}
}
