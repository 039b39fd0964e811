package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/executor/example/internal/program"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if program.IsChild() {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

func TestCurlGetsWhatNginxHas(t *testing.T) {
	program.NeedProcesses(t)
	curl := program.Tool(t, "curl", "curl")
	files := map[string][]byte{"small": []byte("hello\n"), "large": bytes.Repeat([]byte("0123456789abcdef"), 1<<18)}
	p := program.Start(t, "-addr", "127.0.0.1:0", "-to", startNginx(t, files))
	for name, want := range files {
		got, err := exec.Command(curl, "--silent", "--show-error", "--fail", "http://"+p.Addr+"/"+name).Output()
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: curl gets %d bytes, %v; nginx has %d", name, len(got), err, len(want))
		}
	}
	// Requests that follow each other on one connection.
	got, err := exec.Command(curl, "--silent", "http://"+p.Addr+"/small", "http://"+p.Addr+"/small").Output()
	if string(got) != "hello\nhello\n" || err != nil {
		t.Errorf("curl gets %q, %v", got, err)
	}
	p.Stop()
}

func TestWrkSeesNoError(t *testing.T) {
	program.NeedProcesses(t)
	wrk := program.Tool(t, "wrk", "wrk")
	p := program.Start(t, "-addr", "127.0.0.1:0", "-to", startNginx(t, map[string][]byte{"small": []byte("hello\n")}))
	out, err := exec.Command(wrk, "-t1", "-c50", "-d1s", "http://"+p.Addr+"/small").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	requests := regexp.MustCompile(`([0-9]+) requests in`).FindSubmatch(out)
	if requests == nil || string(requests[1]) == "0" {
		t.Errorf("no request has succeeded: %s", out)
	}
	if bytes.Contains(out, []byte("Socket errors")) || bytes.Contains(out, []byte("Non-2xx")) {
		t.Errorf("requests failed: %s", out)
	}
	p.Stop()
}

// The backend replies once the client has ended its request, which nc does with -N.
func TestHalfClose(t *testing.T) {
	program.NeedProcesses(t)
	nc := program.Tool(t, "nc", "netcat-openbsd")
	backend := startBackend(t, func(c net.Conn) {
		request, err := io.ReadAll(c)
		fmt.Fprintf(c, "%d bytes, %v\n", len(request), err)
	})
	p := program.Start(t, "-addr", "127.0.0.1:0", "-to", backend)
	host, port, err := net.SplitHostPort(p.Addr)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(nc, "-N", host, port)
	cmd.Stdin = strings.NewReader(strings.Repeat("x", 1_000_000))
	if got, err := cmd.Output(); string(got) != "1000000 bytes, <nil>\n" || err != nil {
		t.Errorf("nc gets %q, %v", got, err)
	}
	p.Stop()
}

