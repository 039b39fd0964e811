package lincheck

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"
)

// A History is the operations of several clients on one object. The zero History is empty.
type History struct {
	// clock counts the beginnings and ends of operations. All clients advance it; as that is one
	// total order, an operation that has ended before another begins has the smaller numbers.
	clock atomic.Int64

	mu   sync.Mutex // guards logs
	logs []*Log
}

// A Log is the part of a History that one client writes. It belongs to one task or goroutine at a
// time.
type Log struct {
	h      *History
	client int
	ops    []porcupine.Operation
}

// Log adds a client. Any goroutine.
func (h *History) Log() *Log {
	h.mu.Lock()
	defer h.mu.Unlock()
	l := &Log{h: h, client: len(h.logs)}
	h.logs = append(h.logs, l)
	return l
}

// Now returns the present number of the clock, which no other call returns. An operation begins
// after the Now that the caller passes to Add, and has ended when the caller calls Now for its end.
func (l *Log) Now() int64 { return l.h.clock.Add(1) }

// Add records an operation and its result.
func (l *Log) Add(begin, end int64, op, result any) {
	l.ops = append(l.ops, porcupine.Operation{
		ClientId: l.client, Input: op, Output: result, Call: begin, Return: end,
	})
}

// Operations returns all that was recorded, in the order in which it began. The clients must have
// ended.
func (h *History) Operations() []porcupine.Operation {
	h.mu.Lock()
	defer h.mu.Unlock()
	var ops []porcupine.Operation
	for _, l := range h.logs {
		ops = append(ops, l.ops...)
	}
	slices.SortStableFunc(ops, func(a, b porcupine.Operation) int { return int(a.Call - b.Call) })
	return ops
}

// Check looks for an order of the history that the model allows. The result is porcupine.Ok,
// porcupine.Illegal, or porcupine.Unknown if limit was too short. A limit of 0 means no limit.
func Check(m porcupine.Model, h *History, limit time.Duration) porcupine.CheckResult {
	return porcupine.CheckOperationsTimeout(m, h.Operations(), limit)
}

// model makes the model that porcupine searches with, of a step on states of type S. step returns
// the states that may follow; none if the operation cannot have had that result. It must not modify what the given
// state refers to.
func model[S any](start S, equal func(a, b S) bool, step func(s S, op, result any) []S) porcupine.Model {
	m := porcupine.NondeterministicModel{
		Init:  func() []any { return []any{start} },
		Equal: func(a, b any) bool { return equal(a.(S), b.(S)) },
		Step: func(s, op, result any) []any {
			var next []any
			for _, n := range step(s.(S), op, result) {
				next = append(next, n)
			}
			return next
		},
	}
	return m.ToModel()
}

// one is the result of a step that leads to one state, if it is possible at all.
func one[S any](s S, possible bool) []S {
	if !possible {
		return nil
	}
	return []S{s}
}
