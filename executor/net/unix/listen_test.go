package unix_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/unix"
)

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func TestCloseRemovesThePath(t *testing.T) {
	path := temp(t) + "/s"
	l, err := unix.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	if !exists(path) {
		t.Fatal("there is no path")
	}
	_, err = unix.Listen(path)
	wantIs(t, err, "listen", syscall.EADDRINUSE)
	if !exists(path) {
		t.Error("a listener that did not get the path has removed it")
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if exists(path) {
		t.Error("the path is still there")
	}
	again, err := unix.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	wantIs(t, l.Close(), "close", net.ErrClosed)
	l.SetUnlinkOnClose(true)
	l.Close()
	l.WantUnlink()
	l.Close()
	if !exists(path) {
		t.Error("a second Close removed the path of another")
	}
	again.SetUnlinkOnClose(false)
	again.Close()
	if !exists(path) {
		t.Error("the path was to stay")
	}
}

func TestAbstractNames(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there are none")
	}
	rt := nettest.NewRuntime(t)
	name := fmt.Sprintf("@moduvex-%d", os.Getpid())
	l, err := unix.Listen(name)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	nettest.Do(t, rt, func(co *coro.Co) error {
		c, err := unix.Dial(co, name)
		if err != nil {
			return err
		}
		defer c.Close()
		s, err := l.Accept(co)
		if err != nil {
			return err
		}
		defer s.Close()
		if c.RemoteAddr().String() != name || s.LocalAddr().String() != name || l.Addr().String() != name {
			t.Errorf("%q, %q, %q", c.RemoteAddr(), s.LocalAddr(), l.Addr())
		}
		std, err := net.Dial("unix", name)
		if err != nil {
			return err
		}
		defer std.Close()
		other, err := l.Accept(co)
		if err != nil {
			return err
		}
		return other.Close()
	})
	a, err := unix.Bind("") // the system chooses
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	b, err := unix.Bind(name + "-d")
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	chosen := a.LocalAddr().String()
	if !strings.HasPrefix(chosen, "@") || len(chosen) < 2 {
		t.Errorf("it chose %q", chosen)
	}
	nettest.Do(t, rt, func(co *coro.Co) error {
		if _, err := b.WriteTo(co, []byte("x"), chosen); err != nil {
			return err
		}
		_, from, err := a.ReadFrom(co, make([]byte, 1))
		if from != name+"-d" {
			t.Errorf("from %q", from)
		}
		return err
	})
}

func TestBadNames(t *testing.T) {
	rt := nettest.NewRuntime(t)
	dir := temp(t)
	long := dir + "/" + strings.Repeat("x", 108)
	for _, test := range []struct {
		name string
		err  error
	}{{"", nil}, {long, syscall.EINVAL}, {dir + "/no/s", syscall.ENOENT}} {
		if runtime.GOOS == "windows" {
			test.err = nil // it has words of its own
		}
		if l, err := unix.Listen(test.name); err == nil || test.err != nil && !errors.Is(err, test.err) {
			t.Errorf("listen at %q: %v", test.name, err)
			if l != nil {
				l.Close()
			}
		}
	}
	if runtime.GOOS == "windows" {
		return // and no datagrams to dial
	}
	nettest.Do(t, rt, func(co *coro.Co) error {
		_, err := unix.Dial(co, dir+"/s")
		wantIs(t, err, "dial", syscall.ENOENT)
		_, err = unix.Dial(co, long)
		wantIs(t, err, "dial", syscall.EINVAL)
		d, path := bind(t)
		_, err = unix.Dial(co, path)
		wantIs(t, err, "dial", syscall.EPROTOTYPE)
		_, err = d.WriteTo(co, []byte("x"), long)
		wantIs(t, err, "write", syscall.EINVAL)
		left, err := unix.Listen(dir + "/left")
		if err != nil {
			return err
		}
		left.SetUnlinkOnClose(false)
		left.Close()
		_, err = unix.Dial(co, dir+"/left")
		wantIs(t, err, "dial", syscall.ECONNREFUSED)
		return nil
	})
}

