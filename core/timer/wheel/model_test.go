package wheel_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core/timer/wheel"
)

// timer is an armed entry as the reference has it.
type timer struct {
	tick int64
	seq  int
}

// reference does what the wheel does, by looking at every timer each time.
type reference struct {
	now      int64
	draining bool
	seq      int
	armed    map[*wheel.Entry]timer
	removals int  // of what was armed, since the wheel was empty last
	far      bool // an entry was armed so far ahead that its level may have to be looked at in between
}

// ticks divides without a limit, rounding as told.
func ticks(d time.Duration, up bool) int64 {
	n := big.NewInt(max(0, int64(d)))
	if up {
		n.Add(n, big.NewInt(int64(ms)-1))
	}
	return n.Quo(n, big.NewInt(int64(ms))).Int64()
}

func (r *reference) insert(e *wheel.Entry, deadline time.Duration) {
	if len(r.armed) == 0 {
		r.removals, r.far = 0, false
	}
	r.seq++
	first := r.now
	if r.draining {
		first++
	}
	tick := max(ticks(deadline, true), first)
	r.armed[e] = timer{tick: tick, seq: r.seq}
	r.far = r.far || tick-r.now >= int64(wheel.Span/ms)/2
}

func (r *reference) remove(e *wheel.Entry) bool {
	_, ok := r.armed[e]
	if ok {
		r.removals++
	}
	delete(r.armed, e)
	return ok
}

// first is the earliest tick of all.
func (r *reference) first() (tick int64, ok bool) {
	tick = math.MaxInt64
	for _, t := range r.armed {
		tick = min(tick, t.tick)
	}
	return tick, len(r.armed) > 0
}

// expire checks what the wheel returns.
func (r *reference) expire(now time.Duration, got *wheel.Entry) error {
	elapsed := ticks(now, now == math.MaxInt64)
	r.now = max(r.now, elapsed)
	first, ok := r.first()
	if !ok || first > r.now {
		r.draining = false
		if got != nil {
			return fmt.Errorf("entry of %v fired at %v, but none is due", got.Deadline(), now)
		}
		return nil
	}
	r.draining = true
	fired, ok := r.armed[got]
	if !ok || fired.tick != first {
		return fmt.Errorf("%v fired in tick %d, but an entry of tick %d is due at %v", got, fired.tick, first, now)
	}
	for e, t := range r.armed {
		if t.tick == first && t.seq < fired.seq {
			return fmt.Errorf("entry of %v fired before that of %v, armed earlier for tick %d", got.Deadline(), e.Deadline(), first)
		}
	}
	delete(r.armed, got)
	return nil
}

// next checks the time that Next returns.
func (r *reference) next(at time.Duration, ok bool) error {
	first, want := r.first()
	if ok != want {
		return fmt.Errorf("Next is %t with %d armed", ok, len(r.armed))
	}
	if ok && ticks(at, at == math.MaxInt64) > first {
		return fmt.Errorf("Next is %v, but tick %d has an entry", at, first)
	}
	if ok && !r.draining && r.removals == 0 && !r.far && ticks(at, at == math.MaxInt64) != min(first, ticks(math.MaxInt64, true)) {
		return fmt.Errorf("Next is %v, but nothing was removed, and tick %d is the first", at, first)
	}
	if ok && !r.draining && first > r.now && at != math.MaxInt64 && ticks(at, false) <= r.now {
		return fmt.Errorf("Next is %v, but nothing is due before tick %d", at, first)
	}
	return nil
}

// pair runs a wheel and the reference side by side.
type pair struct {
	w       *wheel.Wheel
	ref     reference
	now     time.Duration
	entries [24]wheel.Entry
}

func newPair(now time.Duration) *pair {
	p := &pair{w: wheel.New(now), now: now}
	p.ref.armed = make(map[*wheel.Entry]timer)
	p.ref.now = ticks(now, now == math.MaxInt64)
	return p
}

// later is now+d, as far as time goes.
func (p *pair) later(d time.Duration) time.Duration {
	if d > 0 && p.now > math.MaxInt64-d {
		return math.MaxInt64
	}
	return p.now + d
}

// touch arms, moves or removes an entry.
func (p *pair) touch(which int, deadline time.Duration, remove bool) error {
	e := &p.entries[which%len(p.entries)]
	_, armed := p.ref.armed[e]
	switch {
	case remove:
		if got, want := p.w.Remove(e), p.ref.remove(e); got != want {
			return fmt.Errorf("Remove is %t, want %t", got, want)
		}
	case armed:
		p.ref.remove(e)
		p.ref.insert(e, deadline)
		p.w.Reset(e, deadline)
	default:
		p.ref.insert(e, deadline)
		p.w.Insert(e, deadline)
	}
	return p.verify()
}

