//go:build unix

package unix_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"github.com/moduvex/moduvex-go/executor/net/unix"
	sysunix "golang.org/x/sys/unix"
)

// passer is what passes descriptors.
type passer interface {
	reader
	ReadMsg(co *coro.Co, b []byte, fds []int) (n, nfds int, err error)
	WriteMsg(co *coro.Co, b []byte, fds []int) (n int, err error)
	Close() error
}

// passers makes a pair of each kind.
func passers(tb testing.TB) map[string][2]passer {
	pairs := map[string][2]passer{}
	a, b := streams(tb)
	pairs["stream"] = [2]passer{a, b}
	c, d := datagrams(tb)
	pairs["datagram"] = [2]passer{c, d}
	if e, f, err := unix.SeqpacketPair(); err == nil {
		tb.Cleanup(func() { e.Close(); f.Close() })
		pairs["seqpacket"] = [2]passer{e, f}
	}
	return pairs
}

// pipes makes n pipes, and returns the ends to write to, for passing, and those to read from.
func pipes(tb testing.TB, n int) (w []int, r []*os.File) {
	tb.Helper()
	for range n {
		pr, pw, err := os.Pipe()
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() { pr.Close(); pw.Close() })
		w, r = append(w, int(pw.Fd())), append(r, pr)
	}
	return w, r
}

func closeAll(fds []int) {
	for _, fd := range fds {
		syscall.Close(fd)
	}
}

func TestDescriptorsArrive(t *testing.T) {
	for name, p := range passers(t) {
		for _, count := range []int{1, 2, 3, 16, 17, 100} {
			t.Run(fmt.Sprintf("%s/%d", name, count), func(t *testing.T) {
				rt := nettest.NewRuntime(t)
				w, r := pipes(t, count)
				nettest.Do(t, rt, func(co *coro.Co) error {
					h := executor.Go(co, func(co *coro.Co) ([]int, error) {
						fds := make([]int, count+5)
						b := make([]byte, 10)
						n, nfds, err := p[1].ReadMsg(co, b, fds)
						if err == nil && string(b[:n]) != "msg" {
							err = fmt.Errorf("got %q", b[:n])
						}
						return fds[:nfds], err
					})
					co.Yield()
					if n, err := p[0].WriteMsg(co, []byte("msg"), w); n != 3 || err != nil {
						return fmt.Errorf("wrote %d, %w", n, err)
					}
					fds, err := h.Join(co)
					defer closeAll(fds)
					if err != nil || len(fds) != count {
						return fmt.Errorf("%d descriptors came, %w", len(fds), err)
					}
					for i, fd := range fds {
						if flags, err := sysunix.FcntlInt(uintptr(fd), sysunix.F_GETFD, 0); err != nil || flags&sysunix.FD_CLOEXEC == 0 {
							t.Errorf("flags of %d: %#x, %v", fd, flags, err)
						}
						if _, err := sysunix.Write(fd, []byte{byte(i)}); err != nil {
							t.Error(err)
						}
						var b [1]byte
						if _, err := io.ReadFull(r[i], b[:]); err != nil || b[0] != byte(i) {
							t.Errorf("descriptor %d is another's: %d, %v", i, b[0], err)
						}
					}
					return nil
				})
			})
		}
	}
}

// newRuntime's count of descriptors says whether one leaks.
func TestDescriptorsWithoutRoomAreClosed(t *testing.T) {
	for name, p := range passers(t) {
		t.Run(name, func(t *testing.T) {
			w, _ := pipes(t, 20)
			rt := nettest.NewRuntime(t)
			for _, test := range []struct{ sent, room int }{
				{1, 0}, {2, 1}, {3, 1}, {3, 2}, {4, 1}, {20, 1}, {20, 3}, {20, 16}, {20, 17}, {20, 19},
			} {
				nettest.Do(t, rt, func(co *coro.Co) error {
					if _, err := p[0].WriteMsg(co, []byte("x"), w[:test.sent]); err != nil {
						return err
					}
					fds := make([]int, test.room)
					b := make([]byte, 10)
					n, nfds, err := p[1].ReadMsg(co, b, fds)
					closeAll(fds[:nfds])
					wantIs(t, err, "read", unix.ErrDescriptorsLost)
					if n != 1 || nfds != test.room {
						t.Errorf("sent %d, room for %d: got %d bytes, %d descriptors", test.sent, test.room, n, nfds)
					}
					// A plain Read is not affected by descriptors that come with the bytes.
					if _, err := p[0].WriteMsg(co, []byte("y"), w[:test.sent]); err != nil {
						return err
					}
					return want(co, p[1], "y")
				})
			}
		})
	}
}

// Descriptors that are not read are closed with the socket.
func TestDescriptorsInFlightAreClosed(t *testing.T) {
	w, _ := pipes(t, 3)
	rt := nettest.NewRuntime(t)
	for _, p := range passers(t) {
		nettest.Do(t, rt, func(co *coro.Co) error {
			_, err := p[0].WriteMsg(co, []byte("x"), w)
			return errors.Join(err, p[1].Close(), p[0].Close())
		})
	}
}

