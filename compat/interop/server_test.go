package interop_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
)

// A server is a program of the system that runs as a child of the test.
type server struct {
	cmd   *exec.Cmd
	log   buffer
	ended chan struct{}
	err   error // how it ended; valid after ended
}

// startServer starts a server on a free port of loopback, and returns the port when ready returns nil. The command
// is made for each try, since another process may take the port first. The end of the test interrupts the server.
func startServer(t *testing.T, command func(port string) *exec.Cmd, ready func(port string) error) (port string) {
	t.Helper()
	var failed error
	for range 5 {
		port = freePort(t)
		s := &server{cmd: command(port), ended: make(chan struct{})}
		if err := s.start(); err != nil {
			t.Fatal(err)
		}
		if failed = s.await(port, ready); failed == nil {
			t.Cleanup(func() { s.stop(t) })
			return port
		}
		s.stop(t)
	}
	t.Fatal(failed)
	return ""
}

// start starts the program from a thread that lives as long as the program does: where the system can do it, the
// program is killed with its parent, which to the system is the thread.
func (s *server) start() error {
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	killWithParent(s.cmd)
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := s.cmd.Start()
		started <- err
		if err == nil {
			s.err = s.cmd.Wait()
			close(s.ended)
		}
	}()
	return <-started
}

func (s *server) await(port string, ready func(port string) error) error {
	var err error
	for end := time.Now().Add(testTimeout); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if err = ready(port); err == nil {
			return nil
		}
		select {
		case <-s.ended:
			return fmt.Errorf("%s ends with %v: %s", s.cmd.Path, s.err, s.log.String())
		default:
		}
	}
	return fmt.Errorf("%s is not ready: %w: %s", s.cmd.Path, err, s.log.String())
}

func (s *server) stop(t *testing.T) {
	t.Helper()
	s.cmd.Process.Signal(os.Interrupt)
	select {
	case <-s.ended:
	case <-time.After(testTimeout):
		s.cmd.Process.Kill()
		<-s.ended
		t.Errorf("%s goes on after an interrupt", s.cmd.Path)
	}
	if t.Failed() {
		t.Logf("%s: %s", s.cmd.Path, s.log.String())
	}
}

// accepts is a condition of startServer: the port accepts connections.
func accepts(port string) error {
	c, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err == nil {
		c.Close()
	}
	return err
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// tool returns the path of a program of the system, which is in PATH, or matches one of the other places, and which the
// Debian package pkg contains. Where it is missing, the test is skipped, but fails under continuous integration. So is
// it on other systems than Linux, where a program of that name may be another one.
func tool(t *testing.T, name, pkg string, places ...string) string {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skipf("%s is that of Linux", name)
	}
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, place := range places {
		paths, err := filepath.Glob(filepath.Join(place, name))
		if err != nil {
			t.Fatal(err)
		}
		if len(paths) > 0 {
			return paths[len(paths)-1]
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: apt-get install %s", name, pkg)
	}
	t.Skipf("%s is missing: apt-get install %s", name, pkg)
	return ""
}

// run runs a program to its end and returns its output. The test fails if the program fails.
func run(t *testing.T, cmd *exec.Cmd) []byte {
	t.Helper()
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			out = append(out, exit.Stderr...)
		}
		t.Fatalf("%s: %v: %s", cmd, err, out)
	}
	return out
}

// folder makes a folder that every user may read: servers run as other users where the test is root's. Its path is
// short, for the names of Unix sockets.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "interop")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func writeFile(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A buffer collects output that one goroutine writes and another reads.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