func TestListenerDeadlineAndClose(t *testing.T) {
	rt := nettest.NewRuntime(t)
	l := listen(t)
	accept := func(co *coro.Co) error { _, err := l.Accept(co); return err }
	l.SetDeadline(time.Now().Add(5 * time.Millisecond))
	wantTimeout(t, nettest.Finish(t, executor.Do(rt, accept)), "accept")
	l.SetDeadline(time.Time{})
	h, aborted := executor.Do(rt, accept), executor.Do(rt, accept)
	nettest.Settle(rt)
	aborted.Abort()
	wantIs(t, nettest.Finish(t, aborted), "accept", core.ErrCancelled)
	l.Close()
	wantIs(t, nettest.Finish(t, h), "accept", net.ErrClosed)
	wantIs(t, l.SetDeadline(time.Time{}), "set", net.ErrClosed)
	if _, err := l.SyscallConn(); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

// pollAccept accepts and closes a number of connections.
type pollAccept struct {
	l    *unix.Listener
	left int
}

func (p *pollAccept) Poll(cx *core.Context) (error, bool) {
	for ; p.left > 0; p.left-- {
		s, ready, err := p.l.PollAccept(cx)
		if !ready || err != nil {
			return err, ready
		}
		s.Close()
	}
	return nil, true
}

func (p *pollAccept) Drop() { p.l.Close() }

// A backlog that is full is no error, only a reason to wait.
func TestDialWaitsForTheBacklog(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere it is refused")
	}
	rt := nettest.NewRuntime(t)
	lc := unix.ListenConfig{Backlog: 1}
	l, err := lc.Listen(temp(t) + "/s")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	name := l.Addr().String()
	dial := func(co *coro.Co) error {
		s, err := unix.Dial(co, name)
		if err == nil {
			s.Close()
		}
		return err
	}
	const dials = 20
	var hs []nettest.Handle
	for i := range dials {
		if i%2 == 0 {
			hs = append(hs, executor.Do(rt, dial))
			continue
		}
		h := executor.Spawn[core.Result[*unix.Stream]](rt, unix.DialFuture(name))
		hs = append(hs, executor.Do(rt, func(co *coro.Co) error {
			d, err := h.Join(co)
			if d.Value != nil {
				d.Value.Close()
			}
			return errors.Join(err, d.Err)
		}))
	}
	aborted := executor.Do(rt, dial)
	h := executor.Spawn[core.Result[*unix.Stream]](rt, unix.DialFuture(name))
	time.Sleep(20 * time.Millisecond)
	aborted.Abort()
	h.Abort()
	nettest.Finish(t, aborted)
	<-h.Done()
	if d, _ := h.Wait(context.Background()); d.Value != nil {
		d.Value.Close()
	}
	waiting := 0
	for _, h := range hs {
		if !h.Finished() {
			waiting++
		}
	}
	if waiting < dials-3 {
		t.Errorf("%d of %d dials wait for a backlog of 1", waiting, dials)
	}
	nettest.Do(t, rt, func(co *coro.Co) error {
		err := coro.WithTimeout(co, 5*time.Millisecond, dial)
		wantIs(t, err, "dial", core.ErrDeadlineExceeded)
		return nil
	})
	// Both those above may have had a place in the backlog.
	p := executor.Spawn[error](rt, &pollAccept{l: l, left: dials})
	for _, h := range hs {
		if err := nettest.Finish(t, h); err != nil {
			t.Error(err)
		}
	}
	p.Abort()
}

// Abort may come before a dial has begun, or while it waits.
func TestDialThatIsGivenUp(t *testing.T) {
	rt := nettest.NewRuntime(t)
	lc := unix.ListenConfig{Backlog: 1}
	l, err := lc.Listen(temp(t) + "/s")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for i := range 50 {
		h := executor.Spawn[core.Result[*unix.Stream]](rt, unix.DialFuture(l.Addr().String()))
		if i%2 == 0 {
			runtime.Gosched()
		}
		h.Abort()
		ctx, cancel := context.WithTimeout(context.Background(), nettest.Timeout)
		if d, err := h.Wait(ctx); err == nil && d.Value != nil {
			d.Value.Close()
		} else if err == nil && !errors.Is(d.Err, syscall.ECONNREFUSED) {
			t.Error(d.Err)
		}
		cancel()
	}
}

func TestControlSeesSocketBeforeItIsBound(t *testing.T) {
	path := temp(t) + "/s"
	var seen string
	lc := unix.ListenConfig{Control: func(network, address string, c syscall.RawConn) error {
		seen = network + " " + address
		if exists(path) {
			t.Error("it is bound")
		}
		return c.Control(func(uintptr) {})
	}}
	l, err := lc.Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if seen != "unix "+path {
		t.Errorf("control saw %q", seen)
	}
}
