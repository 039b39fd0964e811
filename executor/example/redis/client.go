package main

import (
	"errors"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

const (
	maxBatch  = 1000     // operations that run at once
	flushSize = 64 << 10 // bytes of replies that are sent at once
)

// A client is one connection.
type client struct {
	db   *database
	conn *tcp.Stream
	in   parser
	b    batch
	out  []byte
}

// A batch is the commands that came at once, as operations on stores.
type batch struct {
	ops     []op
	shards  [][]int // for each worker, the indices of its operations
	replies []pending
	quit    bool // a command ends the connection
}

// An op is an operation that one store does: a command, or the part of it for one key.
type op struct {
	run   func(s *store, args [][]byte) reply
	args  [][]byte
	reply reply
}

// A pending is a reply to come: it is made of those of some operations.
type pending struct {
	first, n int
	merge    func(out []byte, parts []op) []byte
}

// serve is the task of a connection. The listener closes conn when serve returns.
func (db *database) serve(co *coro.Co, conn *tcp.Stream) {
	c := &client{db: db, conn: conn, b: batch{shards: make([][]int, db.shards)}}
	for c.turn(co) == nil {
	}
}

var errQuit = errors.New("quit")

// turn runs the commands that are there, sends the replies, and reads more. So a client whose replies are not taken is
// not read from.
func (c *client) turn(co *coro.Co) error {
	for {
		wrong := c.take()
		if err := c.db.run(co, &c.b); err != nil {
			return err
		}
		full := len(c.b.ops) >= maxBatch
		if err := c.reply(co); err != nil {
			return err
		}
		if wrong != nil {
			c.out = failed(wrong.Error()).append(c.out)
			return errors.Join(wrong, c.flush(co))
		}
		if err := c.flush(co); err != nil {
			return err
		}
		if c.b.quit {
			return errQuit
		}
		if !full {
			break
		}
	}
	if err := executor.UntilDrain(co, c.conn.WaitReadable); err != nil {
		return err
	}
	return c.in.read(co, c.conn)
}

// take makes a batch of the commands that are there. The error is a protocolError, which comes after them.
func (c *client) take() error {
	c.b.reset()
	for len(c.b.ops) < maxBatch && !c.b.quit {
		args, err := c.in.next()
		if len(args) == 0 || err != nil {
			return err
		}
		c.b.add(c.db, args)
	}
	return nil
}

// reset empties the batch.
func (b *batch) reset() {
	clear(b.ops)
	b.ops, b.replies = b.ops[:0], b.replies[:0]
	for i := range b.shards {
		b.shards[i] = b.shards[i][:0]
	}
}

// operate adds an operation for worker i.
func (b *batch) operate(i int, run func(*store, [][]byte) reply, args [][]byte) {
	b.shards[i] = append(b.shards[i], len(b.ops))
	b.ops = append(b.ops, op{run: run, args: args})
}

// reply collects the replies in the order of the commands.
func (c *client) reply(co *coro.Co) error {
	for _, p := range c.b.replies {
		c.out = p.merge(c.out, c.b.ops[p.first:p.first+p.n])
		if len(c.out) >= flushSize {
			if err := c.flush(co); err != nil {
				return err
			}
		}
	}
	return nil
}

// flush sends what was collected.
func (c *client) flush(co *coro.Co) error {
	if len(c.out) == 0 {
		return nil
	}
	_, err := c.conn.Write(co, c.out)
	if c.out = c.out[:0]; cap(c.out) > flushSize {
		c.out = nil // a large reply is no reason to keep that much
	}
	return err
}
