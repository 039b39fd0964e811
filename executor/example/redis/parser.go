package main

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor/net/stream"
)

const (
	maxLine    = 64 << 10 // of a header, and of an inline command
	maxArgs    = 1 << 20  // of a command
	maxCommand = 64 << 20 // bytes of a command
	minRead    = 4 << 10  // room for a read, at least
)

// A protocolError is a mistake after which the commands of a client cannot be told apart.
type protocolError string

func (e protocolError) Error() string { return "ERR Protocol error: " + string(e) }

// A parser splits what a client sends into commands. A command is an array of bulk strings,
//
//	*2\r\n $3\r\nGET\r\n $4\r\nname\r\n
//	 args   len  arg      len   arg
//
// or a line. The parser goes on where the last read has left it, so a command that comes in many pieces is looked at
// once.
//
//	buf:  commands that were returned | parsed part of the next | not parsed | free
//	                                  ^start                    ^pos         ^len(buf)
type parser struct {
	buf        []byte
	start, pos int
	missing    int      // arguments of the command under way; 0 between commands
	length     int      // of the argument under way; -1 if its head is missing
	args       []extent // those there are; relative to start, which moves with the bytes
}

// An extent is a part of the buffer.
type extent struct{ from, to int }

// read reads once from the client, and invalidates the arguments that next has returned.
func (p *parser) read(co *coro.Co, from stream.Reader) error {
	n := copy(p.buf, p.buf[p.start:])
	p.buf, p.pos, p.start = p.buf[:n], p.pos-p.start, 0
	if cap(p.buf)-n < minRead {
		bigger := make([]byte, n, max(2*cap(p.buf), 4*minRead))
		copy(bigger, p.buf)
		p.buf = bigger
	}
	n, err := from.Read(co, p.buf[n:cap(p.buf)])
	p.buf = p.buf[:len(p.buf)+n]
	if n > 0 {
		return nil // an error comes again with the next read
	}
	return err
}

// next returns the arguments of the next command, which are parts of the buffer; none if the rest of it is still to
// come.
func (p *parser) next() (args [][]byte, err error) {
	for {
		if p.missing == 0 {
			p.start = p.pos
			line, ok, err := p.line("too big inline request")
			if !ok || err != nil {
				return nil, err
			}
			if len(line) == 0 || line[0] != '*' {
				args, err := splitInline(line)
				if len(args) > 0 || err != nil {
					return args, err
				}
				continue // an empty line
			}
			n, err := strconv.Atoi(string(line[1:]))
			if err != nil || n > maxArgs {
				return nil, protocolError("invalid multibulk length")
			}
			p.missing, p.length, p.args = max(n, 0), -1, p.args[:0]
			continue
		}
		if ok, err := p.argument(); !ok || err != nil {
			return nil, err
		}
		if p.missing > 0 {
			continue
		}
		args = make([][]byte, len(p.args))
		for i, a := range p.args {
			args[i] = p.buf[p.start+a.from : p.start+a.to]
		}
		return args, nil
	}
}

// argument takes the next argument, and reports whether it is there.
func (p *parser) argument() (ok bool, err error) {
	if p.length < 0 {
		line, ok, err := p.line("too big bulk count string")
		if !ok || err != nil {
			return false, err
		}
		if len(line) == 0 || line[0] != '$' {
			var first string
			if len(line) > 0 {
				first = string(line[:1])
			}
			return false, protocolError(fmt.Sprintf("expected '$', got '%s'", first))
		}
		n, err := strconv.Atoi(string(line[1:]))
		if err != nil || n < 0 || p.pos-p.start+n > maxCommand {
			return false, protocolError("invalid bulk length")
		}
		p.length = n
	}
	end := p.pos + p.length
	if len(p.buf) < end+len("\r\n") {
		return false, nil
	}
	p.args = append(p.args, extent{p.pos - p.start, end - p.start})
	p.pos = end + len("\r\n")
	p.missing, p.length = p.missing-1, -1
	return true, nil
}

// line takes a line without its end, and reports whether it is there.
func (p *parser) line(tooLong protocolError) (line []byte, ok bool, err error) {
	rest := p.buf[p.pos:]
	n := bytes.IndexByte(rest, '\n')
	if n > maxLine || n < 0 && len(rest) > maxLine {
		return nil, false, tooLong
	}
	if n < 0 {
		return nil, false, nil
	}
	p.pos += n + 1
	return bytes.TrimSuffix(rest[:n], []byte("\r")), true, nil
}
