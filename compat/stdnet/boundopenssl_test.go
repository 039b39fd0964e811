package stdnet_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// openssl is a peer that shares nothing with crypto/tls.
func openssl(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("openssl")
	switch {
	case err == nil:
	case os.Getenv("CI") == "true" && runtime.GOOS == "linux":
		t.Fatal("openssl is missing: apt-get install openssl")
	default:
		t.Skip("openssl is missing: apt-get install openssl")
	}
	return path
}

// A program is a process of openssl. Its input stays open until the test closes it.
type program struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	mu    sync.Mutex
	out   strings.Builder
	lines chan string // of its output
	ended sync.WaitGroup
}

func start(t *testing.T, path string, args ...string) *program {
	t.Helper()
	p := &program{t: t, cmd: exec.Command(path, args...), lines: make(chan string, 1000)}
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = p.cmd.Stdout
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.ended.Go(func() {
		defer close(p.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			p.mu.Lock()
			p.out.WriteString(s.Text() + "\n")
			p.mu.Unlock()
			select {
			case p.lines <- s.Text():
			default: // no test waits for a line after so many
			}
		}
	})
	t.Cleanup(func() {
		p.in.Close()
		p.cmd.Process.Kill()
		p.ended.Wait()
		p.cmd.Wait()
		if t.Failed() {
			t.Logf("openssl %q wrote\n%s", args, p.output())
		}
	})
	return p
}

func (p *program) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// line waits for a line that begins with prefix, and returns the rest of it.
func (p *program) line(prefix string) string {
	p.t.Helper()
	timeout := time.After(testTimeout)
	for {
		select {
		case l, ok := <-p.lines:
			if !ok {
				p.t.Fatalf("openssl has ended without a line %q", prefix)
			}
			if rest, ok := strings.CutPrefix(l, prefix); ok {
				return rest
			}
		case <-timeout:
			p.t.Fatalf("openssl writes no line %q", prefix)
		}
	}
}

// end waits until the program has ended by itself.
func (p *program) end() {
	p.t.Helper()
	done := make(chan struct{})
	go func() { p.ended.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(testTimeout):
		p.t.Fatal("openssl does not end")
	}
}

var opensslVersions = map[uint16]string{tls.VersionTLS12: "-tls1_2", tls.VersionTLS13: "-tls1_3"}

// serverOf starts s_server for one version, and returns its address.
func serverOf(t *testing.T, version uint16, args ...string) (p *program, addr string) {
	t.Helper()
	path := openssl(t)
	root, cert, key := theAuthority().write(t, theAuthority().server)
	p = start(t, path, append([]string{"s_server", "-accept", "127.0.0.1:0", "-cert", cert, "-key", key, "-CAfile", root,
		"-Verify", "1", "-verify_return_error", "-alpn", "first", opensslVersions[version]}, args...)...)
	return p, p.line("ACCEPT ")
}

// dialTLS runs client as a task, over a bound connection to addr.
func dialTLS(t *testing.T, rt *executor.Runtime, addr string, config *tls.Config, client func(c *tls.Conn) error) {
	t.Helper()
	do(t, rt, func(co *coro.Co) error {
		s, err := tcp.Dial(co, "tcp", addr)
		if err != nil {
			return err
		}
		defer s.Close()
		return client(tls.Client(stdnet.Bind(co, s), config))
	})
}

func TestOpenSSLServesABoundConn(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			rt := newRuntime(t, executor.Options{})
			p, addr := serverOf(t, version, "-rev", "-naccept", "2")
			_, config := configs(version)
			config.ClientSessionCache = tls.NewLRUClientSessionCache(1)
			for i := range 2 {
				dialTLS(t, rt, addr, config, func(c *tls.Conn) error {
					if _, err := io.WriteString(c, "hello\n"); err != nil {
						return err
					}
					line, err := bufio.NewReader(c).ReadString('\n')
					state := c.ConnectionState()
					return errors.Join(err, c.Close(),
						check(line == "olleh\n", "read %q", line),
						check(state.Version == version && state.NegotiatedProtocol == "first", "version %x, %q", state.Version, state.NegotiatedProtocol),
						check(state.DidResume == (i == 1), "session %d, resumed: %v", i, state.DidResume))
				})
			}
			p.end()
			if !strings.Contains(p.output(), "CN=alice") && !strings.Contains(p.output(), "CN = alice") {
				t.Error("openssl has not seen the certificate of the client")
			}
		})
	}
}