// expireOnce is one call of Expire.
func (p *pair) expireOnce() (fired bool, err error) {
	e := p.w.Expire(p.now)
	if err := p.ref.expire(p.now, e); err != nil {
		return false, err
	}
	return e != nil, p.verify()
}

func (p *pair) verify() error {
	if p.w.Len() != len(p.ref.armed) {
		return fmt.Errorf("Len is %d, want %d", p.w.Len(), len(p.ref.armed))
	}
	for i := range p.entries {
		e := &p.entries[i]
		if _, armed := p.ref.armed[e]; armed != e.Armed() {
			return fmt.Errorf("Armed is %t, want %t", e.Armed(), armed)
		}
	}
	if err := p.ref.next(p.w.Next()); err != nil {
		return err
	}
	return p.w.Check()
}

// script is a source of decisions; it ends.
type script struct{ bytes []byte }

func (s *script) next() byte {
	if len(s.bytes) == 0 {
		return 0
	}
	b := s.bytes[0]
	s.bytes = s.bytes[1:]
	return b
}

// distance is a duration of any size up to the longest one, at times negative,
// and often next to a power of two, where levels begin.
func (s *script) distance() time.Duration {
	size := s.next()
	unit := ms << (size % 44) // up to 557 years, which wraps
	if unit <= 0 {
		unit = math.MaxInt64 / 2
	}
	n := time.Duration(s.next())
	switch size / 44 {
	case 0:
		return unit
	case 1:
		return unit - n%3*ms
	case 2:
		return unit/256*n + n
	case 3:
		return n * time.Microsecond
	case 4:
		return unit + n%3
	default:
		return -n * ms / 3
	}
}

// play runs a script: its bytes choose what happens outside and inside drains.
func play(start time.Duration, bytes []byte) error {
	p := newPair(start)
	s := &script{bytes}
	for step := 0; len(s.bytes) > 0; step++ {
		if err := p.step(s); err != nil {
			return fmt.Errorf("step %d, now %v: %w", step, p.now, err)
		}
	}
	p.now = math.MaxInt64
	for {
		if fired, err := p.expireOnce(); err != nil || !fired {
			return err
		}
	}
}

func (p *pair) step(s *script) error {
	op := s.next()
	switch op % 8 {
	case 0, 1, 2, 3:
		return p.touch(int(op>>3), p.later(s.distance()), false)
	case 4:
		return p.touch(int(op>>3), 0, true)
	case 5: // sleep as a worker does
		if at, ok := p.w.Next(); ok {
			p.now = max(p.now, at)
		}
	default: // jump, perhaps back
		p.now = p.later(s.distance())
	}
	for {
		fired, err := p.expireOnce()
		if err != nil || !fired {
			return err
		}
		switch inside := s.next(); inside % 8 {
		case 0, 1, 2:
			err = p.touch(int(inside>>3), p.later(s.distance()), false)
		case 3:
			err = p.touch(int(inside>>3), p.later(-s.distance()), false)
		case 4, 5:
			err = p.touch(int(inside>>3), 0, true)
		case 6:
			return nil // break the drain off
		}
		if err != nil {
			return err
		}
	}
}

func TestRandomScriptsAgreeWithTheReference(t *testing.T) {
	scripts := 1500
	if testing.Short() {
		scripts = 400
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range scripts {
		bytes := make([]byte, 20+rng.IntN(400))
		for j := range bytes {
			bytes[j] = byte(rng.Uint32())
		}
		start := time.Duration(rng.Int64() >> rng.IntN(64))
		if err := play(start, bytes); err != nil {
			t.Fatalf("script %d, start %v: %v", i, start, err)
		}
	}
}

func FuzzWheel(f *testing.F) {
	f.Add(int64(0), []byte{0, 6, 100, 5})                       // a sleep of about 64 ms
	f.Add(int64(63*ms), []byte{0, 0, 0, 8, 6, 0, 6, 7, 0})      // over the edge of a revolution
	f.Add(int64(wheel.Span-ms), []byte{0, 36, 1, 8, 80, 2, 5})  // the maximum, from its end
	f.Add(int64(math.MaxInt64), []byte{0, 43, 0, 8, 87, 1, 5})  // no time left
	f.Add(int64(math.MinInt64), []byte{0, 1, 0, 12, 5, 4, 6})   // before the epoch
	f.Add(int64(0), []byte{0, 3, 0, 8, 3, 0, 16, 3, 0, 6, 9, 0, // removed, re-armed
		12, 0, 220, 1, 20, 6, 5, 5, 7, 220, 9}) // and broken off inside a drain
	f.Fuzz(func(t *testing.T, start int64, bytes []byte) {
		if len(bytes) > 4096 {
			t.Skip("longer scripts find nothing that short ones do not")
		}
		if err := play(time.Duration(start), bytes); err != nil {
			t.Fatal(err)
		}
	})
}
