//go:build darwin || freebsd

// Command probe runs the probes that its arguments name, and prints their results.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

func main() {
	for _, name := range os.Args[1:] {
		probe, ok := probes[name]
		if !ok {
			fmt.Println("no probe", name)
			os.Exit(2)
		}
		fmt.Printf("%s: %s\n", name, probe())
	}
}

var probes = map[string]func() string{
	"pipe":     pipe,
	"flags":    flags,
	"timer":    timer,
	"user":     user,
	"receipt":  receipt,
	"eof":      eof,
	"shutdown": shutdown,
	"lowat":    lowat,
	"dropped":  dropped,
	"signal":   signals,
	"preempt":  preempt,
	"child":    child,
	"echo":     func() string { return "echo" },
	"garbled":  garbled,
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func queue() int {
	kq, err := unix.Kqueue()
	check(err)
	return kq
}

func newPipe() (rd, wr int) {
	var fds [2]int
	check(unix.Pipe(fds[:]))
	return fds[0], fds[1]
}

func pair() (a, b int) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	check(err)
	return fds[0], fds[1]
}

func ev(fd, filter, flags int) unix.Kevent_t {
	var e unix.Kevent_t
	unix.SetKevent(&e, fd, filter, flags)
	return e
}

// change applies changes, without room for events.
func change(kq int, changes ...unix.Kevent_t) error {
	_, err := unix.Kevent(kq, changes, nil, nil)
	return err
}

// wait waits 50 ms at most.
func wait(kq int) string { return waitFor(kq, 50*time.Millisecond) }

// waitFor waits for d at most. Go interrupts its threads now and then.
func waitFor(kq int, d time.Duration) string {
	events := make([]unix.Kevent_t, 8)
	end := time.Now().Add(d)
	var n int
	for err := error(unix.EINTR); err == unix.EINTR; {
		ts := unix.NsecToTimespec(max(time.Until(end), 0).Nanoseconds())
		if n, err = unix.Kevent(kq, nil, events, &ts); err != unix.EINTR {
			check(err)
		}
	}
	var out []string
	for _, e := range events[:n] {
		s := fmt.Sprint(map[int16]string{unix.EVFILT_READ: "read", unix.EVFILT_WRITE: "write", unix.EVFILT_TIMER: "timer", unix.EVFILT_USER: "user"}[int16(e.Filter)], " ", e.Data)
		if e.Flags&unix.EV_EOF != 0 {
			s += " eof"
		}
		if e.Fflags != 0 {
			s += fmt.Sprintf(" fflags %#x", e.Fflags)
		}
		out = append(out, s)
	}
	if n == 0 {
		return "nothing"
	}
	return strings.Join(out, ", ")
}

func pipe() string {
	kq := queue()
	rd, wr := newPipe()
	check(change(kq, ev(rd, unix.EVFILT_READ, unix.EV_ADD)))
	before := wait(kq)
	unix.Write(wr, []byte("abc"))
	return before + "; " + wait(kq) + "; " + wait(kq)
}

// flags probes the modes of a filter: each waits twice while there is a byte to read, and once more after the filter was
// added again.
func flags() string {
	var out []string
	for _, flag := range []int{0, unix.EV_CLEAR, unix.EV_ONESHOT, unix.EV_DISPATCH} {
		kq := queue()
		rd, wr := newPipe()
		unix.Write(wr, []byte("a"))
		check(change(kq, ev(rd, unix.EVFILT_READ, unix.EV_ADD|flag)))
		s := wait(kq) + ", " + wait(kq)
		check(change(kq, ev(rd, unix.EVFILT_READ, unix.EV_ADD|unix.EV_ENABLE|flag)))
		out = append(out, s+", "+wait(kq))
	}
	return strings.Join(out, "; ")
}

func timer() string {
	kq := queue()
	e := ev(1, unix.EVFILT_TIMER, unix.EV_ADD|unix.EV_ONESHOT)
	e.Data = 20
	start := time.Now()
	check(change(kq, e))
	s := waitFor(kq, 10*time.Second)
	if took := time.Since(start); took < 20*time.Millisecond {
		return fmt.Sprint("early: ", took)
	}
	return s + "; " + wait(kq)
}

func user() string {
	kq := queue()
	check(change(kq, ev(1, unix.EVFILT_USER, unix.EV_ADD|unix.EV_CLEAR)))
	before := wait(kq)
	e := ev(1, unix.EVFILT_USER, 0)
	e.Fflags = unix.NOTE_TRIGGER
	check(change(kq, e))
	check(change(kq, e))
	return before + "; " + wait(kq) + "; " + wait(kq)
}

