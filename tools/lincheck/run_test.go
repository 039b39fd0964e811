package lincheck_test

import (
	"context"
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
	"github.com/moduvex/moduvex-go/tools/lincheck"
)

var (
	seedFlag   = flag.Uint64("lincheck.seed", 0, "repeat the histories of this `seed` only")
	roundsFlag = flag.Int("lincheck.rounds", 0, "`number` of histories of each test in each mode; 0 is the default of the test")
	htmlFlag   = flag.String("lincheck.html", "", "draw the history that fails into this `file`")
)

const (
	// checkLimit bounds the search in one history. It usually takes a few milliseconds; but if the system
	// stops a worker amid an operation, all other operations are concurrent with that one.
	checkLimit = 2 * time.Second
	// brokenLimit bounds the search in a history of a broken object: it can take long, and the next
	// history will do as well.
	brokenLimit = time.Second / 10
	// brokenRounds is how many such histories may be legal.
	brokenRounds = 300
	// hangLimit bounds clients, which usually take a few milliseconds. A client that has not ended by
	// then waits for a wake that was lost.
	hangLimit = 30 * time.Second
)

// A mode is a way to run the clients. With one worker a seed repeats its history exactly, unless a mutex is handed over,
// which depends on the time; with more it repeats what the clients try, and the result depends on the workers' speed.
type mode struct {
	name    string
	options executor.Options
}

var modes = []mode{
	{"one worker", executor.Options{Workers: 1}},
	{"thread per core", executor.Options{Workers: 3}},
	{"work stealing", executor.Options{Workers: 3, Scheduling: executor.WorkStealing}},
}

// spawner returns where client i runs.
func (m mode) spawner(rt *executor.Runtime, i int) core.Spawner {
	if m.options.Scheduling == executor.WorkStealing {
		return rt
	}
	return rt.On(i % rt.Workers())
}

// A scenario makes the clients of one history, and the model that it must agree with.
type scenario func(rnd *rand.Rand) (porcupine.Model, []func(co *coro.Co, c *client) error)

// A client is a task that operates on what is tested.
type client struct {
	*lincheck.Log
	id     int
	rnd    *rand.Rand
	rt     *executor.Runtime
	others []*client
	ids    int
	// cancel ends the operation in the scope that is open, if one is. The client stores it; the
	// other clients load and call it.
	cancel atomic.Pointer[func(cause error)]
}

var errDisturbed = errors.New("another client has cancelled this")

// history runs the clients of a scenario.
func history(t *testing.T, m mode, seed uint64, s scenario) (porcupine.Model, *lincheck.History) {
	t.Helper()
	m.options.Seed = seed
	rt, err := executor.New(m.options)
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	h := new(lincheck.History)
	model, bodies := s(rand.New(rand.NewPCG(seed, 0)))
	clients := make([]*client, len(bodies))
	for i := range clients {
		clients[i] = &client{Log: h.Log(), id: i, rnd: rand.New(rand.NewPCG(seed, uint64(i+1))), rt: rt, others: clients}
	}
	handles := make([]joinhandle.JoinHandle[struct{}], len(bodies))
	start := executor.Go(rt.On(0), func(co *coro.Co) (struct{}, error) { // one worker runs none before all are there
		for i, body := range bodies {
			handles[i] = executor.Go(m.spawner(rt, i), func(co *coro.Co) (struct{}, error) {
				return struct{}{}, body(co, clients[i])
			})
		}
		return struct{}{}, nil
	})
	if _, err := start.Wait(context.Background()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(context.Background(), hangLimit)
	defer stop()
	for i, handle := range handles {
		if _, err := handle.Wait(ctx); err != nil {
			t.Fatalf("%s, -lincheck.seed=%d: client %d: %v", m.name, seed, i, err)
		}
	}
	return model, h
}

// holds checks that histories of s agree with their model. Few may be undecided.
func holds(t *testing.T, rounds int, s scenario) {
	switch {
	case *roundsFlag > 0:
		rounds = *roundsFlag
	case testing.Short():
		rounds = (rounds + 3) / 4
	}
	first := uint64(time.Now().UnixNano())
	if *seedFlag != 0 {
		first, rounds = *seedFlag, 1
	}
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			undecided := 0
			for seed := first; seed < first+uint64(rounds) && !t.Failed(); seed++ {
				model, h := history(t, m, seed, s)
				switch lincheck.Check(model, h, checkLimit) {
				case porcupine.Illegal:
					visualize(t, model, h)
					t.Errorf("%s, -lincheck.seed=%d: no order of the operations explains their results", m.name, seed)
				case porcupine.Unknown:
					t.Logf("%s, -lincheck.seed=%d: not decided within %v", m.name, seed, checkLimit)
					undecided++
				}
				if undecided > 1+rounds/20 {
					t.Fatalf("%d histories were not decided: they are too long to check", undecided)
				}
			}
		})
	}
}

