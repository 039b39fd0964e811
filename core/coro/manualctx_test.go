package coro_test

import (
	"context"
	"sync"
	"testing"
	"time"
)

// A manual is a context of a foreign type that calls its functions at once when a test ends it, on the goroutine of the
// test. It counts what is asked of it. The zero manual has no deadline and no values.
type manual struct {
	deadline time.Time
	values   map[any]any
	onErr    func() // if not nil, called by Err after it has read the error

	mu                               sync.Mutex
	done                             chan struct{}
	err                              error
	funcs                            map[*func()]struct{}
	added, valueCalls, deadlineCalls int
}

var _ context.Context = (*manual)(nil)

func (m *manual) Deadline() (time.Time, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.deadlineCalls++
	return m.deadline, !m.deadline.IsZero()
}

func (m *manual) Done() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.channel()
}

func (m *manual) channel() chan struct{} {
	if m.done == nil {
		m.done = make(chan struct{})
	}
	return m.done
}

func (m *manual) Err() error {
	m.mu.Lock()
	err := m.err
	m.mu.Unlock()
	if m.onErr != nil {
		m.onErr()
	}
	return err
}

func (m *manual) Value(key any) any {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.valueCalls++
	return m.values[key]
}

func (m *manual) AfterFunc(f func()) (stop func() bool) {
	m.mu.Lock()
	if m.err != nil {
		m.mu.Unlock()
		f()
		return func() bool { return false }
	}
	defer m.mu.Unlock()
	if m.funcs == nil {
		m.funcs = make(map[*func()]struct{})
	}
	m.added++
	m.funcs[&f] = struct{}{}
	return func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		_, ok := m.funcs[&f]
		delete(m.funcs, &f)
		return ok
	}
}

// end ends the context.
func (m *manual) end(err error) {
	m.mu.Lock()
	m.err = err
	close(m.channel())
	funcs := m.funcs
	m.funcs = nil
	m.mu.Unlock()
	for f := range funcs {
		(*f)()
	}
}

// unused fails the test if a function is left with the context.
func (m *manual) unused(t *testing.T) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.funcs) > 0 {
		t.Errorf("%d functions are left with the context", len(m.funcs))
	}
}
