package echo_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/moduvex/moduvex-go/tools/bench/internal/echo"
	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// A peer is a server or a load that runs in this process.
type peer struct {
	in  io.WriteCloser
	out *bufio.Reader
	end func() error // closes in, and waits
}

func startPeer(f func(in io.Reader, out io.Writer) error) *peer {
	inRead, inWrite := io.Pipe()
	outRead, outWrite := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := f(inRead, outWrite)
		outWrite.CloseWithError(io.EOF)
		inRead.CloseWithError(io.ErrClosedPipe) // or a later request to it would wait
		ended <- err
	}()
	return &peer{in: inWrite, out: bufio.NewReader(outRead), end: func() error {
		inWrite.Close()
		io.Copy(io.Discard, outRead)
		return <-ended
	}}
}

func (p *peer) line(t *testing.T) string {
	t.Helper()
	text, err := p.out.ReadString('\n')
	if err != nil {
		t.Fatalf("%v; it has ended with: %v", err, p.end())
	}
	return strings.TrimSpace(text)
}

func (p *peer) request(t *testing.T, line string, reply any) {
	t.Helper()
	if _, err := io.WriteString(p.in, line+"\n"); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(p.line(t)), reply); err != nil {
		t.Fatal(err)
	}
}

func startLoad(addr string, conns int, noRing bool) *peer {
	return startPeer(func(in io.Reader, out io.Writer) error {
		return echo.Load(echo.LoadConfig{Addr: addr, Conns: conns, NoRing: noRing}, in, out)
	})
}

// eachLoad runs f for the load with io_uring, which is the other if the system has none, and for that without.
func eachLoad(t *testing.T, f func(t *testing.T, noRing bool)) {
	t.Run("ring", func(t *testing.T) { f(t, false) })
	t.Run("no ring", func(t *testing.T) { f(t, true) })
}

