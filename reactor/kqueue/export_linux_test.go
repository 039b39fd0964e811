package kqueue

import (
	"errors"
	"sync"
	"time"

	"github.com/moduvex/moduvex-go/reactor"
	"github.com/moduvex/moduvex-go/reactor/pollerkit"
	"golang.org/x/sys/unix"
)

// Flavours names the kernels whose differences matter to this package, by a system that has each.
var Flavours = []string{"freebsd", "darwin", "openbsd", "netbsd"}

// NewOverDouble returns a Poller over a double of a kernel, and the Faults of that kernel.
func NewOverDouble(flavour string) (*Poller, *Faults, error) {
	f := NewFaults(flavour)
	p, err := f.New()
	return p, f, err
}

// Faults is a layer between a Poller and a double. It checks every call, and makes calls fail or report as a test
// says.
type Faults struct {
	double
	flavour string

	mu      sync.Mutex
	next    map[string][]error
	refuse  func(Change) error
	reports [][]kevent
	waits   []time.Duration
	misused error
	signals int // of EVFILT_USER
	lost    int // receipts that the next change omits
	until   int // the number of Waits' system calls until during is called
	during  func()
}

// Change is a change of a filter.
type Change struct {
	FD     int
	Filter string // "read", "write", "except"
	Delete bool
	Guard  bool
}

// Report is a kernel event that a test makes.
type Report struct {
	FD     int
	Filter string // as in Change; others are unknown to the Poller
	EOF    bool
	Error  bool
	Fflags uint32
	Data   int64
	Stale  bool // of an earlier registration of the same number
}

// NewFaults returns a kernel without faults.
func NewFaults(flavour string) *Faults {
	return &Faults{
		double:  double{capped: flavour == "darwin", queues: make(map[int]*queue)},
		flavour: flavour,
		next:    make(map[string][]error),
		waits:   make([]time.Duration, 0, 64),
	}
}

// New returns a Poller over f.
func (f *Faults) New() (*Poller, error) {
	k := &kernel{calls: f, user: doubleUser, except: doubleExcept, oob: doubleOOB, receipt: true, dispatch: true}
	switch f.flavour {
	case "freebsd":
		k.except = 0
	case "openbsd":
		k.user = 0
	case "netbsd":
		k.user, k.except, k.receipt, k.dispatch = 0, 0, false, false
	}
	return newPoller(k)
}

// FailNext makes the next call of op fail: "kqueue", "pipe", "change", "wait" or "close".
func (f *Faults) FailNext(op string, errs ...error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next[op] = append(f.next[op], errs...)
}

// Refuse makes every change fail for which why returns an error. A nil why ends that.
func (f *Faults) Refuse(why func(Change) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuse = why
}

// Report makes the next Wait's system call return events. Calls after the last Report go to the double.
func (f *Faults) Report(p *Poller, events ...Report) {
	var list []kevent
	for _, r := range events {
		var ev kevent
		number, flags, tag := -100, 0, uint32(0)
		for n := range filters {
			if r.Filter == filterNames[n] {
				number = doubleNumber(n)
			}
		}
		if r.EOF {
			flags |= evEOF
		}
		if r.Error {
			flags |= evError
		}
		p.mu.Lock()
		if s := p.sources[r.FD]; s != nil {
			tag = s.tag
		}
		p.mu.Unlock()
		if r.Stale {
			tag--
		}
		ev.set(r.FD, number, flags, r.Fflags, r.Data, tag)
		list = append(list, ev)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reports = append(f.reports, list)
}

// During calls do in the nth system call of a Wait from now.
func (f *Faults) During(n int, do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.until, f.during = n, do
}

func (f *Faults) interrupt() {
	f.mu.Lock()
	f.until--
	do := f.during
	if f.until != 0 {
		do = nil
	}
	f.mu.Unlock()
	if do != nil {
		do()
	}
}

// LoseReceipts makes the next change with receipts return n fewer.
func (f *Faults) LoseReceipts(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lost = n
}

// Waits returns the timeouts of the first system calls that waited.
func (f *Faults) Waits() []time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.waits
}

// Misused returns an error if the Poller made a call that a kernel would handle otherwise than the Poller expects.
func (f *Faults) Misused() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.misused
}

// Queues returns how many queues are open.
func (f *Faults) Queues() int {
	f.double.mu.Lock()
	defer f.double.mu.Unlock()
	return len(f.queues)
}

var filterNames = [filters]string{"read", "write", "except"}

func (f *Faults) take(op string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.next[op]) == 0 {
		return nil
	}
	err := f.next[op][0]
	f.next[op] = f.next[op][1:]
	return err
}

// Kqueue implements calls.
func (f *Faults) Kqueue() (int, error) {
	if err := f.take("kqueue"); err != nil {
		return -1, err
	}
	return f.double.Kqueue()
}