// fails checks that some history of s, which is broken, is illegal in each mode. It may take several rounds until the
// fault takes effect.
func fails(t *testing.T, s scenario) {
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			first := uint64(time.Now().UnixNano())
			for seed := first; seed < first+brokenRounds; seed++ {
				model, h := history(t, m, seed, s)
				if lincheck.Check(model, h, brokenLimit) == porcupine.Illegal {
					return
				}
			}
			t.Errorf("was not detected in %d histories", brokenRounds)
		})
	}
}

func TestOneWorkerRepeatsTheHistoryOfASeed(t *testing.T) {
	for name, s := range map[string]scenario{
		"semaphore": lockScenario(newSemaphore), "channel": channelScenario(intact), "watch": watchScenario(whole),
	} {
		const seed = 7
		_, first := history(t, modes[0], seed, s)
		_, again := history(t, modes[0], seed, s)
		if !reflect.DeepEqual(first.Operations(), again.Operations()) {
			t.Errorf("%s: the seed %d gave two histories", name, seed)
		}
	}
}

// visualize logs what was recorded, and the operation that ends the longest order which works. It
// draws it where the flag says.
func visualize(t *testing.T, model porcupine.Model, h *lincheck.History) {
	ops := h.Operations()
	for i, op := range ops {
		t.Logf("#%d  %4d to %4d  client %d  %T%+v = %v", i, op.Call, op.Return, op.ClientId, op.Input, op.Input, op.Output)
	}
	_, info := porcupine.CheckOperationsVerbose(model, ops, checkLimit)
	var longest []int
	for _, order := range info.PartialLinearizations()[0] {
		if len(order) > len(longest) {
			longest = order
		}
	}
	stuck := -1
	for i, op := range ops {
		if !slices.Contains(longest, i) && (stuck < 0 || op.Return < ops[stuck].Return) {
			stuck = i
		}
	}
	t.Logf("what fits nowhere in the longest order that was found is #%d; the order ends in %v", stuck, longest[max(0, len(longest)-20):])
	if *htmlFlag == "" {
		return
	}
	f, err := os.Create(*htmlFlag)
	if err == nil {
		err = errors.Join(porcupine.Visualize(model, info, f), f.Close())
	}
	if err != nil {
		t.Error(err)
	}
}

// newID numbers an operation.
func (c *client) newID() int {
	c.ids++
	return c.id*1_000_000 + c.ids
}

// do records f, which does not wait.
func (c *client) do(op any, f func() any) {
	begin := c.Now()
	answer := f()
	c.Add(begin, c.Now(), op, answer)
}

// one reports true once in n times.
func (c *client) one(n int) bool { return c.rnd.IntN(n) == 0 }

// pause yields some times, or not at all.
func (c *client) pause(co *coro.Co) {
	for range c.rnd.IntN(4) {
		co.Yield()
	}
}

// disturb cancels the operation of another client, if that is in one that can be cancelled.
func (c *client) disturb() {
	if cancel := c.others[c.rnd.IntN(len(c.others))].cancel.Load(); cancel != nil {
		(*cancel)(errDisturbed)
	}
}

// cancellable runs body where others may cancel it, with a co that fails then.
func (c *client) cancellable(co *coro.Co, body func(co *coro.Co)) {
	coro.WithCancel(co, func(co *coro.Co, cancel func(error)) error {
		c.cancel.Store(&cancel)
		body(co)
		c.cancel.Store(nil)
		return nil
	})
}

// blocked runs body on a goroutine that it may block, where others may cancel its ctx. With one worker it runs direct
// instead, as cancellable does, because nothing determines when a goroutine runs.
func (c *client) blocked(co *coro.Co, direct func(co *coro.Co), body func(ctx context.Context)) {
	if c.rt.Workers() == 1 {
		c.cancellable(co, direct)
		return
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	disturbed := func(cause error) { cancel(&coro.CancelError{Cause: cause}) }
	c.cancel.Store(&disturbed)
	executor.Blocking(co, func() (struct{}, error) {
		body(ctx)
		return struct{}{}, nil
	})
	c.cancel.Store(nil)
}

// aborted runs body as a task of its own, perhaps on another worker, and aborts it at some time. It returns when the
// task began and ended, and whether it was aborted before its end.
func (c *client) aborted(co *coro.Co, body func(co *coro.Co)) (begin, end int64, aborted bool) {
	begin = c.Now()
	pauses := c.rnd.IntN(4)
	child := executor.Go(core.Spawner(c.rt), func(co *coro.Co) (struct{}, error) {
		body(co)
		for range pauses {
			if err := co.Yield(); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	c.pause(co)
	child.Abort()
	_, err := child.Join(co)
	return begin, c.Now(), err != nil
}
