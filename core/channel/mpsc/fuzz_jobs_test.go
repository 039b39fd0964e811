package mpsc_test

import (
	"errors"
	"fmt"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/channel/mpsc"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/internal/waittest"
	"github.com/moduvex/moduvex-go/core/task"
)

// A job is a task, until it has ended.
type job struct {
	task    *task.Task
	aborted bool
}

func (j *job) busy() bool { return j.task != nil && !j.task.Finished() }

func (j *job) abort() {
	if j.busy() {
		j.aborted = true
		j.task.Abort()
	}
}

// A polled is a future whose every poll and drop is judged. The first broke polls find their budget spent.
type polled struct {
	core.Dropper
	broke  int
	first  func()
	poll   func(cx *core.Context) bool
	unpaid func() error // whether it may be pending for another reason than its budget
	left   func()
	p      *program
}

func (f *polled) Poll(cx *core.Context) (struct{}, bool) {
	if f.first != nil {
		f.first()
		f.first = nil
	}
	broke := f.broke > 0
	if broke {
		f.broke--
		for cx.Spend() {
		}
	}
	ok := f.poll(cx)
	switch {
	case ok && broke:
		f.p.judge(errors.New("a poll without budget was ready"))
	case !ok && !broke:
		f.p.judge(f.unpaid())
	}
	return struct{}{}, ok
}

func (f *polled) Drop() {
	f.Dropper.Drop()
	if f.first == nil {
		f.left()
	}
}

func (p *program) start(j *job, f *polled) {
	f.p = p
	s := task.New[struct{}](f)
	*j = job{task: &s.Task}
	p.h.Spawn(&s.Task)
}

// startBody is start in direct style. The body may find its budget spent when it begins.
func (p *program) startBody(j *job, broke bool, f func(co *coro.Co)) {
	s := waittest.Body(p.h, func(co *coro.Co) error {
		for broke && co.Context().Spend() {
		}
		if err := co.Interrupted(); err != nil {
			return err // it may wait before it returns that, and f may not
		}
		f(co)
		return nil
	})
	*j = job{task: &s.Task}
}

// cancelled reports whether err is the cancellation of a job that was aborted.
func (p *program) cancelled(j *job, err error) bool {
	is := errors.Is(err, core.ErrCancelled)
	if is && !j.aborted {
		p.judge(errors.New("a cancellation of what was not aborted"))
	}
	return is
}

// mayWait checks that sender i is pending only while it is in line.
func (p *program) mayWait(i int) func() error {
	return func() error {
		if a := p.m.requests[i]; a != requestLine {
			return fmt.Errorf("sender %d waits at %d", i, a)
		}
		return nil
	}
}

func (p *program) send(i int, direct bool, broke int) {
	p.sent++
	v, j, tx := p.sent, &p.sending[i], p.tx[i]
	if direct {
		p.startBody(j, broke > 0, func(co *coro.Co) {
			p.m.enter(i)
			if err := tx.Send(co, v); p.cancelled(j, err) {
				p.m.leave(i)
			} else {
				p.judge(p.m.conclude(i, v, err))
			}
		})
		return
	}
	f := tx.SendFuture(v)
	p.start(j, &polled{Dropper: &f, broke: broke, first: func() { p.m.enter(i) }, unpaid: p.mayWait(i),
		left: func() { p.m.leave(i) },
		poll: func(cx *core.Context) bool {
			err, ok := f.Poll(cx)
			if ok {
				p.judge(p.m.conclude(i, v, err))
				if u := f.Unsent(); (u == v) != (err != nil) {
					p.judge(fmt.Errorf("%d is unsent after %v", u, err))
				}
			}
			return ok
		}})
}

func (p *program) reserve(i int, direct bool, broke int) {
	j, tx := &p.sending[i], p.tx[i]
	got := func(permit mpsc.Permit[int], err error) {
		p.judge(p.m.reserved(i, err))
		if err == nil {
			p.permits = append(p.permits, permit)
		}
	}
	if direct {
		p.startBody(j, broke > 0, func(co *coro.Co) {
			p.m.enter(i)
			if permit, err := tx.Reserve(co); p.cancelled(j, err) {
				p.m.leave(i)
			} else {
				got(permit, err)
			}
		})
		return
	}
	f := tx.ReserveFuture()
	p.start(j, &polled{Dropper: &f, broke: broke, first: func() { p.m.enter(i) }, unpaid: p.mayWait(i),
		left: func() { p.m.leave(i) },
		poll: func(cx *core.Context) bool {
			r, ok := f.Poll(cx)
			if ok {
				got(r.Value, r.Err)
			}
			return ok
		}})
}

// watch waits for the close.
func (p *program) watch() {
	f := p.tx[0].UntilClosedFuture()
	p.start(&p.watches, &polled{Dropper: &f, left: func() {},
		unpaid: func() error {
			if p.m.closed {
				return errors.New("a watcher of a closed channel waits")
			}
			return nil
		},
		poll: func(cx *core.Context) bool {
			_, ok := f.Poll(cx)
			if ok && !p.m.closed {
				p.judge(errors.New("the watcher of an open channel was ready"))
			}
			return ok
		}})
}

// mayStarve checks that the receiver is pending only while there is neither a value nor the end.
func (p *program) mayStarve() error {
	if len(p.m.queue) > 0 || p.m.ended() {
		return fmt.Errorf("the receiver waits, with %d values; ended: %t", len(p.m.queue), p.m.ended())
	}
	return nil
}

// receive receives one value, or many if room is more than 0.
func (p *program) receive(room int, direct bool, broke int) {
	j, buf := &p.receives, make([]int, room)
	got := func(v, n int, err error) {
		if room > 0 {
			p.judge(p.m.received(buf[:n], room, err))
		} else if err != nil {
			p.judge(p.m.received(nil, 1, err))
		} else {
			p.judge(p.m.received([]int{v}, 1, nil))
		}
	}
	if direct {
		p.startBody(j, broke > 0, func(co *coro.Co) {
			var v, n int
			var err error
			if room > 0 {
				n, err = p.rx.RecvMany(co, buf)
			} else {
				v, err = p.rx.Recv(co)
			}
			if !p.cancelled(j, err) {
				got(v, n, err)
			}
		})
		return
	}
	f := &polled{Dropper: p.rx, broke: broke, unpaid: p.mayStarve, left: func() {}}
	f.poll = func(cx *core.Context) bool {
		r, ok := p.rx.Poll(cx)
		if ok {
			got(r.Value, 0, r.Err)
		}
		return ok
	}
	if room > 0 {
		many := p.rx.RecvManyFuture(buf)
		f.Dropper = &many
		f.poll = func(cx *core.Context) bool {
			r, ok := many.Poll(cx)
			if ok {
				got(0, r.Value, r.Err)
			}
			return ok
		}
	}
	p.start(j, f)
}

func (p *program) tryReceive(room int) {
	if room > 0 {
		buf := make([]int, room)
		n, err := p.rx.TryRecvMany(buf)
		p.judge(p.m.received(buf[:n], room, err))
		return
	}
	v, err := p.rx.TryRecv()
	if err != nil {
		p.judge(p.m.received(nil, 1, err))
	} else {
		p.judge(p.m.received([]int{v}, 1, nil))
	}
}
