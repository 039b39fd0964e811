package executor

import "github.com/moduvex/moduvex-go/core"

// Named returns a spawner that passes its tasks to s, and gives them a name that reports and the log
// show: see [TaskInfo].
func Named(s core.Spawner, name string) core.Spawner { return named{s, name} }

type named struct {
	core.Spawner
	name string
}

// KeptSpawner is for core.Kept.
func (n named) KeptSpawner() core.Spawner { return named{core.Kept(n.Spawner), n.name} }

func (n named) Spawn(r core.Task) error {
	asTask(r).SetName(n.name)
	return n.Spawner.Spawn(r)
}