// A read of a stream ends where descriptors came. That the next one has something must be found.
func TestReadsEndAtDescriptorsAndStallNobody(t *testing.T) {
	rt := nettest.NewRuntime(t)
	w, _ := pipes(t, 1)
	a, b := streams(t)
	const rounds = 100
	nettest.Do(t, rt, func(co *coro.Co) error {
		h := executor.Go(co, func(co *coro.Co) (int, error) {
			buf, fds := make([]byte, 1000), make([]int, 10)
			bytes, descriptors := 0, 0
			for bytes < 4*rounds {
				n, nfds, err := b.ReadMsg(co, buf, fds)
				closeAll(fds[:nfds])
				if err != nil {
					return descriptors, err
				}
				if nfds > 1 {
					return descriptors, fmt.Errorf("%d descriptors in one read", nfds)
				}
				bytes += n
				descriptors += nfds
			}
			return descriptors, nil
		})
		for i := range rounds {
			if _, err := a.WriteMsg(co, []byte("ab"), w); err != nil {
				return err
			}
			if _, err := a.Write(co, []byte("cd")); err != nil {
				return err
			}
			if i%10 == 0 {
				co.Yield()
			}
		}
		n, err := h.Join(co)
		if err == nil && n != rounds {
			err = fmt.Errorf("%d descriptors came", n)
		}
		return err
	})
	// The same for a reader of bytes only.
	nettest.Do(t, rt, func(co *coro.Co) error {
		for range 3 {
			a.WriteMsg(co, []byte("ab"), w)
		}
		for range 3 {
			if err := want(co, b, "ab"); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestDescriptorsGoWithTheFirstBytes(t *testing.T) {
	rt := nettest.NewRuntime(t)
	w, _ := pipes(t, 2)
	a, b := streams(t)
	msg := random(3 * unix.MaxTransfer)
	nettest.Do(t, rt, func(co *coro.Co) error {
		h := executor.Go(co, func(co *coro.Co) (int, error) {
			buf, fds := make([]byte, 64<<10), make([]int, 10)
			total := 0
			for bytes := 0; bytes < len(msg); {
				n, nfds, err := b.ReadMsg(co, buf, fds)
				closeAll(fds[:nfds])
				if err != nil {
					return total, err
				}
				if nfds > 0 && bytes > 0 {
					return total, fmt.Errorf("descriptors came after %d bytes", bytes)
				}
				if string(buf[:n]) != string(msg[bytes:bytes+n]) {
					return total, errors.New("the bytes are others")
				}
				bytes += n
				total += nfds
			}
			return total, nil
		})
		if n, err := a.WriteMsg(co, msg, w); n != len(msg) || err != nil {
			return fmt.Errorf("wrote %d, %w", n, err)
		}
		n, err := h.Join(co)
		if err == nil && n != 2 {
			err = fmt.Errorf("%d descriptors came", n)
		}
		return err
	})
}

func TestBadDescriptors(t *testing.T) {
	rt := nettest.NewRuntime(t)
	w, _ := pipes(t, 1)
	many := make([]int, 1000)
	for i := range many {
		many[i] = w[0]
	}
	for name, p := range passers(t) {
		nettest.Do(t, rt, func(co *coro.Co) error {
			n, err := p[0].WriteMsg(co, []byte("x"), []int{-1})
			wantIs(t, err, "write", syscall.EBADF)
			if n != 0 {
				t.Errorf("%s: wrote %d", name, n)
			}
			if n, err := p[0].WriteMsg(co, []byte("x"), many); n != 0 || err == nil {
				t.Errorf("%s: wrote %d, with 1000 descriptors, %v", name, n, err)
			}
			n, err = p[0].WriteMsg(co, nil, w)
			if name == "datagram" {
				fds := make([]int, 1)
				n, nfds, rerr := p[1].ReadMsg(co, nil, fds)
				closeAll(fds[:nfds])
				if err != nil || rerr != nil || n != 0 || nfds != 1 {
					t.Errorf("an empty message: %v; got %d bytes, %d descriptors, %v", err, n, nfds, rerr)
				}
			} else if n != 0 || err == nil {
				t.Errorf("%s: wrote %d, with no byte, %v", name, n, err)
			}
			_, err = p[0].WriteMsg(co, []byte("ok"), nil)
			if err != nil {
				return err
			}
			return want(co, p[1], "ok")
		})
	}
}

// pollPass passes a descriptor on from one stream to another, in poll style.
type pollPass struct {
	from, to *unix.Stream
	fds      [1]int
	got      bool
}

func (p *pollPass) Poll(cx *core.Context) (error, bool) {
	if !p.got {
		_, nfds, ready, err := p.from.PollReadMsg(cx, make([]byte, 1), p.fds[:])
		if !ready || err != nil {
			return err, ready
		}
		if nfds != 1 {
			return errors.New("no descriptor"), true
		}
		p.got = true
	}
	_, ready, err := p.to.PollWriteMsg(cx, []byte("y"), p.fds[:])
	if ready {
		syscall.Close(p.fds[0])
	}
	return err, ready
}

func TestDescriptorsInPollStyle(t *testing.T) {
	rt := nettest.NewRuntime(t)
	w, r := pipes(t, 1)
	a, b := streams(t)
	c, d := streams(t)
	h := executor.Spawn[error](rt, &pollPass{from: b, to: c})
	nettest.Settle(rt)
	nettest.Do(t, rt, func(co *coro.Co) error {
		if _, err := a.WriteMsg(co, []byte("x"), w); err != nil {
			return err
		}
		fds := make([]int, 1)
		_, nfds, err := d.ReadMsg(co, make([]byte, 1), fds)
		if err != nil || nfds != 1 {
			return fmt.Errorf("%d, %w", nfds, err)
		}
		defer closeAll(fds)
		sysunix.Write(fds[0], []byte("z"))
		var b [1]byte
		if _, err := io.ReadFull(r[0], b[:]); err != nil || b[0] != 'z' {
			return fmt.Errorf("%q, %w", b, err)
		}
		err, jerr := h.Join(co)
		return errors.Join(err, jerr)
	})
}