// A server that asks for another handshake is refused.
func TestARenegotiationThatOpenSSLWantsIsRefused(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	p, addr := serverOf(t, tls.VersionTLS12, "-naccept", "1")
	_, config := configs(tls.VersionTLS12)
	dialTLS(t, rt, addr, config, func(c *tls.Conn) error {
		if err := c.Handshake(); err != nil {
			return err
		}
		if _, err := io.WriteString(p.in, "R\n"); err != nil {
			return err
		}
		_, err := c.Read(make([]byte, 100))
		return check(err != nil && strings.Contains(err.Error(), "renegotiation"), "the read: %v", err)
	})
}

// serveTLS starts a task that serves one connection, bound to it.
func serveTLS(t *testing.T, rt *executor.Runtime, config *tls.Config, serve func(c *tls.Conn) error) (addr string, h handle) {
	t.Helper()
	l, err := tcp.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l.Addr().String(), executor.Do(rt, func(co *coro.Co) error {
		defer l.Close()
		s, err := l.Accept(co)
		if err != nil {
			return err
		}
		defer s.Close()
		return serve(tls.Server(stdnet.Bind(co, s), config))
	})
}

func TestOpenSSLIsServedOverABoundConn(t *testing.T) {
	path := openssl(t)
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			rt := newRuntime(t, executor.Options{})
			root, cert, key := theAuthority().write(t, theAuthority().client)
			config, _ := configs(version)
			session := filepath.Join(t.TempDir(), "session")
			for i := range 2 {
				addr, h := serveTLS(t, rt, config, func(c *tls.Conn) error {
					line, err := bufio.NewReader(c).ReadString('\n')
					if err != nil {
						return err
					}
					state := c.ConnectionState()
					_, err = io.WriteString(c, "have "+line)
					return errors.Join(err, c.Close(),
						check(len(state.PeerCertificates) > 0 && state.PeerCertificates[0].Subject.CommonName == "alice", "the client is not alice"),
						check(state.NegotiatedProtocol == "first", "protocol %q", state.NegotiatedProtocol),
						check(state.DidResume == (i == 1), "session %d, resumed: %v", i, state.DidResume))
				})
				args := []string{"s_client", "-connect", addr, "-CAfile", root, "-cert", cert, "-key", key, "-alpn", "first",
					"-verify_return_error", "-quiet", opensslVersions[version], "-sess_out", session}
				if i == 1 {
					args = append(args, "-sess_in", session)
				}
				p := start(t, path, args...)
				if _, err := io.WriteString(p.in, "hello\n"); err != nil {
					t.Fatal(err)
				}
				p.line("have hello")
				if err := finish(t, h); err != nil {
					t.Error(err)
				}
				p.end()
			}
		})
	}
}

// A client that begins another handshake is refused.
func TestARenegotiationThatAnOpenSSLClientBeginsIsRefused(t *testing.T) {
	path := openssl(t)
	rt := newRuntime(t, executor.Options{})
	root, cert, key := theAuthority().write(t, theAuthority().client)
	config, _ := configs(tls.VersionTLS12)
	shaken := make(chan struct{})
	addr, h := serveTLS(t, rt, config, func(c *tls.Conn) error {
		if err := c.Handshake(); err != nil {
			return err
		}
		close(shaken)
		n, err := c.Read(make([]byte, 100))
		var closed *net.OpError
		return check(n == 0 && err != nil && err != io.EOF && !errors.As(err, &closed), "the read: %d, %v", n, err)
	})
	p := start(t, path, "s_client", "-connect", addr, "-CAfile", root, "-cert", cert, "-key", key, "-tls1_2")
	p.line("---")
	<-shaken
	if _, err := io.WriteString(p.in, "R\n"); err != nil {
		t.Fatal(err)
	}
	if err := finish(t, h); err != nil {
		t.Error(err)
	}
}
