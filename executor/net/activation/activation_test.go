//go:build unix

package activation_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/activation"
	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"golang.org/x/sys/unix"
)

func init() {
	children["-manager"] = manager
	children["-serve"] = serve
	children["-twice"] = twice
	children["-closed"] = closed
	children["-one"] = serveOne
}

// manager becomes the program whose arguments follow, as the process that LISTEN_PID names.
func manager() error {
	os.Setenv("LISTEN_PID", strconv.Itoa(os.Getpid()))
	return syscall.Exec(os.Args[2], os.Args[2:], os.Environ())
}

// start starts this test binary with sockets, as a service manager does.
func start(tb testing.TB, child, names string, files ...*os.File) (wait func() error) {
	tb.Helper()
	exe, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), nettest.Timeout)
	cmd := exec.CommandContext(ctx, exe, "-manager", exe, child)
	cmd.Env = append(os.Environ(), "LISTEN_FDS="+strconv.Itoa(len(files)), "LISTEN_FDNAMES="+names)
	cmd.ExtraFiles = files
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		cancel()
		tb.Fatal(err)
	}
	for _, f := range files {
		f.Close()
	}
	wait = func() error {
		defer cancel()
		if err := cmd.Wait(); err != nil {
			return fmt.Errorf("%w\n%s", err, out.String())
		}
		return nil
	}
	return wait
}

// fileOf returns a duplicate of a socket, which it closes.
func fileOf(tb testing.TB, c any, err error) *os.File {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
	s := c.(interface {
		File() (*os.File, error)
		Close() error
	})
	if l, ok := c.(*net.UnixListener); ok {
		l.SetUnlinkOnClose(false)
	}
	f, err := s.File()
	if err != nil {
		tb.Fatal(err)
	}
	s.Close()
	return f
}

func TestAllKindsOfSocketsArePassed(t *testing.T) {
	if runtime.GOOS == "darwin" {
		t.Skip("no seqpackets")
	}
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	web, err := net.Listen("tcp", "127.0.0.1:0")
	webFile := fileOf(t, web, err)
	dns, err := net.ListenPacket("udp", "127.0.0.1:0")
	dnsFile := fileOf(t, dns, err)
	ul, err := net.Listen("unix", at("stream"))
	ulFile := fileOf(t, ul, err)
	ql, err := net.Listen("unixpacket", at("packet"))
	qlFile := fileOf(t, ql, err)
	dg, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: at("gram"), Net: "unixgram"})
	dgFile := fileOf(t, dg, err)
	accepting, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	client, err := net.Dial("tcp", accepting.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	accepted, err := accepting.Accept()
	connFile := fileOf(t, accepted, err)
	accepting.Close()
	pipe, pw, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	wait := start(t, "-serve", "web:dns:web:packet:gram:conn:pipe", webFile, dnsFile, ulFile, qlFile, dgFile, connFile, pipe)
	pw.Write([]byte("through the pipe"))
	pw.Close()

	ask := func(c net.Conn, err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(nettest.Timeout))
		buf := make([]byte, 100)
		c.Write([]byte("hello"))
		if n, err := c.Read(buf); err != nil || string(buf[:n]) != "hello" {
			t.Errorf("%v: read %q, %v", c.RemoteAddr(), buf[:n], err)
		}
	}
	ask(net.Dial("tcp", web.Addr().String()))
	ask(net.Dial("udp", dns.LocalAddr().String()))
	ask(net.Dial("unix", at("stream")))
	ask(net.Dial("unixpacket", at("packet")))
	ask(net.DialUnix("unixgram", &net.UnixAddr{Name: at("me"), Net: "unixgram"}, &net.UnixAddr{Name: at("gram"), Net: "unixgram"}))
	ask(client, nil)
	if err := wait(); err != nil {
		t.Error(err)
	}
	for _, path := range []string{"stream", "packet"} {
		if _, err := os.Stat(at(path)); err != nil {
			t.Errorf("the path is the manager's: %v", err)
		}
	}
}

// serve is the program that gets the sockets of TestAllKindsOfSocketsArePassed.
func serve() error {
	all, err := activation.Take(true)
	if err != nil {
		return err
	}
	defer all.Close()
	if err := checkPassed(all); err != nil {
		return err
	}
	web := all.Named("web")
	tcpListener, err1 := web[0].TCPListener()
	dns, err2 := all.Named("dns")[0].UDP()
	unixListener, err3 := web[1].UnixListener()
	packets, err4 := all.Named("packet")[0].SeqpacketListener()
	gram, err5 := all.Named("gram")[0].Datagram()
	conn, err6 := all.Named("conn")[0].TCPStream()
	if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		return err
	}
	if _, err := web[0].TCPListener(); !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("a second TCPListener: %w", err)
	}
	return executor.Main(context.Background(), executor.Options{}, func(co *coro.Co) error {
		return coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, g *coro.Group) error {
			g.Do(co, func(co *coro.Co) error { return acceptOne(co, tcpListener) })
			g.Do(co, func(co *coro.Co) error { return acceptOne(co, unixListener) })
			g.Do(co, func(co *coro.Co) error { return acceptOne(co, packets) })
			g.Do(co, func(co *coro.Co) error { return answerDatagram(co, dns) })
			g.Do(co, func(co *coro.Co) error { return answerDatagram(co, gram) })
			g.Do(co, func(co *coro.Co) error { return answer(co, conn) })
			return nil
		})
	})
}

