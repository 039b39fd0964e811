package stdnet_test

import (
	"io"
	"net"
	"testing"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/executor"
)

// The system moves bytes between connections of ours and of package net; it does not where a type overrides methods.
func TestFreeConnectionsSplice(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	for _, network := range []string{"tcp", "unix"} {
		for _, s := range []side{netSide(), freeSide(rt)} {
			c, _ := connected(t, s, s, network)
			if !stdnet.Splices(c) {
				t.Errorf("%s %s does not splice", s.name, network)
			}
			if stdnet.Splices(struct{ net.Conn }{c}) || stdnet.Splices(&embeds{c}) {
				t.Errorf("%s %s splices although another type is around it", s.name, network)
			}
		}
	}
	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if stdnet.Splices(p) || stdnet.Splices(io.Discard) {
		t.Error("datagrams splice")
	}
}

type embeds struct{ net.Conn }
