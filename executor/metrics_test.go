package executor_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/internal/runq"
	"github.com/moduvex/moduvex-go/executor/modetest"
)

// less returns what has been counted since before.
func less(now, before executor.Counters) executor.Counters {
	return executor.Counters{
		Spawned: now.Spawned - before.Spawned, Completed: now.Completed - before.Completed,
		Cancelled: now.Cancelled - before.Cancelled, Panicked: now.Panicked - before.Panicked,
		Polls: now.Polls - before.Polls, HandedOn: now.HandedOn - before.HandedOn, BudgetYields: now.BudgetYields - before.BudgetYields,
		WakesLocal: now.WakesLocal - before.WakesLocal, WakesRemote: now.WakesRemote - before.WakesRemote,
		Spins: now.Spins - before.Spins, SpinHits: now.SpinHits - before.SpinHits, Parks: now.Parks - before.Parks, Notifies: now.Notifies - before.Notifies,
		Searches: now.Searches - before.Searches, Steals: now.Steals - before.Steals,
		Stolen: now.Stolen - before.Stolen, Overflows: now.Overflows - before.Overflows,
	}
}

// sumOf adds the counters of all workers.
func sumOf(workers []executor.WorkerMetrics) (s executor.Counters) {
	for _, w := range workers {
		s = less(s, less(executor.Counters{}, w.Counters))
	}
	return s
}

// Each worker is given a work of its own size, and counts just that.
func TestCountersOfEachWorkerMatchItsWork(t *testing.T) {
	rt, all := seats(t)
	fakes := all[0].fakes
	settled(t, rt)
	before := rt.Metrics()
	const yields = 10
	for i := range rt.Workers() {
		s := rt.On(i)
		for range i + 1 { // one that yields: yields+1 polls
			left := yields
			joinOK(t, executor.Spawn(s, future.Func(func(cx *core.Context) (int, bool) {
				left--
				cx.Yield()
				return 0, left < 0
			})))
		}
		for range 2 * (i + 1) { // one that panics
			joinPanicked(t, executor.Spawn(s, onFirstPoll(explode)))
		}
		operations := core.DefaultBudget * (i + 1) // one whose budget is spent i times: it finds it so
		joinOK(t, executor.Spawn(s, future.Func(func(cx *core.Context) (int, bool) {
			for operations > 0 {
				if !cx.Spend() {
					return 0, false
				}
				operations--
			}
			return 0, true
		})))
		g := &gate{} // one that is woken by tasks on the same worker, and aborted
		h := executor.Spawn[int](s, g)
		g.polled(t, 1)
		for n := range int64(i + 1) {
			joinOK(t, executor.Spawn(s, future.Func(func(cx *core.Context) (int, bool) {
				g.mu.Lock()
				k := g.waker
				g.mu.Unlock()
				cx.Wake(k)
				return 0, true
			})))
			g.polled(t, n+2)
		}
		settled(t, rt) // an abort during the poll would end the task with it
		h.Abort()
		joinCancelled(t, h)
	}
	settled(t, rt)
	m := rt.Metrics()
	for i, w := range m.Workers {
		n := uint64(i + 1)
		d := less(w.Counters, before.Workers[i].Counters)
		spawned := n + 2*n + 1 + 1 + n
		want := executor.Counters{
			Spawned: spawned, Completed: spawned - 1, Cancelled: 1, Panicked: 2 * n,
			Polls:        n*(yields+1) + 2*n + n + (1 + n + 1) + n, // the abort takes a poll too
			BudgetYields: n - 1,
			WakesLocal:   n,
			WakesRemote:  spawned + 1, // the abort
			Spins:        d.Spins, SpinHits: d.SpinHits,
			Parks: d.Parks, Notifies: d.Notifies, Searches: d.Searches,
		}
		if d != want {
			t.Errorf("worker %d counts\n%+v, want\n%+v", i, d, want)
		}
		if n := uint64(fakes[i].Calls("notify")); w.Notifies != n {
			t.Errorf("worker %d counts %d notifies, its poller %d", i, w.Notifies, n)
		}
		if w.Parks < w.Notifies || w.ID != i || w.Name != fmt.Sprintf("moduvex/%d", i) || !w.Parked || w.Registrations != 0 {
			t.Errorf("worker %d is described as %d, %q, parked: %t, with %d parks and %d registrations", i, w.ID, w.Name, w.Parked, w.Parks, w.Registrations)
		}
	}
	if sum := sumOf(m.Workers); sum != m.Stats.Counters {
		t.Errorf("the workers together count\n%+v, the runtime\n%+v", sum, m.Stats.Counters)
	}
}

