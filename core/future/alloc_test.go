package future_test

import (
	"fmt"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/future"
)

// parked is a child that is pending, and keeps the waker of its last poll as a wait queue would.
type parked struct{ waker core.Waker }

func (p *parked) Poll(cx *core.Context) (int, bool) {
	p.waker = cx.Waker()
	return 0, false
}

// pollers are the combinators around n parked children.
func pollers(n int) map[string]func(fs []core.Future[int]) core.Future[any] {
	out := make(map[string]func(fs []core.Future[int]) core.Future[any])
	for _, c := range combinators {
		if c.children <= n {
			out[c.name] = c.combine
		}
	}
	return out
}

func parkedFutures(n int) (fs []core.Future[int], ps []*parked) {
	for range n {
		p := &parked{}
		fs, ps = append(fs, p), append(ps, p)
	}
	return fs, ps
}

func TestPollsAllocateNothing(t *testing.T) {
	const n = 100
	for name, combine := range pollers(n) {
		fs, ps := parkedFutures(n)
		f := combine(fs)
		cx := core.NewContext(newHost(t))
		w := core.WakerFunc(func() {})
		cx.ForHost().Begin(w)
		f.Poll(cx)
		if avg := testing.AllocsPerRun(100, func() {
			for _, p := range ps[:3] {
				if p.waker != nil {
					p.waker.Wake()
				}
			}
			cx.ForHost().Begin(w)
			f.Poll(cx)
		}); avg != 0 {
			t.Errorf("%s: %v allocations a poll, want 0", name, avg)
		}
	}
}

func TestConstructorsAllocateTheFutureOnly(t *testing.T) {
	one := future.Ready(1)
	var sink any
	for _, c := range []struct {
		name string
		want float64
		make func()
	}{
		{"Ready", 1, func() { sink = future.Ready(1) }},
		{"Pending", 0, func() { sink = future.Pending[int]() }},
		{"Yield", 1, func() { sink = future.Yield() }},
		{"Map", 1, func() { sink = future.Map(one, func(v int) int { return v }) }},
		{"Then", 1, func() { sink = future.Then(one, future.Ready[int]) }},
		{"Join2", 1, func() { sink = future.Join2(one, one) }},
		{"Join3", 1, func() { sink = future.Join3(one, one, one) }},
		{"Select2", 1, func() { sink = future.Select2(one, one) }},
		{"Race", 2, func() { sink = future.Race(one, one) }},
	} {
		if have := testing.AllocsPerRun(100, c.make); have != c.want {
			t.Errorf("%s: %v allocations, want %v", c.name, have, c.want)
		}
	}
	_ = sink
}

func BenchmarkPollPending(b *testing.B) {
	for _, c := range combinators {
		b.Run(c.name, func(b *testing.B) {
			fs, _ := parkedFutures(c.children)
			f := c.combine(fs)
			cx := core.NewContext(newHost(b))
			w := core.WakerFunc(func() {})
			b.ReportAllocs()
			for b.Loop() {
				cx.ForHost().Begin(w)
				f.Poll(cx)
			}
		})
	}
}

// BenchmarkJoinAll joins n children that become ready one after the other, each with a poll of its
// own: here, polling all of them each time would be quadratic.
func BenchmarkJoinAll(b *testing.B) {
	for _, n := range []int{4, 16, 17, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			cx := core.NewContext(newHost(b))
			w := core.WakerFunc(func() {})
			b.ReportAllocs()
			for b.Loop() {
				gates := make([]gate, n)
				fs := make([]core.Future[int], n)
				for i := range fs {
					fs[i] = &gates[i]
				}
				f := future.JoinAll(fs)
				cx.ForHost().Begin(w)
				f.Poll(cx)
				for i := range gates {
					gates[i].open = true
					gates[i].waker.Wake()
					cx.ForHost().Begin(w)
					f.Poll(cx)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/child")
		})
	}
}

type gate struct {
	open  bool
	waker core.Waker
}

func (g *gate) Poll(cx *core.Context) (int, bool) {
	g.waker = cx.Waker()
	return 0, g.open
}

func BenchmarkYield(b *testing.B) {
	h := newHost(b)
	cx := core.NewContext(h)
	w := core.WakerFunc(func() {})
	b.ReportAllocs()
	for b.Loop() {
		f := future.Yield()
		cx.ForHost().Begin(w)
		f.Poll(cx)
		f.Poll(cx)
	}
}
