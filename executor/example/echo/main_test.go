package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os/exec"
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

func TestEchoesWhatNcSends(t *testing.T) {
	program.NeedProcesses(t)
	nc := program.Tool(t, "nc", "netcat-openbsd")
	p := program.Start(t, "-addr", "127.0.0.1:0")
	host, port, err := net.SplitHostPort(p.Addr)
	if err != nil {
		t.Fatal(err)
	}
	sent := bytes.Repeat([]byte("hello, echo\n"), 100_000)
	cmd := exec.Command(nc, "-N", host, port) // -N: the end of the input ends the writing half
	cmd.Stdin = bytes.NewReader(sent)
	got, err := cmd.Output()
	if err != nil || !bytes.Equal(got, sent) {
		t.Errorf("nc sends %d bytes and gets %d, %v", len(sent), len(got), err)
	}
	p.Stop()
}

// A connection that waits for its next request ends when the server stops, long before the grace is over.
func TestStopEndsIdleConnection(t *testing.T) {
	program.NeedProcesses(t)
	p := program.Start(t, "-addr", "127.0.0.1:0")
	c, err := net.Dial("tcp", p.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(program.Timeout))
	fmt.Fprintln(c, "one")
	r := bufio.NewReader(c)
	if line, err := r.ReadString('\n'); line != "one\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	p.Stop() // fails if the connection had to be aborted
	if rest, err := io.ReadAll(r); len(rest) != 0 || err != nil {
		t.Errorf("the connection ends with %q, %v", rest, err)
	}
}

func TestErrorsOfServe(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, addr := range []string{"nowhere", l.Addr().String()} {
		if err := serve(addr); err == nil || !strings.Contains(err.Error(), "listen tcp") {
			t.Errorf("serve(%q) returns %v", addr, err)
		}
	}
}