func TestTheftsAreCounted(t *testing.T) {
	rt := tasksMove(t, executor.Options{})
	for _, tasks := range []int{100, 5000} {
		var elsewhere atomic.Int64
		joinOK(t, executor.Go(rt.On(0), func(co *coro.Co) (int, error) {
			for range tasks {
				executor.Spawn(co, future.Func(func(cx *core.Context) (int, bool) {
					if id, _ := executor.WorkerID(cx); id != 0 {
						elsewhere.Add(1)
					}
					cx.Yield()
					return 0, elsewhere.Load() > 0
				}))
			}
			return 0, nil
		}))
		eventually(t, "the tasks end", func() bool { return rt.Stats().Live == 0 })
	}
	settled(t, rt)
	m := rt.Metrics()
	if m.Steals == 0 || m.Stolen < m.Steals || m.Searches < m.Steals {
		t.Errorf("counted: %d thefts of %d tasks in %d searches", m.Steals, m.Stolen, m.Searches)
	}
	if sum := sumOf(m.Workers); sum != m.Stats.Counters {
		t.Errorf("the workers together count\n%+v, the runtime\n%+v", sum, m.Stats.Counters)
	}
	if m.Spawned != m.Completed+m.Cancelled || m.Queued != 0 {
		t.Errorf("spawned: %d, completed: %d, queued: %d", m.Spawned, m.Completed, m.Queued)
	}
}

// A worker that is alone searches before each of its sleeps.
//
// Regression: the search before a sleep was shown only when the sleep was over.
func TestSearchBeforeASleepIsCounted(t *testing.T) {
	if !modetest.First() {
		return
	}
	rt := startRuntime(t, executor.Options{Scheduling: executor.WorkStealing, Workers: 1})
	for range 20 {
		settled(t, rt)
		if s := rt.Stats(); s.Parks == 0 || s.Searches < s.Parks {
			t.Fatalf("%d searches are counted before %d sleeps", s.Searches, s.Parks)
		}
		alive(t, rt)
	}
}

func TestOverflowsAreCounted(t *testing.T) {
	rt := startRuntime(t, executor.Options{})
	const tasks = runq.Size + 500
	joinOK(t, executor.Go(rt.On(0), func(co *coro.Co) (int, error) {
		for range tasks {
			executor.Spawn(rt.On(0), future.Ready(0)) // through the inbox, all at once
		}
		return 0, nil
	}))
	eventually(t, "the tasks end", func() bool { return rt.Stats().Live == 0 })
	settled(t, rt)
	if n := rt.Metrics().Workers[0].Overflows; n != tasks-runq.Size {
		t.Errorf("of %d tasks at once %d overflowed, and %d fit", tasks, n, runq.Size)
	}
}

// The bounds are checked against the definition: four buckets for each power of two, from 4 ns on.
func TestHistogramBounds(t *testing.T) {
	if !modetest.First() {
		return
	}
	var want []time.Duration
	for d := time.Duration(1); d < 4; d++ {
		want = append(want, d)
	}
	for power := 2; len(want) < executor.HistogramBuckets-1; power++ {
		for sub := range 4 {
			want = append(want, time.Duration(4+sub)<<(power-2))
		}
	}
	want = append(want[:executor.HistogramBuckets-1], math.MaxInt64)
	lower := time.Duration(0)
	for i, upper := range want {
		if b := executor.HistogramBound(i); b != upper {
			t.Fatalf("bucket %d ends before %d, want %d", i, b, upper)
		}
		for _, d := range []time.Duration{lower, lower + (upper-lower)/2, upper - 1} {
			if b := executor.BucketOf(d); b != i {
				t.Fatalf("%d ns is counted in bucket %d, want %d: from %d to before %d", d, b, i, lower, upper)
			}
		}
		if i > 4 && i < len(want)-1 && 4*(upper-lower) > lower {
			t.Fatalf("bucket %d, from %d to before %d, is wider than a quarter of its start", i, lower, upper)
		}
		lower = upper
	}
	for _, d := range []time.Duration{-1, math.MinInt64} {
		if b := executor.BucketOf(d); b != 0 {
			t.Errorf("%d ns is counted in bucket %d", d, b)
		}
	}
	if b := executor.BucketOf(math.MaxInt64); b != executor.HistogramBuckets-1 {
		t.Errorf("the longest duration is counted in bucket %d", b)
	}
}

