package web_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
	"github.com/moduvex/moduvex-go/tools/bench/internal/web"
)

// A side is a server or a client that runs in this process.
type side struct {
	in  io.WriteCloser
	out *bufio.Reader
	end func() error // closes in, and waits
}

func startSide(f func(in io.Reader, out io.Writer) error) *side {
	inRead, inWrite := io.Pipe()
	outRead, outWrite := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := f(inRead, outWrite)
		outWrite.CloseWithError(io.EOF)
		inRead.CloseWithError(io.ErrClosedPipe) // or a later request to it would wait
		ended <- err
	}()
	return &side{in: inWrite, out: bufio.NewReader(outRead), end: func() error {
		inWrite.Close()
		io.Copy(io.Discard, outRead)
		return <-ended
	}}
}

func (s *side) line(t *testing.T) string {
	t.Helper()
	text, err := s.out.ReadString('\n')
	if err != nil {
		t.Fatalf("%v; it has ended with: %v", err, s.end())
	}
	return strings.TrimSpace(text)
}

func (s *side) request(t *testing.T, line string, reply any) {
	t.Helper()
	if _, err := io.WriteString(s.in, line+"\n"); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(s.line(t)), reply); err != nil {
		t.Fatal(err)
	}
}

func startClient(cfg web.ClientConfig) *side {
	return startSide(func(in io.Reader, out io.Writer) error { return web.Client(cfg, in, out) })
}

// The replies of a server and a client.
type (
	hello struct {
		Addr string
		Cert []byte
	}
	usage struct {
		Requests, Resident, InUse int64
		Goroutines                int
	}
	clientReport struct {
		Requests  int
		Latencies []time.Duration
	}
)

func TestEveryServerAnswersEveryRequest(t *testing.T) {
	const conns = 100 // more than a client connects at once
	for _, c := range []spec.Case{
		{Contender: spec.NetHTTP, Workers: 2},
		{Contender: spec.Served, Workers: 1},
		{Contender: spec.ServedCo, Workers: 2},
		{Contender: spec.NetHTTP, Style: spec.TLS, Workers: 1},
		{Contender: spec.Served, Style: spec.TLS, Workers: 2},
	} {
		t.Run(c.Who(), func(t *testing.T) {
			server := startSide(func(in io.Reader, out io.Writer) error { return web.Serve(c, in, out) })
			var h hello
			if err := json.Unmarshal([]byte(server.line(t)), &h); err != nil || (h.Cert != nil) != (c.Style == spec.TLS) {
				t.Fatalf("%+v, %v", h, err)
			}
			client := startClient(web.ClientConfig{Addr: h.Addr, Cert: h.Cert, Conns: conns, From: "127.0.1.1"})
			if word := client.line(t); word != "connected" {
				t.Fatal(word)
			}
			var again, run clientReport
			if client.request(t, "again", &again); again.Requests != conns {
				t.Errorf("%+v", again)
			}
			const rounds = 3
			begin := time.Now()
			if client.request(t, fmt.Sprintf("run %d 90", rounds), &run); run.Requests != rounds*conns/2 || len(run.Latencies) != run.Requests {
				t.Errorf("%+v", run)
			}
			if took := time.Since(begin); took < 89*time.Millisecond {
				t.Errorf("requests that are due within 90 ms were made in %v", took)
			}
			var u usage
			server.request(t, fmt.Sprintf("quiet %d", conns), &u)
			if want := int64(2*conns + run.Requests); u.Requests != want || u.Resident <= 0 || u.InUse <= 0 || u.Goroutines <= 0 {
				t.Errorf("%+v, and %d requests were made", u, want)
			}
			if err := client.end(); err != nil {
				t.Error(err)
			}
			if err := server.end(); err != nil {
				t.Error(err)
			}
		})
	}
}

