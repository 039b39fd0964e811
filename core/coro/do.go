package coro

import (
	"reflect"
	"runtime"

	"github.com/moduvex/moduvex-go/core/task"
)

// NewDo is [New] for a body that returns an error only.
func NewDo(body func(co *Co) error) *task.Slot[struct{}] {
	if body == nil {
		panic("coro: NewDo of a nil body")
	}
	c := &doCell{body: body}
	c.prepare(c.call)
	c.Init(c)
	return &c.Slot
}

// A doCell is a cell around a body that returns an error only.
type doCell struct {
	cell[struct{}]
	body func(co *Co) error
}

func (c *doCell) call(co *Co) (struct{}, error) {
	body := c.body
	c.body = nil // the task does not keep what the body refers to
	return struct{}{}, body(co)
}

// Drop gives up a body that no host has accepted: it never begins.
func (c *doCell) Drop() {
	c.cell.Drop()
	c.body = nil
}

// Describe names the function that NewDo was called with.
func (c *doCell) Describe() string {
	return runtime.FuncForPC(reflect.ValueOf(c.body).Pointer()).Name()
}
