package main

import (
	"hash/maphash"
	"time"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// A database is the stores of all workers. It has no lock, and nothing in it changes but the stores: each of them is
// used by tasks of its worker alone, between two awaits.
type database struct {
	stores *executor.WorkerLocal[store]
	seed   maphash.Seed
	shards int // the number of workers
}

func newDatabase(rt *executor.Runtime) *database {
	return &database{
		stores: executor.NewWorkerLocal(rt, func(int) store { return newStore() }),
		seed:   maphash.MakeSeed(),
		shards: rt.Workers(),
	}
}

// shard returns the number of the worker that has a key.
func (db *database) shard(key []byte) int {
	return int(maphash.Bytes(db.seed, key) % uint64(db.shards))
}

// run runs the operations of b, each on the worker that has its key, and returns when all have replied. Operations for
// one worker run in their order. On an error b must not be used again: other workers may not be through with it.
func (db *database) run(co *coro.Co, b *batch) error {
	here, _ := executor.WorkerID(co)
	var sent []joinhandle.JoinHandle[struct{}]
	for i := range b.shards {
		if i != here && len(b.shards[i]) > 0 {
			sent = append(sent, executor.SpawnValue[struct{}](executor.On(co, i), message{db, b, i}))
		}
	}
	message{db, b, here}.run(co.Context())
	for _, m := range sent {
		if _, err := m.Join(co); err != nil {
			return err
		}
	}
	return nil
}

// A message is the part of a batch that one worker runs: a task of that worker, in poll style, which is ready at its
// first poll. Its end is what the sender waits for, and makes the replies visible to it.
type message struct {
	db    *database
	b     *batch
	shard int
}

// Poll implements core.Future.
func (m *message) Poll(cx *core.Context) (struct{}, bool) {
	m.run(cx)
	return struct{}{}, true
}

func (m message) run(cx *core.Context) {
	s := m.db.stores.Get(cx)
	s.now = cx.Now()
	for _, i := range m.b.shards[m.shard] {
		op := &m.b.ops[i]
		op.reply = op.run(s, op.args)
	}
}

const (
	sweepEvery = time.Second
	sweepKeys  = 1000 // looked at each time: a sweep must not hold its worker for long
)

// sweep is a task of each worker. It removes keys that have expired and that no command looks up.
func (db *database) sweep(co *coro.Co, _ int) (struct{}, error) {
	for {
		err := executor.UntilDrain(co, func(co *coro.Co) error { return coro.Sleep(co, sweepEvery) })
		if err != nil {
			return struct{}{}, err
		}
		s := db.stores.Get(co)
		s.now = co.Context().Now()
		s.sweep(sweepKeys)
	}
}
