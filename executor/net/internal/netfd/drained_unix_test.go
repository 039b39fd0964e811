//go:build unix

package netfd_test

import (
	"errors"
	"net"
	"testing"

	"github.com/moduvex/moduvex-go/executor/net/internal/netfd"
	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
)

// A listener is what an Acceptor is part of.
type listener struct{ fd netfd.Acceptor }

func (l *listener) Close() error   { return l.fd.Close() }
func (l *listener) Addr() net.Addr { return nil }

// Several tasks may find out at the same time that the runtime drains. The owner's Close still is the first one.
func TestTheOwnerClosesADrainedListenerOnce(t *testing.T) {
	for drained := range 4 {
		fd, err := sys.Socket(sys.Inet4)
		if err != nil {
			t.Fatal(err)
		}
		l := &listener{}
		l.fd.Init(fd, l)
		for range drained {
			l.fd.CloseDrained()
			if !l.fd.Closed() {
				t.Error("it is open")
			}
		}
		if err := l.Close(); err != nil {
			t.Errorf("after %d closes by drains: %v", drained, err)
		}
		l.fd.CloseDrained()
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("the second Close: %v", err)
		}
	}
}
