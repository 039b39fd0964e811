package main

import (
	"errors"
	"log/slog"
	"time"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/lock"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

// A proxy is what its connections share. Nothing of it changes but the semaphore, which tasks of all workers may use.
type proxy struct {
	backend string
	dialer  tcp.Dialer
	idle    time.Duration
	slots   *lock.Semaphore // a permit for each connection
	log     *slog.Logger
}

var errFull = errors.New("the limit of connections is reached")

// serve is the task of a connection. The listener closes client when serve returns.
func (p *proxy) serve(co *coro.Co, client *tcp.Stream) {
	sent, received, err := p.forward(co, client)
	log := p.log.With("client", client.RemoteAddr().String(), "sent", sent, "received", received)
	if err != nil {
		log.Warn("the connection failed", "err", err)
		return
	}
	log.Info("the connection is over")
}

// forward connects to the backend and copies until both sides have ended. It returns the bytes that the client has sent
// and received.
func (p *proxy) forward(co *coro.Co, client *tcp.Stream) (sent, received int64, err error) {
	// Not Acquire, which would wait: a client that cannot be served is to know at once.
	if !p.slots.TryAcquire(1) {
		return 0, 0, refuse(client, errFull)
	}
	defer p.slots.Release(1)
	backend, err := p.dialer.Dial(co, "tcp", p.backend)
	if err != nil {
		return 0, 0, refuse(client, err)
	}
	defer backend.Close()
	received, sent, err = copyUntilIdle(co, client, backend, p.idle)
	return sent, received, err
}

// refuse makes the close of the connection a reset, which the client cannot take for an empty reply, and returns why.
func refuse(client *tcp.Stream, why error) error {
	return errors.Join(why, client.SetLinger(0))
}
