package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A clientReport is what the client has seen.
type clientReport struct {
	Bytes  int64  // that came back right
	Wrong  int64  // that did not
	Rate   int64  // requests per second
	Cut    int64  // connections that the server ended
	Failed string // the first thing that should not have happened
}

// A clientProcess is the client as the server sees it: lines go to it and come from it.
type clientProcess struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	once sync.Once
}

func startClient(c demoConfig) (*clientProcess, error) {
	cmd, err := c.command("client")
	if err != nil {
		return nil, err
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &clientProcess{cmd: cmd, in: in, out: bufio.NewReader(out)}, cmd.Start()
}

func (p *clientProcess) say(line string) error {
	_, err := fmt.Fprintln(p.in, line)
	return err
}

func (p *clientProcess) hear(want string) error {
	line, err := p.out.ReadString('\n')
	if err != nil {
		return fmt.Errorf("the client is gone: %w", err)
	}
	if line = strings.TrimSpace(line); line != want {
		return fmt.Errorf("the client says %q", line)
	}
	return nil
}

func (p *clientProcess) report(r *clientReport) error { return json.NewDecoder(p.out).Decode(r) }

// stop ends the client, if need be, and waits for it.
func (p *clientProcess) stop() {
	p.once.Do(func() {
		p.in.Close() // which makes it exit, if nothing else does
		p.cmd.Wait()
	})
}

// runDemoClient is the client's process.
func runDemoClient(c demoConfig) error {
	in := bufio.NewReader(os.Stdin)
	wait := func(word string) error {
		if line, err := in.ReadString('\n'); err != nil || strings.TrimSpace(line) != word {
			return fmt.Errorf("waited for %q, got %q, %v", word, line, err)
		}
		return nil
	}
	if err := wait("connect"); err != nil {
		return err
	}
	l := load{config: c}
	if err := l.connect(); err != nil {
		return err
	}
	fmt.Println("connected")
	if err := wait("go"); err != nil {
		return err
	}
	r, err := l.run(func() error { return wait("aborted") })
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

// A load is the client's connections and what it counts.
type load struct {
	config   demoConfig
	conns    []net.Conn
	over     atomic.Bool
	requests atomic.Int64
	bytes    atomic.Int64
	wrong    atomic.Int64
	cut      atomic.Int64
	failed   atomic.Pointer[error]
}

// dialers is how many connect at a time.
const dialers = 64

func (l *load) connect() error {
	l.conns = make([]net.Conn, l.config.Conns)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range dialers {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(l.conns)); i = next.Add(1) - 1 {
				var err error
				if l.conns[i], err = net.Dial("tcp", l.config.Addr); err != nil {
					l.failed.CompareAndSwap(nil, &err)
					return
				}
			}
		})
	}
	wg.Wait()
	if err := l.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// run keeps all connections busy for the time given, and until the server has aborted those that it will, and
// closes them.
func (l *load) run(aborted func() error) (clientReport, error) {
	var wg sync.WaitGroup
	for i, c := range l.conns {
		wg.Go(func() { l.talk(uint64(i), c) })
	}
	begin := time.Now()
	time.Sleep(l.config.Time)
	rate := float64(l.requests.Load()) / time.Since(begin).Seconds()
	err := aborted()
	l.over.Store(true)
	wg.Wait()

	r := clientReport{Bytes: l.bytes.Load(), Wrong: l.wrong.Load(), Rate: int64(rate), Cut: l.cut.Load()}
	if err := l.failed.Load(); err != nil {
		r.Failed = (*err).Error()
	}
	return r, err
}

// talk sends messages that no other connection sends, and compares what comes back. It sends one when all is over,
// and so sees the abort of a connection.
func (l *load) talk(id uint64, c net.Conn) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(l.config.Time + 20*time.Second))
	var msg, reply [64]byte
	for seq, last := uint64(0), false; !last; seq++ {
		last = l.over.Load()
		for i := 0; i < len(msg); i += 16 {
			binary.BigEndian.PutUint64(msg[i:], id)
			binary.BigEndian.PutUint64(msg[i+8:], seq+uint64(i))
		}
		_, err := c.Write(msg[:])
		n := 0
		if err == nil {
			n, err = io.ReadFull(c, reply[:])
		}
		for i := range n {
			if reply[i] == msg[i] {
				l.bytes.Add(1)
			} else {
				l.wrong.Add(1)
			}
		}
		if err != nil {
			l.ended(err)
			return
		}
		l.requests.Add(1)
	}
}

// ended counts a connection that the server has ended.
func (l *load) ended(err error) {
	switch {
	case err == io.EOF, err == io.ErrUnexpectedEOF, errors.Is(err, connReset), errors.Is(err, connAborted):
		l.cut.Add(1)
	default:
		l.failed.CompareAndSwap(nil, &err)
	}
}