// receipt adds a good and a bad descriptor while events wait that must not come.
func receipt() string {
	kq := queue()
	rd, wr := newPipe()
	unix.Write(wr, []byte("a"))
	check(change(kq, ev(rd, unix.EVFILT_READ, unix.EV_ADD)))
	changes := []unix.Kevent_t{
		ev(wr, unix.EVFILT_WRITE, unix.EV_ADD|unix.EV_RECEIPT),
		ev(900, unix.EVFILT_READ, unix.EV_ADD|unix.EV_RECEIPT),
		ev(rd, unix.EVFILT_WRITE, unix.EV_DELETE|unix.EV_RECEIPT),
	}
	n, err := unix.Kevent(kq, changes, changes, nil)
	s := fmt.Sprint(n, " ", err)
	for _, e := range changes {
		s += fmt.Sprintf(", %v %q", e.Flags&unix.EV_ERROR != 0, syscall.Errno(e.Data).Error())
	}
	return s
}

func eof() string {
	kq := queue()
	rd, wr := newPipe()
	check(change(kq, ev(rd, unix.EVFILT_READ, unix.EV_ADD)))
	unix.Write(wr, []byte("ab"))
	unix.Close(wr)
	s := wait(kq)
	rd, wr = newPipe()
	check(change(kq, ev(wr, unix.EVFILT_WRITE, unix.EV_ADD|unix.EV_ONESHOT)))
	wait(kq)
	unix.Close(rd)
	kq = queue()
	check(change(kq, ev(wr, unix.EVFILT_WRITE, unix.EV_ADD)))
	if t := wait(kq); strings.Contains(t, "eof") {
		s += "; write eof"
	}
	return s
}

func shutdown() string {
	kq := queue()
	a, _ := pair()
	check(change(kq, ev(a, unix.EVFILT_WRITE, unix.EV_ADD|unix.EV_CLEAR)))
	wait(kq)
	before := wait(kq)
	unix.Shutdown(a, unix.SHUT_WR)
	if s := wait(kq); !strings.Contains(s, "eof") {
		return s
	}
	return before + "; eof"
}

func lowat() string {
	kq := queue()
	a, b := pair()
	e := ev(a, unix.EVFILT_READ, unix.EV_ADD|unix.EV_CLEAR)
	e.Fflags, e.Data = unix.NOTE_LOWAT, 1<<31-1
	check(change(kq, e))
	unix.Write(b, []byte("abc"))
	s := wait(kq)
	unix.Shutdown(b, unix.SHUT_WR)
	return s + "; " + wait(kq)
}

// dropped closes a watched descriptor, and opens another one with its number.
func dropped() string {
	kq := queue()
	rd, wr := newPipe()
	check(change(kq, ev(rd, unix.EVFILT_READ, unix.EV_ADD)))
	unix.Write(wr, []byte("a"))
	unix.Close(rd)
	again, err := unix.Dup(0)
	check(err)
	if again != rd {
		return "another number"
	}
	err = change(kq, ev(rd, unix.EVFILT_READ, unix.EV_DELETE))
	return fmt.Sprint(err, "; ", wait(kq))
}

func signals() string {
	c := make(chan os.Signal, 1)
	signal.Notify(c, unix.SIGUSR1, unix.SIGUSR2)
	var out []string
	for range 3 {
		for _, s := range []syscall.Signal{unix.SIGUSR1, unix.SIGUSR2} {
			check(unix.Kill(unix.Getpid(), s))
			out = append(out, (<-c).String())
		}
	}
	return strings.Join(out, ", ")
}

// preempt needs the runtime's signal to stop a loop that never calls anything, and a fault that becomes a panic.
func preempt() (s string) {
	runtime.GOMAXPROCS(1)
	var stop bool
	go func() {
		for !stop {
		}
	}()
	time.Sleep(time.Millisecond)
	runtime.GC()
	defer func() { s = fmt.Sprint(recover()) }()
	var p *[4]int
	return fmt.Sprint(p[1])
}

func child() string {
	exe, err := os.Executable()
	check(err)
	out, err := exec.Command(exe, "echo").CombinedOutput()
	return fmt.Sprintf("%q %v", out, err)
}

// garbled makes a kevent whose fields are in the wrong place, as a backend would whose structure is another
// system's. An emulator that lets it pass checks nothing.
func garbled() string {
	kq := queue()
	rd, wr := newPipe()
	unix.Write(wr, []byte("a"))
	wrong := struct {
		ident         uint64
		filter, flags uint32 // netbsd's
		fflags        uint32
		data          int64
		udata         uint64
		more          [8]uint64
	}{ident: uint64(rd), flags: unix.EV_ADD}
	wrong.filter = 0 // and its number for reading
	e := (*unix.Kevent_t)(unsafe.Pointer(&wrong))
	return fmt.Sprint(change(kq, *e))
}
