package main

import (
	"bufio"
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

func TestClientsSeeEachOther(t *testing.T) {
	program.NeedProcesses(t)
	p := program.Start(t, "-addr", "127.0.0.1:0")
	alice := enter(t, p, "alice")
	alice.expect("* here: alice")
	bob := enter(t, p, "bob")
	bob.expect("* here: alice bob")
	alice.expect("* bob joins")

	alice.send("good morning")
	bob.expect("alice: good morning")
	bob.send("") // no line for the others
	bob.send("hello")
	alice.expect("bob: hello")

	bob.send("/who")
	bob.expect("* here: alice bob")
	bob.send("/quit")
	bob.expectEnd()
	alice.expect("* bob leaves")

	// The end of a connection is one way to leave; the name is free then.
	carol := enter(t, p, "carol")
	alice.expect("* carol joins")
	carol.cmd.Process.Kill()
	alice.expect("* carol leaves")
	enter(t, p, "carol").expect("* here: alice carol")
	p.Interrupt()
	alice.expect("* carol joins")
	alice.expectUntil("* the server stops") // carol leaves, before or after
	alice.expectEnd()
	p.Wait()
}

func TestNamesThatAreRefused(t *testing.T) {
	program.NeedProcesses(t)
	p := program.Start(t, "-addr", "127.0.0.1:0")
	alice := enter(t, p, "alice")
	alice.expect("* here: alice")
	c := connect(t, p)
	for _, tc := range []struct{ name, want string }{
		{"alice", "* the name alice is taken"},
		{"", "* a name has 1 to 20 bytes"},
		{strings.Repeat("x", 21), "* a name has 1 to 20 bytes"},
		{"a b", "* a name has no blanks, colons or control characters"},
	} {
		c.expect("* your name?")
		c.send(tc.name)
		c.expect(tc.want)
	}
	c.expect("* your name?")
	c.send("bob")
	c.expect("* here: alice bob")
	c.send(strings.Repeat("x", maxLine))
	c.expect("* a line has at most 1023 bytes")
	c.expectEnd()
}

// One client takes nothing. The others get every line, and it is told afterwards how much it has missed.
func TestSlowClientHoldsUpNobody(t *testing.T) {
	program.NeedProcesses(t)
	p := program.Start(t, "-addr", "127.0.0.1:0")
	slow, err := net.Dial("tcp", p.Addr) // not nc, which always reads
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	fmt.Fprintln(slow, "slow")
	alice := enter(t, p, "alice")
	bob := enter(t, p, "bob")
	for _, c := range []*client{alice, bob} {
		c.expectUntil("* here: ")
	}
	// bob is never more than a few lines behind, so it misses none.
	text := strings.Repeat("x", maxLine-10)
	lines := bufio.NewReader(slow)
	for said := 0; ; said += backlog {
		for i := range backlog {
			alice.send(text)
			if i%(backlog/8) == 0 {
				alice.send("mark")
				bob.expectUntil("alice: mark")
			}
		}
		if said >= 12<<20/maxLine { // more than the buffers of the system can hold
			break
		}
	}
	slow.SetDeadline(time.Now().Add(program.Timeout))
	for missed := 0; missed == 0; {
		l, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("the slow client is not told what it has missed: %v", err)
		}
		fmt.Sscanf(l, "* you are too slow: you have missed %d lines", &missed)
	}
}

// A client is an nc that talks to the server.
type client struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.WriteCloser
	out chan string // its lines; closed when the connection has ended
}

// connect starts an nc.
func connect(t *testing.T, p *program.Program) *client {
	t.Helper()
	host, port, err := net.SplitHostPort(p.Addr)
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, cmd: exec.Command(program.Tool(t, "nc", "netcat-openbsd"), host, port), out: make(chan string, 1000)}
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(c.out)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			c.out <- lines.Text()
		}
	}()
	t.Cleanup(func() {
		c.cmd.Process.Kill()
		for range c.out {
		}
		c.cmd.Wait()
	})
	return c
}

// enter is connect, and says a name.
func enter(t *testing.T, p *program.Program, name string) *client {
	t.Helper()
	c := connect(t, p)
	c.expect("* your name?")
	c.send(name)
	return c
}

func (c *client) send(line string) {
	if _, err := fmt.Fprintln(c.in, line); err != nil {
		c.t.Helper()
		c.t.Fatal(err)
	}
}

// line returns the next line, and false at the end.
func (c *client) line() (string, bool) {
	c.t.Helper()
	select {
	case l, ok := <-c.out:
		return l, ok
	case <-time.After(program.Timeout):
		c.t.Fatal("no line comes")
		return "", false
	}
}

// expect fails unless the next line is want.
func (c *client) expect(want string) {
	c.t.Helper()
	if got, ok := c.line(); got != want || !ok {
		c.t.Fatalf("got %q, %v; want %q", got, ok, want)
	}
}

// expectUntil passes over lines up to one that begins with want.
func (c *client) expectUntil(want string) {
	c.t.Helper()
	for {
		l, ok := c.line()
		switch {
		case !ok:
			c.t.Fatalf("the connection has ended before %q", want)
		case strings.HasPrefix(l, "* you are too slow"):
			c.t.Fatalf("a client that reads is told %q", l)
		case strings.HasPrefix(l, want):
			return
		}
	}
}

// expectEnd fails unless the server ends the connection now. nc waits for the end of its input, too, and does not tell
// the server of that.
func (c *client) expectEnd() {
	c.t.Helper()
	c.in.Close()
	if l, ok := c.line(); ok {
		c.t.Fatalf("got %q, want the end", l)
	}
}
