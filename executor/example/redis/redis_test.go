package main

import (
	"fmt"
	"io"
	"net"
	"os/exec"
	"strconv"
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

// What redis-cli prints is what it prints with Redis.
func TestCommandsByRedisCli(t *testing.T) {
	program.NeedProcesses(t)
	cli := program.Tool(t, "redis-cli", "redis-tools")
	for _, workers := range []int{1, 3} {
		p := program.Start(t, "-addr", "127.0.0.1:0", "-workers", strconv.Itoa(workers))
		_, port, err := net.SplitHostPort(p.Addr)
		if err != nil {
			t.Fatal(err)
		}
		var input, want strings.Builder
		for _, tc := range script {
			fmt.Fprintln(&input, tc[0])
			fmt.Fprintln(&want, tc[1])
		}
		cmd := exec.Command(cli, "-p", port, "--no-raw")
		cmd.Stdin = strings.NewReader(input.String())
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("redis-cli: %v: %s", err, out)
		}
		got, lines := strings.Split(string(out), "\n"), strings.Split(want.String(), "\n")
		for i := range max(len(got), len(lines)) {
			if i >= len(got) || i >= len(lines) || got[i] != lines[i] {
				t.Errorf("%d workers: line %d differs:\nhave %q\nwant %q", workers, i+1, got[min(i, len(got)):], lines[min(i, len(lines)):])
				break
			}
		}
		p.Stop()
	}
}

// script is commands and replies.
var script = [][2]string{
	{"PING", "PONG"},
	{"ping hello", `"hello"`},
	{"ECHO 'a b'", `"a b"`},
	{"GET a", "(nil)"},
	{"SET a 1", "OK"},
	{"GET a", `"1"`},
	{"SET a 2 NX", "(nil)"},
	{"SET a 3 XX", "OK"},
	{"SET nothing 3 XX", "(nil)"},
	{"SET a 3 NX XX", "(error) ERR syntax error"},
	{"SET a 3 EX", "(error) ERR syntax error"},
	{"SET a 3 EX x", "(error) ERR value is not an integer or out of range"},
	{"SET a 3 EX 0", "(error) ERR invalid expire time in 'set' command"},
	{"SET a 3 EX 9223372036854775807", "(error) ERR invalid expire time in 'set' command"},
	{"INCR a", "(integer) 4"},
	{"DECR a", "(integer) 3"},
	{"INCRBY a -13", "(integer) -10"},
	{"INCRBY a x", "(error) ERR value is not an integer or out of range"},
	{"SET b text", "OK"},
	{"INCR b", "(error) ERR value is not an integer or out of range"},
	{"SET big 9223372036854775807", "OK"},
	{"INCR big", "(error) ERR increment or decrement would overflow"},
	{"MSET k1 v1 k2 v2 k3 v3", "OK"},
	{"MGET k1 k2 none k3", "1) \"v1\"\n2) \"v2\"\n3) (nil)\n4) \"v3\""},
	{"MSET k1", "(error) ERR wrong number of arguments for 'mset' command"},
	{"MSET k1 v1 k2", "(error) ERR wrong number of arguments for 'mset' command"},
	{"EXISTS k1 k2 k1 none", "(integer) 3"},
	{"DBSIZE", "(integer) 6"},
	{"TTL k1", "(integer) -1"},
	{"TTL none", "(integer) -2"},
	{"EXPIRE k1 1000", "(integer) 1"},
	{"EXPIRE none 1000", "(integer) 0"},
	{"TTL k1", "(integer) 1000"},
	{"SET k1 new KEEPTTL", "OK"},
	{"TTL k1", "(integer) 1000"},
	{"PERSIST k1", "(integer) 1"},
	{"PERSIST k1", "(integer) 0"},
	{"TTL k1", "(integer) -1"},
	{"SET k1 new EX 500", "OK"},
	{"TTL k1", "(integer) 500"},
	{"SET k1 newer", "OK"},
	{"TTL k1", "(integer) -1"},
	{"EXPIRE k1 -1", "(integer) 1"},
	{"GET k1", "(nil)"},
	{"DEL k1 k2 k3", "(integer) 2"},
	{"GET", "(error) ERR wrong number of arguments for 'get' command"},
	{"NOPE x y", "(error) ERR unknown command 'NOPE', with args beginning with: 'x' 'y' "},
	{"FLUSHALL", "OK"},
	{"DBSIZE", "(integer) 0"},
}