// checkPassed checks the names and the files of what TestAllKindsOfSocketsArePassed passes.
func checkPassed(all activation.Sockets) error {
	for _, v := range os.Environ() {
		if strings.HasPrefix(v, "LISTEN_") {
			return fmt.Errorf("%s is set", v)
		}
	}
	for i, s := range all {
		raw, err := s.File.SyscallConn()
		if err != nil {
			return err
		}
		var flags int
		raw.Control(func(fd uintptr) { flags, err = unix.FcntlInt(fd, unix.F_GETFD, 0) })
		if err != nil || flags&unix.FD_CLOEXEC == 0 {
			return fmt.Errorf("socket %d has flags %#x, %w", i, flags, err)
		}
	}
	web, other := all.Named("web"), all.Named("another")
	if len(all) != 7 || len(web) != 2 || len(other) != 0 {
		return fmt.Errorf("%d sockets, %d of web, %d of another", len(all), len(web), len(other))
	}
	// A method of another kind leaves the file to the right one.
	if _, err := web[0].UDP(); !errors.Is(err, syscall.EINVAL) {
		return fmt.Errorf("a listener as a UDP socket: %w", err)
	}
	text, err := io.ReadAll(all.Named("pipe")[0].File)
	if err != nil || string(text) != "through the pipe" {
		return fmt.Errorf("read %q from the pipe, %w", text, err)
	}
	return nil
}

// acceptOne answers the first connection of l, and closes both.
func acceptOne[S stream](co *coro.Co, l interface {
	Accept(co *coro.Co) (S, error)
	Close() error
}) error {
	defer l.Close()
	s, err := l.Accept(co)
	if err != nil {
		return err
	}
	return answer(co, s)
}

// A stream is a connection of any kind.
type stream interface {
	Read(co *coro.Co, b []byte) (int, error)
	Write(co *coro.Co, b []byte) (int, error)
	Close() error
}

// answer sends back what it reads, and closes s.
func answer(co *coro.Co, s stream) error {
	defer s.Close()
	buf := make([]byte, 100)
	n, err := s.Read(co, buf)
	if err == nil {
		_, err = s.Write(co, buf[:n])
	}
	return err
}

// answerDatagram sends back the first datagram, and closes s.
func answerDatagram[A any](co *coro.Co, s interface {
	ReadFrom(co *coro.Co, b []byte) (int, A, error)
	WriteTo(co *coro.Co, b []byte, to A) (int, error)
	Close() error
}) error {
	defer s.Close()
	buf := make([]byte, 100)
	n, from, err := s.ReadFrom(co, buf)
	if err == nil {
		_, err = s.WriteTo(co, buf[:n], from)
	}
	return err
}

func TestSocketsAreTakenOnce(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err := start(t, "-twice", "a", fileOf(t, l, err))(); err != nil {
		t.Error(err)
	}
}

func twice() error {
	first, err := activation.Take(false)
	if len(first) != 1 || err != nil {
		return fmt.Errorf("%d sockets, %w", len(first), err)
	}
	if os.Getenv("LISTEN_FDNAMES") != "a" {
		return errors.New("the variables are gone")
	}
	if again, err := activation.Take(false); again != nil || !errors.Is(err, activation.ErrTaken) {
		return fmt.Errorf("a second time: %d sockets, %w", len(again), err)
	}
	if err := first.Close(); err != nil {
		return err
	}
	if err := first.Close(); err != nil { // some may be closed already
		return err
	}
	if again, err := activation.Take(true); again != nil || err == nil {
		return fmt.Errorf("after the close: %d sockets", len(again))
	}
	if again, err := activation.Take(true); again != nil || err != nil {
		return fmt.Errorf("without the variables: %d sockets, %w", len(again), err)
	}
	return nil
}

func TestDescriptorThatIsClosedIsAnError(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err := start(t, "-closed", "a", fileOf(t, l, err))(); err != nil {
		t.Error(err)
	}
}

func closed() error {
	// One of so many is free, or was opened by this process; the first one stays as it is.
	os.Setenv("LISTEN_FDS", "60000")
	os.Unsetenv("LISTEN_FDNAMES")
	var bad *activation.VariableError
	all, err := activation.Take(false)
	if all != nil || errors.Is(err, activation.ErrTaken) == errors.As(err, &bad) {
		return fmt.Errorf("%d sockets, %w", len(all), err)
	}
	os.Setenv("LISTEN_FDS", "1")
	all, err = activation.Take(false)
	if len(all) != 1 || all[0].Name != "unknown" {
		return fmt.Errorf("after the failure: %d sockets, %w", len(all), err)
	}
	return all.Close()
}