func TestHistogramAgainstASortedReference(t *testing.T) {
	if !modetest.First() {
		return
	}
	rng := rand.New(rand.NewPCG(7, 7))
	var h, other executor.Histogram
	_, hasMean := h.Mean()
	if _, hasQuantile := h.Quantile(0.5); h.Count() != 0 || hasMean || hasQuantile || h.String() != "no samples" {
		t.Errorf("an empty histogram has %d durations, a mean: %v, a quantile: %v, and is %v", h.Count(), hasMean, hasQuantile, h)
	}
	var all []time.Duration
	for i := range 10_000 {
		d := time.Duration(rng.Int64N(1 << rng.IntN(42)))
		all = append(all, d)
		part := &h
		if i%3 == 0 {
			part = &other
		}
		part.Counts[executor.BucketOf(d)]++
		part.Sum += d
	}
	h.Add(&other)
	slices.Sort(all)
	sum := time.Duration(0)
	for _, d := range all {
		sum += d
	}
	mean, ok := h.Mean()
	if h.Count() != uint64(len(all)) || h.Sum != sum || mean != sum/time.Duration(len(all)) || !ok {
		t.Errorf("it says %d durations, %v together, %v each, %v", h.Count(), h.Sum, mean, ok)
	}
	last, _ := h.Quantile(1)
	if got, ok := h.Quantile(math.NaN()); got != last || !ok {
		t.Errorf("the quantile of no number is %v, %v, want the last: %v", got, ok, last)
	}
	for _, q := range []float64{math.Inf(-1), -1, 0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.9999, 1, 2, math.Inf(1)} {
		rank := int(math.Ceil(min(max(q, 0), 1) * float64(len(all))))
		exact := all[max(rank, 1)-1]
		if got, ok := h.Quantile(q); got <= exact || got > exact+exact/4+1 || !ok {
			t.Errorf("quantile %v is %v, %v, exactly %v", q, got, ok, exact)
		}
	}
}

// Every 256th poll of a worker is timed; under Instrument all are, and each worker's latencies too.
func TestPollsAreTimed(t *testing.T) {
	for _, instrument := range []bool{false, true} {
		t.Run(fmt.Sprint("instrument ", instrument), func(t *testing.T) {
			rt := startRuntime(t, executor.Options{Instrument: instrument})
			for i := range rt.Workers() {
				left := 1000 * (i + 1)
				joinOK(t, executor.Spawn(rt.On(i), future.Func(func(cx *core.Context) (int, bool) {
					left--
					cx.Yield()
					return 0, left == 0
				})))
			}
			settled(t, rt)
			for i, w := range rt.Metrics().Workers {
				timed, latencies := w.Polls/executor.SampleEach, uint64(0)
				if instrument {
					timed, latencies = w.Polls, w.Polls
				}
				if n := w.PollTime.Count(); n != timed {
					t.Errorf("worker %d timed %d of %d polls, want %d", i, n, w.Polls, timed)
				}
				if n := w.ScheduleLatency.Count(); n != latencies {
					t.Errorf("worker %d took the latency of %d of %d polls, want %d", i, n, w.Polls, latencies)
				}
			}
		})
	}
}

