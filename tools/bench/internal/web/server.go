package web

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/moduvex/moduvex-go/compat/nethttp"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/tools/bench/internal/peer"
	"github.com/moduvex/moduvex-go/tools/bench/internal/proc"
	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// A site is a server with the handler, and what it counts.
type site struct {
	requests atomic.Int64
	server   interface {
		Serve(l net.Listener) error
		ServeTLS(l net.Listener, certFile, keyFile string) error
		Close() error
	}
	parked func() int // nil if the server parks no connection
}

// Serve is the server's process.
func Serve(c spec.Case, in io.Reader, out io.Writer) (err error) {
	s := &site{}
	engine := &http.Server{Handler: s.handler()}
	switch c.Contender {
	case spec.NetHTTP:
		s.server = engine
	case spec.Served, spec.ServedCo:
		rt, err := executor.New(executor.Options{Workers: c.Workers})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rt.Close()) }()
		ours := &nethttp.Server{Runtime: rt, HTTP: engine}
		if c.Contender == spec.ServedCo {
			ours.Exchange = nethttp.Tasks
		}
		s.server, s.parked = ours, func() int { return ours.Stats().Parked }
	default:
		return fmt.Errorf("web: no server: %v", c)
	}
	var cert []byte
	if c.Style == spec.TLS {
		pair, err := newCertificate()
		if err != nil {
			return err
		}
		engine.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}}
		cert = pair.Certificate[0]
	}
	return s.serve(cert, in, out)
}

// handler is a mux with one route, as a program has it.
func (s *site) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		s.requests.Add(1)
		io.WriteString(w, body)
	})
	return mux
}

// serve serves until the end of in; with TLS if there is a certificate.
func (s *site) serve(cert []byte, in io.Reader, out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() {
		if cert != nil {
			served <- s.server.ServeTLS(l, "", "")
		} else {
			served <- s.server.Serve(l)
		}
	}()
	err = json.NewEncoder(out).Encode(hello{Addr: l.Addr().String(), Cert: cert})
	if err == nil {
		err = peer.Answer(in, out, s.answer)
	}
	err = errors.Join(err, s.server.Close())
	if e := <-served; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, fmt.Errorf("web: serve: %w", e))
	}
	return err
}

func (s *site) answer(line string) (any, error) {
	if line == "usage" {
		return s.usage(), nil
	}
	if n, ok := strings.CutPrefix(line, "quiet "); ok {
		conns, err := strconv.Atoi(n)
		if err != nil {
			return nil, fmt.Errorf("web: quiet: %w", err)
		}
		return s.quiet(conns)
	}
	return nil, fmt.Errorf("web: the server got an unknown command %q", line)
}

func (s *site) usage() usage {
	return usage{CPUNs: int64(proc.CPU()), Requests: s.requests.Load(), Goroutines: runtime.NumGoroutine()}
}
