package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/moduvex/moduvex-go/core/channel/broadcast"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/lock"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/net/tcp"
)

const (
	maxLine     = 1024             // bytes of a line
	nameTimeout = 60 * time.Second // for the first line
	sendTimeout = 30 * time.Second // for a line to a client that does not read
)

// A member is one client.
type member struct {
	room  *room
	conn  *tcp.Stream
	lines *bufio.Scanner // what the client sends
	name  string

	// writing makes lines of the two tasks come one after the other: a Write that has to wait for room may be
	// interrupted by another's. It is held over awaits, so it is a lock for tasks.
	writing lock.Mutex
}

// errQuit ends a client that says /quit.
var errQuit = errors.New("quit")

// serve is the task of a connection. The listener closes the connection when serve returns.
func (r *room) serve(co *coro.Co, conn *tcp.Stream) {
	m := &member{room: r, conn: conn, lines: bufio.NewScanner(reader{co, conn})}
	m.lines.Buffer(nil, maxLine)
	err := m.run(co)
	switch {
	case errors.Is(err, executor.ErrDraining):
		m.sayGoodbye(co, "* the server stops")
	case errors.Is(err, bufio.ErrTooLong):
		m.sayGoodbye(co, fmt.Sprintf("* a line has at most %d bytes", maxLine-1))
	}
}

// sayGoodbye sends a last line. It reads what the client still sends, for a moment: a connection that is closed with
// bytes unread is reset, and then the client may lose the line. An error makes no difference: the connection ends.
func (m *member) sayGoodbye(co *coro.Co, text string) {
	if m.send(co, text) == nil && m.conn.CloseWrite() == nil {
		_ = coro.WithTimeout(co, time.Second, func(co *coro.Co) error {
			_, err := io.Copy(io.Discard, reader{co, m.conn})
			return err
		})
	}
}

// run asks for the name, and then passes lines in both directions until the client leaves.
func (m *member) run(co *coro.Co) error {
	var lines *broadcast.Receiver[line]
	err := coro.WithTimeout(co, nameTimeout, func(co *coro.Co) (err error) {
		lines, err = m.join(co)
		return err
	})
	if err != nil {
		return err
	}
	defer lines.Close()
	defer m.room.leave(m.name)
	return coro.WithGroup(co, coro.GroupOptions{}, func(co *coro.Co, g *coro.Group) error {
		g.Do(co, func(co *coro.Co) error { return m.receive(co, lines) })
		err := m.talk(co)
		g.AbortAll()
		return err
	})
}

// join asks for a name until there is one that is free.
func (m *member) join(co *coro.Co) (*broadcast.Receiver[line], error) {
	for {
		if err := m.send(co, "* your name?"); err != nil {
			return nil, err
		}
		name, err := m.next(co)
		if err != nil {
			return nil, err
		}
		lines, err := m.room.join(name)
		if err == nil {
			m.name = name
			return lines, m.send(co, "* here: "+strings.Join(m.room.who(), " "))
		}
		if err := m.send(co, "* "+err.Error()); err != nil {
			return nil, err
		}
	}
}

// talk takes what the client sends. It returns an error in any case: io.EOF, most often.
func (m *member) talk(co *coro.Co) error {
	for {
		text, err := m.next(co)
		switch {
		case err != nil:
			return err
		case text == "":
		case text == "/quit":
			return errQuit
		case text == "/who":
			if err := m.send(co, "* here: "+strings.Join(m.room.who(), " ")); err != nil {
				return err
			}
		default:
			m.room.say(m.name, text)
		}
	}
}

// receive sends the client what the others say.
func (m *member) receive(co *coro.Co, lines *broadcast.Receiver[line]) error {
	for {
		l, err := lines.Recv(co)
		var lag *broadcast.LagError
		switch {
		case errors.As(err, &lag):
			err = m.send(co, fmt.Sprintf("* you are too slow: you have missed %d lines", lag.Missed))
		case err == nil && l.from != m.name:
			err = m.send(co, l.text)
		}
		if err != nil {
			return err
		}
	}
}

// next waits for a line of the client, or until the server stops: then it returns executor.ErrDraining.
func (m *member) next(co *coro.Co) (text string, err error) {
	err = executor.UntilDrain(co, func(*coro.Co) error {
		if m.lines.Scan() {
			text = strings.TrimRight(m.lines.Text(), "\r")
			return nil
		}
		if err := m.lines.Err(); err != nil {
			return err
		}
		return io.EOF
	})
	return text, err
}

// send sends a line to the client.
func (m *member) send(co *coro.Co, text string) error {
	return coro.WithTimeout(co, sendTimeout, func(co *coro.Co) error {
		guard, err := m.writing.Lock(co)
		if err != nil {
			return err
		}
		defer guard.Unlock()
		_, err = m.conn.Write(co, append([]byte(text), '\n'))
		return err
	})
}

// A reader is the connection for packages that know io.Reader, such as bufio. Their code runs in the body, so the
// body awaits in it as anywhere else, and scopes around end the wait.
type reader struct {
	co   *coro.Co
	conn *tcp.Stream
}

// Read implements io.Reader.
func (r reader) Read(b []byte) (int, error) { return r.conn.Read(r.co, b) }
