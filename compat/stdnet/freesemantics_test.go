package stdnet_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/executor"
)

// A behaviour does something with the two ends of a connection, and says what came of it. Package net and the free form
// must say the same.
type behaviour struct {
	name string
	do   func(t *testing.T, c, peer net.Conn) []string
}

var longAgo = time.Unix(1, 0)

type closeWriter interface {
	CloseWrite() error
	CloseRead() error
}

var behaviours = []behaviour{
	{"a read", func(t *testing.T, c, peer net.Conn) []string {
		peer.Write([]byte("hello"))
		b := make([]byte, 3)
		n, err := c.Read(b)
		m, err2 := io.ReadFull(c, b[:2])
		return []string{string(b[:2]), fmt.Sprint(n, m), said(c, err), said(c, err2)}
	}},
	{"an empty read and an empty write", func(t *testing.T, c, peer net.Conn) []string {
		n, err := c.Read(nil)
		m, err2 := c.Write(nil)
		return []string{fmt.Sprint(n, m), said(c, err), said(c, err2)}
	}},
	{"an empty read and write after a deadline", func(t *testing.T, c, peer net.Conn) []string {
		c.SetDeadline(longAgo)
		n, err := c.Read(nil)
		m, err2 := c.Write(nil)
		return []string{fmt.Sprint(n, m), said(c, err), said(c, err2)}
	}},
	{"an empty read and write after Close", func(t *testing.T, c, peer net.Conn) []string {
		c.Close()
		n, err := c.Read(nil)
		m, err2 := c.Write(nil)
		return []string{fmt.Sprint(n, m), said(c, err), said(c, err2)}
	}},
	{"the end", func(t *testing.T, c, peer net.Conn) []string {
		peer.Write([]byte("x"))
		peer.Close()
		all, err := io.ReadAll(c)
		n, err2 := c.Read(make([]byte, 1))
		return []string{string(all), said(c, err), fmt.Sprint(n), said(c, err2)}
	}},
	{"a deadline that has passed", func(t *testing.T, c, peer net.Conn) []string {
		peer.Write([]byte("x"))
		c.SetDeadline(longAgo)
		_, err := c.Read(make([]byte, 1))
		_, err2 := c.Write([]byte("x"))
		return []string{said(c, err), said(c, err2)}
	}},
	{"a deadline that comes", func(t *testing.T, c, peer net.Conn) []string {
		c.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
		_, err := c.Read(make([]byte, 1))
		c.SetReadDeadline(time.Time{})
		peer.Write([]byte("x"))
		n, err2 := c.Read(make([]byte, 1))
		return []string{said(c, err), fmt.Sprint(n), said(c, err2)}
	}},
	{"a deadline that is set while a call waits", func(t *testing.T, c, peer net.Conn) []string {
		ended := waiting(func() error { _, err := c.Read(make([]byte, 1)); return err })
		c.SetReadDeadline(time.Now().Add(time.Hour))
		c.SetReadDeadline(time.Now())
		return []string{said(c, <-ended)}
	}},
	{"a deadline that is put off", func(t *testing.T, c, peer net.Conn) []string {
		c.SetReadDeadline(time.Now().Add(time.Hour))
		ended := waiting(func() error { _, err := c.Read(make([]byte, 1)); return err })
		c.SetReadDeadline(time.Time{})
		peer.Write([]byte("x"))
		return []string{said(c, <-ended)}
	}},
	{"Close while calls wait", func(t *testing.T, c, peer net.Conn) []string {
		var reads []<-chan error
		for range 3 {
			reads = append(reads, waiting(func() error { _, err := c.Read(make([]byte, 1)); return err }))
		}
		writes := blockedWrites(c, 3)
		out := []string{said(c, c.Close()), said(c, c.Close())}
		for _, r := range reads {
			out = append(out, said(c, <-r))
		}
		for _, w := range writes {
			out = append(out, said(c, <-w))
		}
		return out
	}},
	{"a write deadline while writes wait", func(t *testing.T, c, peer net.Conn) []string {
		writes := blockedWrites(c, 3)
		c.SetWriteDeadline(time.Now().Add(5 * time.Millisecond))
		var out []string
		for _, w := range writes {
			out = append(out, said(c, <-w))
		}
		return out
	}},
	{"everything after Close", func(t *testing.T, c, peer net.Conn) []string {
		local, remote := c.LocalAddr().String(), c.RemoteAddr().String()
		c.Close()
		_, err := c.Read(make([]byte, 1))
		_, err2 := c.Write([]byte("x"))
		w := c.(closeWriter)
		b := c.(interface{ SetReadBuffer(int) error })
		var options []string
		if o, ok := c.(interface {
			SetNoDelay(bool) error
			SetLinger(int) error
			SetKeepAlive(bool) error
		}); ok {
			options = []string{said(c, o.SetNoDelay(true)), said(c, o.SetLinger(1)), said(c, o.SetKeepAlive(true))}
		}
		return append(options,
			said(c, err), said(c, err2), said(c, c.SetDeadline(time.Time{})), said(c, c.SetReadDeadline(longAgo)), said(c, c.SetWriteDeadline(longAgo)),
			said(c, w.CloseRead()), said(c, w.CloseWrite()), said(c, b.SetReadBuffer(1000)),
			fmt.Sprint(local == c.LocalAddr().String(), remote == c.RemoteAddr().String()))
	}},
	{"CloseWrite", func(t *testing.T, c, peer net.Conn) []string {
		c.Write([]byte("x"))
		err := c.(closeWriter).CloseWrite()
		all, err2 := io.ReadAll(peer)
		peer.Write([]byte("back"))
		b := make([]byte, 4)
		_, err3 := io.ReadFull(c, b)
		_, err4 := c.Write([]byte("y"))
		return []string{said(c, err), string(all), said(peer, err2), string(b), said(c, err3), said(c, err4)}
	}},
	{"CloseRead", func(t *testing.T, c, peer net.Conn) []string {
		err := c.(closeWriter).CloseRead()
		_, err2 := c.Read(make([]byte, 1))
		return []string{said(c, err), said(c, err2)}
	}},
	{"a write to an end that is gone", func(t *testing.T, c, peer net.Conn) []string {
		if l, ok := peer.(interface{ SetLinger(int) error }); ok {
			l.SetLinger(0)
		}
		peer.Close()
		var err error
		for err == nil {
			_, err = c.Write([]byte("x"))
		}
		reset := isReset(err)
		_, err2 := c.Write([]byte("x"))
		_, err3 := c.Read(make([]byte, 1))
		return []string{fmt.Sprint(reset), said(c, err2), said(c, err3)}
	}},
	{"writes do not interleave", func(t *testing.T, c, peer net.Conn) []string {
		const each = 3_000_000 // more than there is room for
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() { c.Write(bytes.Repeat([]byte{byte('a' + i)}, each)) })
		}
		go func() { wg.Wait(); c.Close() }()
		all, err := io.ReadAll(peer)
		runs := 0
		for i := range all {
			if i == 0 || all[i] != all[i-1] {
				runs++
			}
		}
		return []string{fmt.Sprint(len(all), runs), said(peer, err)}
	}},
	{"SyscallConn", func(t *testing.T, c, peer net.Conn) []string {
		raw, err := c.(syscall.Conn).SyscallConn()
		if err != nil {
			return []string{said(c, err)}
		}
		tried := 0
		ended := waiting(func() error {
			return raw.Read(func(uintptr) bool { tried++; return tried == 2 })
		})
		peer.Write([]byte("x"))
		err = <-ended
		err2 := raw.Control(func(uintptr) {})
		err3 := raw.Write(func(uintptr) bool { return true })
		c.SetDeadline(longAgo)
		err4 := raw.Read(func(uintptr) bool { return false })
		c.Close()
		err5 := raw.Control(func(uintptr) {})
		err6 := raw.Read(func(uintptr) bool { return true })
		return []string{fmt.Sprint(tried), said(c, err), said(c, err2), said(c, err3), said(c, err4), said(c, err5), said(c, err6)}
	}},
}

