package runq

// Search looks for tasks in the rings of the other workers and in the injector, unless enough workers do so, and
// reports whether the worker has tasks now. If it returns false, the worker goes to sleep.
func (st *Stealer) Search() bool {
	if st == nil {
		return false
	}
	if !st.searching {
		act, _ := st.shared.idle.apply(idleSearch, st.id)
		if act != idleSteal {
			return false
		}
		st.searching = true
	}
	if st.steal() {
		st.EndSearch()
		return true
	}
	return false
}

func (st *Stealer) steal() bool {
	st.counts.Searches++
	others := st.shared.stealers
	start := st.dice.IntN(len(others))
	for i := range others {
		victim := others[(start+i)%len(others)]
		if victim == st {
			continue
		}
		if stolen := st.ring.stealFrom(victim.ring); stolen != 0 {
			st.counts.Steals++
			st.counts.Stolen += uint64(stolen)
			return true
		}
	}
	st.TakeShare()
	return !st.own.Empty()
}

// EndSearch notes that the worker has tasks, whether its search found them or not: a worker that polls is not
// counted as a searcher. If the worker was the last searcher, EndSearch looks for tasks that were left to this
// search: see idle.go. It does nothing if the worker does not search.
func (st *Stealer) EndSearch() {
	if st == nil || !st.searching {
		return
	}
	st.searching = false
	if act, _ := st.shared.idle.apply(idleFound, st.id); act == idleReplace && st.shared.anyWork(st) {
		st.shared.wakeOne()
	}
}

// AnnounceSleep tells the others that the worker goes to sleep: the sleeper's first two steps of idle.go. The worker
// then parks its inbox, and sleeps if Asleep still says so. In any case it calls WakeUp afterwards.
func (st *Stealer) AnnounceSleep() {
	if st == nil {
		return
	}
	e := idleSleep
	if st.searching {
		e = idleGiveUp
		st.searching = false
	}
	if act, _ := st.shared.idle.apply(e, st.id); act == idleLook && st.shared.anyWork(nil) {
		st.shared.wakeOne()
	}
}

// Asleep reports whether the worker, which has announced its sleep, was not chosen to search since.
func (st *Stealer) Asleep() bool { return st == nil || st.shared.idle.load().asleep(st.id) }

// WakeUp ends what AnnounceSleep began. A worker that was chosen searches from then on.
func (st *Stealer) WakeUp() {
	if st == nil {
		return
	}
	act, _ := st.shared.idle.apply(idleWake, st.id)
	st.searching = act == idleSteal
}
