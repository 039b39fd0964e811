package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// A command is what a client may send.
type command struct {
	arity int // number of arguments with the name; -n means n or more
	plan  func(b *batch, db *database, args [][]byte)
}

// commands has the commands by name, in lower case. The functions run on the worker that has the key, which is the
// first argument.
var commands = map[string]command{
	"ping":     {-1, here(ping)},
	"echo":     {2, here(func(_ *store, args [][]byte) reply { return value(string(args[0])) })},
	"quit":     {1, quit},
	"get":      {2, onKey(get)},
	"set":      {-3, onKey(set)},
	"incr":     {2, onKey(func(s *store, args [][]byte) reply { return add(s, args[0], 1) })},
	"decr":     {2, onKey(func(s *store, args [][]byte) reply { return add(s, args[0], -1) })},
	"incrby":   {3, onKey(incrBy)},
	"expire":   {3, onKey(expire)},
	"ttl":      {2, onKey(ttl)},
	"persist":  {2, onKey(persist)},
	"del":      {-2, onEachKey(1, del, mergeSum)},
	"exists":   {-2, onEachKey(1, exists, mergeSum)},
	"mget":     {-2, onEachKey(1, get, mergeArray)},
	"mset":     {-3, onEachKey(2, set, mergeFirst)},
	"dbsize":   {1, onEachWorker(func(s *store, _ [][]byte) reply { return number(int64(s.len())) }, mergeSum)},
	"flushall": {1, onEachWorker(func(s *store, _ [][]byte) reply { s.clear(); return ok }, mergeFirst)},
}

// add adds the command of a client to the batch.
func (b *batch) add(db *database, args [][]byte) {
	name, args := string(args[0]), args[1:]
	lower := strings.ToLower(name)
	first := len(b.ops)
	c, known := commands[lower]
	switch n := 1 + len(args); {
	case !known:
		b.fail("ERR unknown command '%.128s', with args beginning with: %.128s", name, quoted(args))
	case c.arity > 0 && n != c.arity, n < -c.arity, lower == "mset" && n%2 == 0:
		b.fail("ERR wrong number of arguments for '%s' command", lower)
	default:
		c.plan(b, db, args)
	}
	b.replies[len(b.replies)-1].first = first
	b.replies[len(b.replies)-1].n = len(b.ops) - first
}

// fail makes an error the reply.
func (b *batch) fail(format string, args ...any) {
	r := failed(fmt.Sprintf(format, args...))
	b.replies = append(b.replies, pending{merge: func(out []byte, _ []op) []byte { return r.append(out) }})
}

// quoted quotes arguments for an error.
func quoted(args [][]byte) string {
	var s strings.Builder
	for _, a := range args {
		if s.Len() < 128 {
			fmt.Fprintf(&s, "'%s' ", a)
		}
	}
	return s.String()
}

// How the operations of a command are made.

// here is one operation that needs no key: it runs wherever there is one to run.
func here(f func(*store, [][]byte) reply) func(*batch, *database, [][]byte) {
	return func(b *batch, _ *database, args [][]byte) {
		r := f(nil, args)
		b.replies = append(b.replies, pending{merge: func(out []byte, _ []op) []byte { return r.append(out) }})
	}
}

// onKey is one operation.
func onKey(f func(*store, [][]byte) reply) func(*batch, *database, [][]byte) {
	return func(b *batch, db *database, args [][]byte) {
		b.operate(db.shard(args[0]), f, args)
		b.replies = append(b.replies, pending{merge: mergeFirst})
	}
}

// onEachKey is an operation for each key, of which there is one every step arguments.
func onEachKey(step int, f func(*store, [][]byte) reply, merge func([]byte, []op) []byte) func(*batch, *database, [][]byte) {
	return func(b *batch, db *database, args [][]byte) {
		for ; len(args) > 0; args = args[step:] {
			b.operate(db.shard(args[0]), f, args[:step])
		}
		b.replies = append(b.replies, pending{merge: merge})
	}
}

// onEachWorker is an operation for each worker.
func onEachWorker(f func(*store, [][]byte) reply, merge func([]byte, []op) []byte) func(*batch, *database, [][]byte) {
	return func(b *batch, db *database, args [][]byte) {
		for i := range db.shards {
			b.operate(i, f, args)
		}
		b.replies = append(b.replies, pending{merge: merge})
	}
}

func quit(b *batch, _ *database, _ [][]byte) {
	b.quit = true
	b.replies = append(b.replies, pending{merge: func(out []byte, _ []op) []byte { return ok.append(out) }})
}