// A task is ready while its worker is held, then polled for a while, then waits for a while. No time is
// less than what it took for sure.
func TestTimesOfATaskAreNotLessThanTheyWere(t *testing.T) {
	for _, style := range []string{"poll", "direct"} {
		t.Run(style, func(t *testing.T) {
			const while = 3 * time.Millisecond
			rt := startRuntime(t, executor.Options{Instrument: true, LongPollThreshold: -1})
			g := &gate{}
			f := future.Func(func(cx *core.Context) (int, bool) {
				for begin := time.Now(); time.Since(begin) < while; {
				}
				return g.Poll(cx)
			})
			last := rt.Workers() - 1
			release := make(chan struct{})
			holding := make(chan struct{})
			holder := executor.Spawn(rt.On(last), future.Func(func(*core.Context) (int, bool) {
				close(holding)
				<-release
				return 0, true
			}))
			receive(t, "the worker is held", holding)
			h := await(rt.On(last), style, f)
			time.Sleep(while) // it is ready for so long, at least
			close(release)
			joinOK(t, holder)
			g.polled(t, 1)
			settled(t, rt)
			time.Sleep(while) // and waits for so long
			s := statusOf(t, rt, h.ID())
			if s.Polls != 1 || s.Scheduled < while || s.Busy < while || s.Idle < while {
				t.Errorf("the task had %d polls, scheduled %v, busy %v, idle %v; want 1 and at least %v", s.Polls, s.Scheduled, s.Busy, s.Idle, while)
			}
			w := rt.Metrics().Workers[last]
			polled, _ := w.PollTime.Quantile(1)
			ready, _ := w.ScheduleLatency.Quantile(1)
			if w.PollTime.Sum < while || w.ScheduleLatency.Sum < while || polled < while || ready < while {
				t.Errorf("the worker polled for %v in sum, after %v", w.PollTime.Sum, w.ScheduleLatency.Sum)
			}
			g.Open()
			joinOK(t, h)
		})
	}
}

func TestMetricsSayOfWhichRuntimeAndSinceWhen(t *testing.T) {
	before := time.Now()
	m := startRuntime(t, executor.Options{Name: "db"}).Metrics()
	if m.Name != "db" || m.Since.Before(before) || m.Since.After(time.Now()) {
		t.Errorf("have %q since %v, made after %v", m.Name, m.Since, before)
	}
	if m := startRuntime(t, executor.Options{}).Metrics(); m.Name != "moduvex" {
		t.Errorf("the default name is %q", m.Name)
	}
}

// Snapshots are taken all the time while the workers run. The race detector looks on.
func TestSnapshotsWhileWorkersRun(t *testing.T) {
	rt := startRuntime(t, executor.Options{Instrument: true})
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			last := executor.Stats{}
			for {
				select {
				case <-stop:
					return
				default:
				}
				m := rt.Metrics()
				if m.Polls < last.Polls || m.Spawned < last.Spawned || m.Completed < last.Completed {
					t.Errorf("a counter went back: %+v after %+v", m.Stats, last)
				}
				last = m.Stats
				if sum := sumOf(m.Workers); sum != m.Counters {
					t.Errorf("the workers have %+v, and all of them %+v", sum, m.Counters)
				}
				ids := uint64(0)
				for _, s := range rt.Tasks() {
					if s.ID <= ids || s.Busy < 0 || s.String() == "" {
						t.Errorf("task %d after task %d, busy %v", s.ID, ids, s.Busy)
					}
					ids = s.ID
				}
			}
		})
	}
	spawnFromMany(t, rt, 200)
	var wakes sync.WaitGroup
	for range 4 {
		wakes.Go(func() {
			for range 50 {
				h := executor.Go(executor.Named(rt, "sleeper"), func(co *coro.Co) (int, error) {
					child := executor.Go(co, func(co *coro.Co) (int, error) { return 0, coro.Sleep(co, 10*time.Microsecond) })
					_, err := executor.Blocking(co, func() (int, error) { return 0, nil })
					if err != nil {
						return 0, err
					}
					return child.Join(co)
				})
				if _, err := h.Wait(within(t)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	ends(t, "the tasks", wakes.Wait)
	close(stop)
	wg.Wait()
}
