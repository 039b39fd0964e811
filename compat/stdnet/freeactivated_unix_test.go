//go:build unix

package stdnet_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/net/activation"
)

func init() { children["activated"] = serveActivated }

// A process that a service manager has started serves HTTP over the listeners that were passed to it, and datagrams over the
// sockets.
func TestFreeServesActivatedSockets(t *testing.T) {
	if !modetest.First() {
		t.Skip("the child has a runtime of its own")
	}
	web, local := listenerFile(t, "tcp"), listenerFile(t, "unix")
	webAddr, localAddr := addrOf(t, web), addrOf(t, local)
	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	dns, err := p.(*net.UDPConn).File()
	if err != nil {
		t.Fatal(err)
	}
	defer dns.Close()

	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), testTimeout)
	defer cancel()
	child := exec.CommandContext(ctx, exe)
	child.Env = append(os.Environ(), childVariable+"=activated", "LISTEN_FDS=3", "LISTEN_FDNAMES=web:local:dns")
	child.ExtraFiles = []*os.File{web, local, dns}
	var out strings.Builder
	child.Stdout, child.Stderr = &out, &out
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}

	c, err := net.Dial("udp", p.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	if _, err := c.Write([]byte("ping")); err != nil {
		t.Error(err)
	}
	b := make([]byte, 8)
	if n, err := c.Read(b); string(b[:n]) != "ping" || err != nil {
		t.Errorf("%q, %v over UDP", b[:n], err)
	}
	if got := get(t, "unix", localAddr, "/name"); got != "unix" {
		t.Errorf("%q over unix", got)
	}
	if got := get(t, "tcp", webAddr, "/name"); got != "tcp" {
		t.Errorf("%q over tcp", got)
	}
	get(t, "tcp", webAddr, "/end")
	if err := child.Wait(); err != nil {
		t.Errorf("the child: %v\n%s", err, out.String())
	}
	if _, err := os.Stat(localAddr); err != nil {
		t.Errorf("the path is the manager's: %v", err)
	}
}

func addrOf(t *testing.T, f *os.File) string {
	t.Helper()
	l, err := net.FileListener(f)
	if err != nil {
		t.Fatal(err)
	}
	if u, ok := l.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(false)
	}
	defer l.Close()
	return l.Addr().String()
}

// get returns what a server of HTTP at an address says.
func get(t *testing.T, network, address, path string) string {
	t.Helper()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
	defer transport.CloseIdleConnections()
	r, err := (&http.Client{Transport: transport, Timeout: testTimeout}).Get("http://server" + path)
	if err != nil {
		t.Error(err)
		return ""
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	return string(b)
}

// serveActivated is the program that TestFreeServesActivatedSockets starts.
func serveActivated() error {
	os.Setenv("LISTEN_PID", strconv.Itoa(os.Getpid())) // a manager knows it before
	sockets, err := activation.Take(true)
	if err != nil {
		return err
	}
	defer sockets.Close()
	rt, err := executor.New(executor.Options{})
	if err != nil {
		return err
	}
	defer rt.Close()

	tcpListener, err := sockets.Named("web")[0].TCPListener()
	web, err := freed(rt, tcpListener, err)
	if err != nil {
		return err
	}
	unixListener, err := sockets.Named("local")[0].UnixListener()
	local, err := freed(rt, unixListener, err)
	if err != nil {
		return err
	}
	dns, err := sockets.Named("dns")[0].UDP()
	if err != nil {
		return err
	}
	packets := stdnet.Free(rt, dns).(net.PacketConn)
	echoed := make(chan error, 1)
	go func() { echoed <- echoOnce(packets) }()

	end := make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("/name", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Context().Value(http.LocalAddrContextKey).(net.Addr).Network())
	})
	mux.HandleFunc("/end", func(http.ResponseWriter, *http.Request) { close(end) })
	server := &http.Server{Handler: mux}
	served := make(chan error, 2)
	go func() { served <- server.Serve(web) }()
	go func() { served <- server.Serve(local) }()
	<-end
	if err := server.Shutdown(context.Background()); err != nil {
		return err
	}
	for range 2 {
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			return err
		}
	}
	return errors.Join(<-echoed, packets.Close())
}

func echoOnce(p net.PacketConn) error {
	b := make([]byte, 8)
	n, from, err := p.ReadFrom(b)
	if err == nil {
		_, err = p.WriteTo(b[:n], from)
	}
	return err
}
