package web

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moduvex/moduvex-go/tools/bench/internal/peer"
	"github.com/moduvex/moduvex-go/tools/bench/internal/proc"
)

const (
	// dialers is how many connections a client makes at once: fewer than any backlog.
	dialers = 32
	// replyTimeout is how long a client waits for a reply. It only ends a run that hangs.
	replyTimeout = 60 * time.Second
	// request is what a client sends.
	request = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
)

// A client is connections that are kept alive.
type client struct {
	dialer net.Dialer
	addr   string
	tls    *tls.Config // nil without TLS
	conns  []clientConn
}

type clientConn struct {
	tcp  *net.TCPConn // nil until it is connected
	conn net.Conn     // tcp, or TLS over it
	mu   sync.Mutex   // held while a request is in flight
}

// Client is a client's process.
func Client(cfg ClientConfig, in io.Reader, out io.Writer) error {
	c := &client{addr: cfg.Addr, conns: make([]clientConn, cfg.Conns)}
	if cfg.From != "" {
		c.dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(cfg.From)}
	}
	if cfg.Cert != nil {
		var err error
		if c.tls, err = clientTLS(cfg.Cert); err != nil {
			return fmt.Errorf("web: client: %w", err)
		}
	}
	if err := proc.NeedFiles(cfg.Conns + spareFiles); err != nil {
		return err
	}
	defer c.close()
	if err := c.each(c.dial); err != nil {
		return fmt.Errorf("web: client: %w", err)
	}
	if _, err := fmt.Fprintln(out, "connected"); err != nil {
		return err
	}
	return peer.Answer(in, out, func(line string) (r any, err error) {
		var rounds, spanMs int
		if line == "again" {
			r, err = clientReport{Requests: len(c.conns)}, c.each(c.exchange)
		} else if _, err = fmt.Sscanf(line, "run %d %d", &rounds, &spanMs); err == nil {
			r, err = c.run(rounds, time.Duration(spanMs)*time.Millisecond)
		}
		if err != nil {
			return nil, fmt.Errorf("web: client: %s: %w", line, err)
		}
		return r, nil
	})
}

// each calls f for each connection, a few at a time, until one fails.
func (c *client) each(f func(i int) error) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, dialers)
	for k := range errs {
		wg.Go(func() {
			for errs[k] == nil {
				i := int(next.Add(1)) - 1
				if i >= len(c.conns) {
					return
				}
				if err := f(i); err != nil {
					errs[k] = fmt.Errorf("connection %d: %w", i, err)
					next.Store(int64(len(c.conns)))
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// dial makes connection i, and the first request on it.
func (c *client) dial(i int) error {
	conn, err := c.dialer.Dial("tcp", c.addr)
	if err != nil {
		return err
	}
	t := conn.(*net.TCPConn)
	c.conns[i].tcp, c.conns[i].conn = t, t
	// Closing resets: thousands of connections that linger would be in the way of the next measurement.
	if err := t.SetLinger(0); err != nil {
		return err
	}
	if c.tls != nil {
		c.conns[i].conn = tls.Client(t, c.tls)
	}
	return c.exchange(i)
}

func (c *client) close() {
	for i := range c.conns {
		if t := c.conns[i].tcp; t != nil {
			t.Close()
		}
	}
}

// exchange makes a request on connection i, and checks the reply and that the connection is kept. It waits for the reply to
// the request before, so that requests are not pipelined.
func (c *client) exchange(i int) error {
	cc := &c.conns[i]
	cc.mu.Lock()
	defer cc.mu.Unlock()
	if err := cc.conn.SetDeadline(time.Now().Add(replyTimeout)); err != nil {
		return err
	}
	if _, err := io.WriteString(cc.conn, request); err != nil {
		return err
	}
	return checkReply(bufio.NewReaderSize(cc.conn, 512))
}

func checkReply(r *bufio.Reader) error {
	resp, err := http.ReadResponse(r, nil)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK || string(text) != body {
		return fmt.Errorf("the reply is %s with the body %q", resp.Status, text)
	}
	if resp.Close || r.Buffered() > 0 {
		return fmt.Errorf("after the reply the connection is not idle: close %v, %d bytes more", resp.Close, r.Buffered())
	}
	return nil
}

// run makes so many rounds of requests on every second connection: the requests are due one after the other, evenly over
// span, so that a connection has span/rounds from one to the next.
func (c *client) run(rounds int, span time.Duration) (clientReport, error) {
	active := max(1, len(c.conns)/2)
	late, errs := make([]time.Duration, active*rounds), make([]error, active*rounds)
	var wg sync.WaitGroup
	begin := time.Now()
	for k := range late {
		i := min(k%active*2, len(c.conns)-1)
		due := span * time.Duration(k) / time.Duration(len(late))
		time.Sleep(due - time.Since(begin))
		wg.Go(func() {
			if errs[k] = c.exchange(i); errs[k] != nil {
				errs[k] = fmt.Errorf("connection %d: %w", i, errs[k])
			}
			late[k] = time.Since(begin) - due
		})
	}
	wg.Wait()
	return clientReport{Requests: len(late), Latencies: late}, errors.Join(errs...)
}