// How the replies of the operations become one.

func mergeFirst(out []byte, parts []op) []byte { return parts[0].reply.append(out) }

func mergeSum(out []byte, parts []op) []byte {
	var sum int64
	for _, p := range parts {
		sum += p.reply.n
	}
	return number(sum).append(out)
}

func mergeArray(out []byte, parts []op) []byte {
	out = appendArray(out, len(parts))
	for _, p := range parts {
		out = p.reply.append(out)
	}
	return out
}

// The operations.

const (
	notInteger = "ERR value is not an integer or out of range"
	syntax     = "ERR syntax error"
)

func ping(_ *store, args [][]byte) reply {
	switch len(args) {
	case 0:
		return reply{kind: simple, text: "PONG"}
	case 1:
		return value(string(args[0]))
	}
	return failed("ERR wrong number of arguments for 'ping' command")
}

func get(s *store, args [][]byte) reply {
	if v, ok := s.get(args[0]); ok {
		return value(v)
	}
	return reply{}
}

// set is SET key value [NX | XX] [EX seconds | PX milliseconds | KEEPTTL].
func set(s *store, args [][]byte) reply {
	var (
		key             = args[0]
		ifNew, ifOld    bool
		expires, forget = time.Duration(0), true
	)
	for rest := args[2:]; len(rest) > 0; rest = rest[1:] {
		switch option := strings.ToUpper(string(rest[0])); {
		case option == "NX" && !ifOld:
			ifNew = true
		case option == "XX" && !ifNew:
			ifOld = true
		case option == "KEEPTTL" && expires == 0:
			forget = false
		case (option == "EX" || option == "PX") && len(rest) > 1 && expires == 0 && forget:
			unit := time.Second
			if option == "PX" {
				unit = time.Millisecond
			}
			d, wrong := duration("set", rest[1], unit)
			switch {
			case wrong != "":
				return failed(wrong)
			case d <= 0:
				return failed("ERR invalid expire time in 'set' command")
			}
			expires, rest = d, rest[1:]
		default:
			return failed(syntax)
		}
	}
	if _, old := s.get(key); ifNew && old || ifOld && !old {
		return reply{}
	}
	s.set(key, string(args[1]))
	if forget {
		s.persist(key)
	}
	if expires > 0 {
		s.expire(key, expires)
	}
	return ok
}

func incrBy(s *store, args [][]byte) reply {
	by, err := strconv.ParseInt(string(args[1]), 10, 64)
	if err != nil {
		return failed(notInteger)
	}
	return add(s, args[0], by)
}

func add(s *store, key []byte, by int64) reply {
	var n int64
	if v, ok := s.get(key); ok {
		var err error
		if n, err = strconv.ParseInt(v, 10, 64); err != nil {
			return failed(notInteger)
		}
	}
	if by > 0 && n > math.MaxInt64-by || by < 0 && n < math.MinInt64-by {
		return failed("ERR increment or decrement would overflow")
	}
	s.set(key, strconv.FormatInt(n+by, 10))
	return number(n + by)
}

func del(s *store, args [][]byte) reply {
	r := exists(s, args)
	s.remove(string(args[0]))
	return r
}

func exists(s *store, args [][]byte) reply {
	if _, ok := s.get(args[0]); ok {
		return number(1)
	}
	return number(0)
}

func expire(s *store, args [][]byte) reply {
	d, wrong := duration("expire", args[1], time.Second)
	if wrong != "" {
		return failed(wrong)
	}
	r := exists(s, args)
	if r.n == 1 {
		s.expire(args[0], d)
	}
	return r
}

func ttl(s *store, args [][]byte) reply {
	if exists(s, args).n == 0 {
		return number(-2)
	}
	d, expires := s.ttl(args[0])
	if !expires {
		return number(-1)
	}
	return number(int64(d.Round(time.Second) / time.Second))
}

func persist(s *store, args [][]byte) reply {
	if exists(s, args).n == 1 && s.persist(args[0]) {
		return number(1)
	}
	return number(0)
}

// duration returns a number of units as a duration, or what is wrong with it.
func duration(command string, text []byte, unit time.Duration) (d time.Duration, wrong string) {
	n, err := strconv.ParseInt(string(text), 10, 64)
	switch {
	case err != nil:
		return 0, notInteger
	case n > math.MaxInt64/2/int64(unit) || n < -math.MaxInt64/2/int64(unit):
		return 0, fmt.Sprintf("ERR invalid expire time in '%s' command", command)
	}
	return time.Duration(n) * unit, ""
}