// waiting runs f on a goroutine, and returns once that is likely to wait.
func waiting(f func() error) <-chan error {
	ended := make(chan error, 1)
	began := make(chan struct{})
	go func() {
		close(began)
		ended <- f()
	}()
	<-began
	for range 20 {
		runtime.Gosched()
	}
	time.Sleep(2 * time.Millisecond) // the outcome is the same if it does not wait yet
	return ended
}

// blockedWrites starts writes of more than there is room for.
func blockedWrites(c net.Conn, n int) (ended []<-chan error) {
	for range n {
		ended = append(ended, waiting(func() error { _, err := c.Write(make([]byte, 8<<20)); return err }))
	}
	return ended
}

// Package net is the control: what it says, the free form says, too, on the side of the dialer and of the listener.
func TestFreeBehavesAsPackageNet(t *testing.T) {
	// On Windows, the empty read of package net waits for bytes, its read after CloseRead is an error, and which error a
	// write to an end that is gone has varies.
	differ := []string{"an empty read and an empty write", "an empty read and write after a deadline", "CloseRead",
		"a write to an end that is gone"}
	rt := newRuntime(t, executor.Options{})
	for _, network := range []string{"tcp", "unix"} {
		if strings.HasPrefix(network, "unix") && runtime.GOOS == "windows" {
			continue
		}
		for _, b := range behaviours {
			if runtime.GOOS == "windows" && slices.Contains(differ, b.name) {
				continue
			}
			t.Run(network+"/"+b.name, func(t *testing.T) {
				for _, accepted := range []bool{false, true} {
					run := func(s side) []string {
						c, peer := connected(t, s, netSide(), network)
						if accepted {
							peer, c = connected(t, netSide(), s, network)
						}
						return b.do(t, c, peer)
					}
					want, got := run(netSide()), run(freeSide(rt))
					if w, g := strings.Join(want, "\n\t"), strings.Join(got, "\n\t"); w != g {
						t.Errorf("accepted: %v\nnet:\n\t%s\nfree:\n\t%s", accepted, w, g)
					}
				}
			})
		}
	}
}