// rawServer replies to the first request of a connection as it should, and to the second with bad.
func rawServer(t *testing.T, bad string) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	t.Cleanup(func() {
		l.Close()
		wg.Wait()
	})
	wg.Go(func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		r := bufio.NewReader(conn)
		for _, reply := range []string{goodReply, bad} {
			if _, err := http.ReadRequest(r); err != nil {
				return
			}
			io.WriteString(conn, reply)
		}
	})
	return l.Addr().String()
}

var goodReply = reply("200 OK", "", web.Body)

func reply(status, header, body string) string {
	return fmt.Sprintf("HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s", status, header, len(body), body)
}

func TestClientFindsWhatIsWrong(t *testing.T) {
	for name, tc := range map[string]struct{ bad, want string }{
		"another body":       {reply("200 OK", "", "hello, World\n"), `with the body "hello, World\n"`},
		"a failure":          {reply("500 Internal Server Error", "", web.Body), "the reply is 500"},
		"a closing":          {reply("200 OK", "Connection: close\r\n", web.Body), "close true"},
		"bytes too many":     {goodReply + "more", "4 bytes more"},
		"half a reply":       {goodReply[:len(goodReply)-1], "unexpected EOF"},
		"no reply but a end": {"", "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			client := startClient(web.ClientConfig{Addr: rawServer(t, tc.bad), Conns: 1})
			if word := client.line(t); word != "connected" { // up to there it is a good server
				t.Fatal(word)
			}
			if _, err := io.WriteString(client.in, "again\n"); err != nil {
				t.Fatal(err)
			}
			if err := client.end(); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, and not %q", err, tc.want)
			}
		})
	}
}

// Requests on one connection that are due at once are made one after the other: pipelined, their replies would be mixed up.
func TestRequestWaitsForTheReplyToTheOneBefore(t *testing.T) {
	server := startSide(func(in io.Reader, out io.Writer) error {
		return web.Serve(spec.Case{Contender: spec.NetHTTP, Workers: 1}, in, out)
	})
	var h hello
	if err := json.Unmarshal([]byte(server.line(t)), &h); err != nil {
		t.Fatal(err)
	}
	client := startClient(web.ClientConfig{Addr: h.Addr, Conns: 1})
	if word := client.line(t); word != "connected" {
		t.Fatal(word)
	}
	const rounds = 200
	var run clientReport
	if client.request(t, fmt.Sprintf("run %d 0", rounds), &run); run.Requests != rounds {
		t.Errorf("%+v", run)
	}
	var u usage
	if server.request(t, "usage", &u); u.Requests != 1+rounds {
		t.Errorf("%+v", u)
	}
	if err := client.end(); err != nil {
		t.Error(err)
	}
	if err := server.end(); err != nil {
		t.Error(err)
	}
}

func TestUnknownCommandsAndContendersAreRefused(t *testing.T) {
	for _, line := range []string{"nonsense", "quiet many"} {
		server := startSide(func(in io.Reader, out io.Writer) error {
			return web.Serve(spec.Case{Contender: spec.Served, Workers: 1}, in, out)
		})
		server.line(t)
		io.WriteString(server.in, line+"\n")
		if err := server.end(); err == nil || !strings.Contains(err.Error(), line[:5]) {
			t.Errorf("%q: %v", line, err)
		}
	}
	if err := web.Serve(spec.Case{Contender: spec.Ants}, nil, nil); err == nil {
		t.Error("ants has served")
	}
	if _, err := web.Measure(t.Context(), spec.Case{Part: "nonsense"}, web.Commands{}); err == nil {
		t.Error("a part that is not there was measured")
	}
}

func TestClientsHaveAddressesOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for k := range 1000 {
		addr := web.ClientAddr(k)
		if ip := net.ParseIP(addr); seen[addr] || ip == nil || !ip.IsLoopback() || addr == "127.0.0.1" {
			t.Errorf("client %d has %s", k, addr)
		}
		seen[addr] = true
	}
}
