package core

// A KeptHost is a Host that is valid on its own worker only. Its Kept method returns a second Host, which tasks that
// move may keep; where tasks do not move, Kept returns the Host itself.
type KeptHost interface {
	Host
	// Kept returns the same Host at each call. Its Spawn, Wake, WakeLater, Rand, Arm and Disarm may be called
	// on every worker that tasks move to. A spawn or a wake through it is handed over to the workers.
	Kept() Host
}

// Kept returns a Spawner that spawns where s does and may be kept: s itself, unless s is valid during a poll
// only, as a *Context and a wrapper of one are. A type that keeps the Spawner it is given calls Kept.
func Kept(s Spawner) Spawner {
	switch s := s.(type) {
	case *Context:
		return s.kept
	case KeptHost:
		return s.Kept()
	case interface{ KeptSpawner() Spawner }: // a wrapper
		return s.KeptSpawner()
	}
	return s
}

// CheckReach panics if a future that is polled on the Host now cannot disarm a timer that it armed on the Host
// then: the future was passed to a task of another worker while it was pending, and tasks do not move between
// the two.
func CheckReach(now, then Host) {
	if now == then {
		return
	}
	if m, ok := now.(MovingHost); ok && !m.Shares(then) {
		panic("core: a future with an armed timer was passed to another worker, which cannot disarm it: drop the future first")
	}
}