// Pipe implements calls.
func (f *Faults) Pipe() (rd, wr int, err error) {
	if err := f.take("pipe"); err != nil {
		return -1, -1, err
	}
	return f.double.Pipe()
}

// Close implements calls.
func (f *Faults) Close(fd int) error {
	return errors.Join(f.take("close"), f.double.Close(fd))
}

// Kevent implements calls.
func (f *Faults) Kevent(kq int, changes, events []kevent, timeout time.Duration) (int, error) {
	if len(changes) > 0 {
		return f.change(kq, changes, events, timeout)
	}
	if err := f.take("wait"); err != nil {
		return 0, err
	}
	f.interrupt()
	f.mu.Lock()
	if len(f.waits) < cap(f.waits) {
		f.waits = append(f.waits, timeout)
	}
	if len(f.reports) > 0 {
		n := copy(events, f.reports[0])
		f.reports = f.reports[1:]
		f.mu.Unlock()
		return n, nil
	}
	f.mu.Unlock()
	return f.double.Kevent(kq, changes, events, timeout)
}

// change checks that the call can return only the errors of its changes: a call with more room would take other events,
// and one with a timeout would wait for them.
func (f *Faults) change(kq int, changes, events []kevent, timeout time.Duration) (int, error) {
	f.mu.Lock()
	receipts := len(events) > 0
	if timeout != 0 || receipts && len(events) != len(changes) {
		f.misused = errors.New("a change with room for events, or that waits")
	}
	refuse := f.refuse
	for _, c := range changes {
		if c.fflags&noteTrigger != 0 && int(c.filter) == doubleUser {
			f.signals++
		}
		if receipts && int(c.flags)&evReceipt == 0 {
			f.misused = errors.New("room for events and no receipt")
		}
		if f.flavour == "netbsd" && int(c.flags)&(evReceipt|evDispatch) != 0 {
			f.misused = errors.New("flags that this kernel has not")
		}
	}
	f.mu.Unlock()
	if err := f.take("change"); err != nil {
		return 0, err
	}
	n := 0
	for i := range changes {
		var one [1]kevent
		var room []kevent
		if receipts {
			room = one[:]
		}
		err := error(nil)
		if df := doubleFilter(int(changes[i].filter)); refuse != nil && df != filters {
			err = refuse(Change{
				FD: int(changes[i].ident), Filter: filterNames[df], Delete: int(changes[i].flags)&evDelete != 0,
				Guard: changes[i].fflags&noteLowat != 0 && df != except,
			})
		}
		if err == nil {
			_, err = f.double.Kevent(kq, changes[i:i+1], room, 0)
		}
		if !receipts {
			if err != nil {
				return 0, err
			}
			continue
		}
		if errno, ok := err.(unix.Errno); ok {
			one[0] = changes[i]
			one[0].flags, one[0].data = evError, int64(errno)
		}
		events[n] = one[0]
		n++
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	n = max(n-f.lost, 0)
	f.lost = 0
	return n, nil
}

// Meaning translates a kernel event for a registration.
func Meaning(interest reactor.Interest, filterName string, eof bool, fflags uint32, data int64) (reactor.Readiness, bool) {
	s := source{interest: interest}
	flags := 0
	if eof {
		flags = evEOF
	}
	for f, name := range filterNames {
		if name == filterName {
			return s.translate(filter(f), flags, fflags, data)
		}
	}
	return 0, false
}

// Held returns how many sources the list of held ones references, also in its spare capacity.
func (p *Poller) Held() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.held[:cap(p.held)] {
		if s != nil {
			n++
		}
	}
	return n
}

// Room returns how many kernel events p's buffer takes.
func (p *Poller) Room() int { return len(p.buf) }

// MaxTimeout is how long one system call waits at most.
const MaxTimeout = maxTimeout

// NotifyFlag returns the flag that Notify uses.
func (p *Poller) NotifyFlag() *pollerkit.NotifyFlag { return &p.notify }

// Signals returns how many signals p's notifier has made: where they are bytes in a pipe, those that no Wait has got,
// elsewhere all of them.
func (f *Faults) Signals(p *Poller) int {
	if p.rd >= 0 {
		n, _ := unix.IoctlGetInt(p.rd, unix.TIOCINQ)
		return n
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.signals
}

// SignalsAreBytes reports whether a Wait takes p's signals out of what Signals counts.
func (f *Faults) SignalsAreBytes(p *Poller) bool { return p.rd >= 0 }

// HoldWait makes p as busy as a Wait in progress does, until release is called.
func (p *Poller) HoldWait() (release func()) {
	p.waitMu.Lock()
	return p.waitMu.Unlock
}