func TestLimitIsRefusedClearly(t *testing.T) {
	program.NeedProcesses(t)
	curl := program.Tool(t, "curl", "curl")
	backend := startBackend(t, func(c net.Conn) {
		if _, err := bufio.NewReader(c).ReadString('\n'); err == nil {
			fmt.Fprint(c, "HTTP/1.0 200 OK\r\n\r\nhello\n")
		}
	})
	p := program.Start(t, "-addr", "127.0.0.1:0", "-to", backend, "-max", "1")
	first, err := net.Dial("tcp", p.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()

	get := func() (string, error) {
		out, err := exec.Command(curl, "--silent", "--show-error", "http://"+p.Addr+"/").CombinedOutput()
		return string(out), err
	}
	// The first connection may not have its permit yet: then curl gets it, and gives it back.
	out, err := get()
	for end := time.Now().Add(program.Timeout); err == nil && time.Now().Before(end); {
		out, err = get()
	}
	// A reset that comes early looks to curl like a port that refuses.
	if !strings.Contains(out, "reset by peer") && !strings.Contains(out, "Couldn't connect") {
		t.Errorf("one connection too many: curl says %q, %v", out, err)
	}

	// It is served as soon as there is room.
	first.Close()
	for end := time.Now().Add(program.Timeout); err != nil && time.Now().Before(end); {
		out, err = get()
	}
	if out != "hello\n" {
		t.Errorf("the limit is not given back: %q, %v", out, err)
	}
	if log := p.Stop(); !strings.Contains(log, errFull.Error()) {
		t.Errorf("the log does not say why: %s", log)
	}
}

func TestSilentConnectionIsClosed(t *testing.T) {
	program.NeedProcesses(t)
	nc := program.Tool(t, "nc", "netcat-openbsd")
	backendEnded := make(chan error, 1)
	backend := startBackend(t, func(c net.Conn) {
		fmt.Fprintln(c, "hello")
		_, err := c.Read(make([]byte, 1))
		backendEnded <- err
	})
	p := program.Start(t, "-addr", "127.0.0.1:0", "-to", backend, "-idle", "100ms")
	host, port, err := net.SplitHostPort(p.Addr)
	if err != nil {
		t.Fatal(err)
	}
	got, err := exec.Command(nc, "-d", host, port).Output() // -d: it sends nothing, and does not end
	if string(got) != "hello\n" || err != nil {
		t.Errorf("nc gets %q, %v", got, err)
	}
	if err := <-backendEnded; err != io.EOF {
		t.Errorf("the backend's connection ends with %v", err)
	}
	if log := p.Stop(); !strings.Contains(log, errIdle.Error()) {
		t.Errorf("the log does not say why: %s", log)
	}
}

func TestBackendThatRefuses(t *testing.T) {
	program.NeedProcesses(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	l.Close()
	p := program.Start(t, "-addr", "127.0.0.1:0", "-to", closed)
	c, err := net.Dial("tcp", p.Addr)
	if err == nil { // else the reset has come before Dial has looked at the connection
		defer c.Close()
		c.SetDeadline(time.Now().Add(program.Timeout))
		_, err = c.Read(make([]byte, 1))
	}
	if err == nil || err == io.EOF || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a client without a backend gets %v, not a reset", err)
	}
	if log := p.Stop(); !strings.Contains(log, "connection refused") {
		t.Errorf("the log does not say why: %s", log)
	}
}

func TestProxyWithoutBackend(t *testing.T) {
	if err := new(proxy).run("127.0.0.1:0", 0); err == nil || !strings.Contains(err.Error(), "-to") {
		t.Errorf("no backend: %v", err)
	}
}

// startBackend serves each connection with f, and returns the address.
func startBackend(t *testing.T, f func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				f(c)
			}()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return l.Addr().String()
}

// startNginx serves files over HTTP, and returns the address.
func startNginx(t *testing.T, files map[string][]byte) string {
	t.Helper()
	nginx := program.Tool(t, "nginx", "nginx-light")
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil { // its workers are another user's where the test is root's
		t.Fatal(err)
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close() // somebody may take the port before nginx does: then nginx fails, and the test too
	config := strings.NewReplacer("DIR", dir, "ADDR", addr).Replace(`
		daemon off; master_process off; pid DIR/pid; error_log DIR/error.log;
		events { worker_connections 1000; }
		http {
			access_log off; keepalive_requests 1000000;
			client_body_temp_path DIR/t1; proxy_temp_path DIR/t2; fastcgi_temp_path DIR/t3; uwsgi_temp_path DIR/t4;
			scgi_temp_path DIR/t5;
			server { listen ADDR; root DIR; }
		}`)
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(nginx, "-p", dir, "-e", filepath.Join(dir, "error.log"), "-c", filepath.Join(dir, "nginx.conf"))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-ended
	})
	for end := time.Now().Add(program.Timeout); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
			return addr
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("nginx ends with %v: %s", err, &out)
		default:
		}
		if time.Now().After(end) {
			t.Fatalf("nginx does not listen: %v", err)
		}
	}
}