// Those whose goroutines can end; netpoll is in package harness's tests, in a process of its own.
func TestEveryServerAnswersEveryRequest(t *testing.T) {
	for _, c := range []spec.Case{
		{Contender: spec.RawGo, Workers: 1},
		{Contender: spec.Goroutines, Workers: 2},
		{Contender: spec.Moduvex, Style: spec.Poll, Workers: 1},
		{Contender: spec.Moduvex, Style: spec.Direct, Workers: 1},
		{Contender: spec.Moduvex, Style: spec.Poll, Workers: 2, Mode: spec.Core},
		{Contender: spec.Moduvex, Style: spec.Direct, Workers: 2, Mode: spec.Steal},
		{Contender: spec.Free, Workers: 1},
		{Contender: spec.Free, Workers: 2, Mode: spec.Steal},
	} {
		t.Run(c.Who(), func(t *testing.T) {
			eachLoad(t, func(t *testing.T, noRing bool) {
				server := startPeer(func(in io.Reader, out io.Writer) error { return echo.Serve(c, in, out) })
				addr := server.line(t)
				load := startLoad(addr, 150, noRing) // more than the load connects at once
				if word := load.line(t); word != "connected" {
					t.Fatal(word)
				}
				for _, n := range []int{1000, 10, 1} { // also fewer than there are connections
					var r echo.LoadReport
					load.request(t, "run "+itoa(n), &r)
					if r.Requests != n || r.P50 <= 0 || r.P50 > r.P99 || r.P99 > r.P999 || r.Wall <= 0 {
						t.Errorf("%d: %+v", n, r)
					}
				}
				var u struct{ CPUNs, Resident int64 }
				server.request(t, "memory", &u)
				if u.CPUNs <= 0 || u.Resident <= 0 {
					t.Errorf("%+v", u)
				}
				if err := load.end(); err != nil {
					t.Error(err)
				}
				if err := server.end(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

// badServer treats what it has received with spoil before it sends it back.
func badServer(t *testing.T, spoil func(request int, b []byte) []byte) string {
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
		b := make([]byte, echo.MessageSize)
		for request := 1; ; request++ {
			if _, err := io.ReadFull(conn, b); err != nil {
				return
			}
			if out := spoil(request, b); out == nil {
				return
			} else if _, err := conn.Write(out); err != nil {
				return
			}
		}
	})
	return l.Addr().String()
}

func TestLoadFindsWhatIsWrong(t *testing.T) {
	const at = 500 // the request that is spoilt
	for name, tc := range map[string]struct {
		spoil func(b []byte) []byte
		want  string
	}{
		"a byte that is not the same": {func(b []byte) []byte { b[63] ^= 1; return b }, "byte 63 of request 500 came back as"},
		"bytes of another request":    {func(b []byte) []byte { return make([]byte, len(b)) }, " of request 500 came back as 0x0"},
		"bytes without a request":     {func(b []byte) []byte { return append(b[:len(b):len(b)], 7) }, "without a request after those of request 500"},
		"an end in the middle":        {func(b []byte) []byte { return nil }, "unexpected EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			eachLoad(t, func(t *testing.T, noRing bool) {
				addr := badServer(t, func(request int, b []byte) []byte {
					if request == at {
						return tc.spoil(b)
					}
					return b
				})
				load := startLoad(addr, 1, noRing)
				if word := load.line(t); word != "connected" {
					t.Fatal(word)
				}
				var r echo.LoadReport
				load.request(t, "run 400", &r) // up to there it is a good server
				if r.Requests != 400 {
					t.Errorf("%+v", r)
				}
				if _, err := io.WriteString(load.in, "run 400\n"); err != nil {
					t.Fatal(err)
				}
				if err := load.end(); err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("%v, and not %q", err, tc.want)
				}
			})
		})
	}
}

// Two connections, of which the server answers one only when the other has had nearly all requests.
func TestLoadFindsAConnectionThatStarves(t *testing.T) {
	const requests, fair = 400, 390
	eachLoad(t, func(t *testing.T, noRing bool) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		nearlyAll := make(chan struct{})
		for k := range 2 {
			wg.Go(func() {
				conn, err := l.Accept()
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				b := make([]byte, echo.MessageSize)
				for request := 0; ; request++ { // the first is that of connecting
					if _, err := io.ReadFull(conn, b); err != nil {
						return
					}
					if k == 0 && request == fair {
						close(nearlyAll)
					}
					if k == 1 && request > 0 {
						<-nearlyAll
					}
					if _, err := conn.Write(b); err != nil {
						return
					}
				}
			})
		}
		load := startLoad(l.Addr().String(), 2, noRing)
		if word := load.line(t); word != "connected" {
			t.Fatal(word)
		}
		if _, err := io.WriteString(load.in, "run "+itoa(requests)+"\n"); err != nil {
			t.Fatal(err)
		}
		if err := load.end(); err == nil || !strings.Contains(err.Error(), "and the mean is 200") {
			t.Error(err)
		}
		l.Close()
		wg.Wait()
	})
}

// A reply that comes byte by byte is one reply.
func TestLoadPutsRepliesTogether(t *testing.T) {
	eachLoad(t, func(t *testing.T, noRing bool) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		var wg sync.WaitGroup
		defer wg.Wait()
		wg.Go(func() {
			conn, err := l.Accept()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			for b := make([]byte, 1); ; {
				if _, err := conn.Read(b); err != nil {
					return
				}
				if _, err := conn.Write(b); err != nil {
					return
				}
			}
		})
		load := startLoad(l.Addr().String(), 1, noRing)
		if word := load.line(t); word != "connected" {
			t.Fatal(word)
		}
		var r echo.LoadReport
		if load.request(t, "run 20", &r); r.Requests != 20 {
			t.Errorf("%+v", r)
		}
		if err := load.end(); err != nil {
			t.Error(err)
		}
	})
}

func TestLoadSaysThatNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	if err := startLoad(addr, 1, false).end(); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Error(err)
	}
}

func TestServerRefusesWhatItDoesNotKnow(t *testing.T) {
	server := startPeer(func(in io.Reader, out io.Writer) error {
		return echo.Serve(spec.Case{Contender: spec.Goroutines, Workers: 1}, in, out)
	})
	server.line(t)
	io.WriteString(server.in, "nonsense\n")
	if err := server.end(); err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Error(err)
	}
	if err := echo.Serve(spec.Case{Contender: spec.Ants}, nil, nil); err == nil {
		t.Error("ants has served")
	}
}