// A key is removed when its time is over, whether or not a client reads it.
func TestExpiry(t *testing.T) {
	program.NeedProcesses(t)
	p := program.Start(t, "-addr", "127.0.0.1:0")
	if got := talk(t, p, "SET a 1 PX 1\r\nSET b 1\r\n"); got != "+OK\r\n+OK\r\n" {
		t.Fatalf("got %q", got)
	}
	for _, tc := range []struct{ ask, want string }{{"GET a\r\n", "$-1\r\n"}, {"DBSIZE\r\n", ":1\r\n"}} {
		got := ""
		for end := time.Now().Add(program.Timeout); got != tc.want && time.Now().Before(end); time.Sleep(time.Millisecond) {
			got = talk(t, p, tc.ask)
		}
		if got != tc.want {
			t.Errorf("%q: %q", tc.ask, got)
		}
	}
	p.Stop()
}

func TestSweepRemovesWhatHasExpired(t *testing.T) {
	s := newStore()
	for i := range 10 {
		key := []byte(strconv.Itoa(i))
		s.set(key, "v")
		if i%2 == 0 {
			s.expire(key, time.Duration(1+i)*time.Second)
		}
	}
	s.now = 5 * time.Second
	s.sweep(10)
	if len(s.values) != 7 || len(s.expiries) != 2 {
		t.Errorf("%d values and %d expiries are left, not 7 and 2", len(s.values), len(s.expiries))
	}
}

// Replies come in the order of the commands, whichever worker makes them, and all before an error of the protocol.
func TestPipeline(t *testing.T) {
	program.NeedProcesses(t)
	p := program.Start(t, "-addr", "127.0.0.1:0", "-workers", "3")
	var ask, want strings.Builder
	for i := range 5 * maxBatch {
		fmt.Fprintf(&ask, "*3\r\n$3\r\nSET\r\n$6\r\nk%05d\r\n$5\r\n%05d\r\nINCR sum\r\nGET k%05d\r\n", i, i, i)
		fmt.Fprintf(&want, "+OK\r\n:%d\r\n$5\r\n%05d\r\n", i+1, i)
	}
	ask.WriteString("*1\r\nPING\r\nPING\r\n")
	want.WriteString("-ERR Protocol error: expected '$', got 'P'\r\n")
	if got := talk(t, p, ask.String()); got != want.String() {
		t.Errorf("%d bytes come back, not %d: they end with %q", len(got), want.Len(), got[max(0, len(got)-200):])
	}
	if got := talk(t, p, "PING\r\nQUIT\r\nPING\r\n"); got != "+PONG\r\n+OK\r\n" {
		t.Errorf("QUIT does not end the connection: %q", got)
	}
	p.Stop()
}

func TestRedisBenchmark(t *testing.T) {
	program.NeedProcesses(t)
	benchmark := program.Tool(t, "redis-benchmark", "redis-tools")
	for _, tc := range []struct{ workers, pipeline string }{{"1", "1"}, {"2", "16"}} {
		p := program.Start(t, "-addr", "127.0.0.1:0", "-workers", tc.workers)
		_, port, err := net.SplitHostPort(p.Addr)
		if err != nil {
			t.Fatal(err)
		}
		// -e shows errors that the server replies.
		cmd := exec.Command(benchmark, "-p", port, "-n", "2000", "-c", "20", "-r", "1000", "-P", tc.pipeline,
			"-t", "ping,set,get,incr,mset", "-e", "--csv")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("redis-benchmark: %v: %s", err, out)
		}
		for _, test := range []string{"PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "MSET"} {
			if !strings.Contains(string(out), `"`+test) {
				t.Errorf("%s did not run: %s", test, out)
			}
		}
		if strings.Contains(string(out), "rror from server") {
			t.Errorf("the server replies with errors: %s", out)
		}
		p.Stop()
	}
}

// talk sends a text, ends it, and returns all that comes back.
func talk(t *testing.T, p *program.Program, text string) string {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(program.Timeout))
	go func() {
		io.WriteString(c, text) // fails if the server ends the connection first
		c.(*net.TCPConn).CloseWrite()
	}()
	got, err := io.ReadAll(c)
	if err != nil && len(got) == 0 {
		t.Fatal(err)
	}
	return string(got)
}
