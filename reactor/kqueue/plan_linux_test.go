package kqueue_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/moduvex/moduvex-go/reactor/kqueue"
	"golang.org/x/sys/unix"
)

type filters = [kqueue.Filters]kqueue.Config

// everyPair calls f with each pair of filters that a registration may have and be to have.
func everyPair(f func(have, want filters)) {
	all := everyFilters()
	for _, have := range all {
		for _, want := range all {
			f(have, want)
		}
	}
}

func everyFilters() (all []filters) {
	configs := kqueue.AllConfigs()
	for _, r := range configs {
		for _, w := range configs {
			for _, e := range configs {
				all = append(all, filters{r, w, e})
			}
		}
	}
	return all
}

// kernel is a model of what a kernel does with changes of filters.
type kernel struct {
	have   filters
	looked [kqueue.Filters]bool
}

func (k *kernel) make(list []kqueue.Step) error {
	for _, s := range list {
		switch {
		case s.Delete && !k.have[s.Filter].Installed:
			return fmt.Errorf("filter %d is deleted and not installed", s.Filter)
		case s.Delete:
			k.have[s.Filter] = kqueue.Config{}
		case !k.have[s.Filter].Installed: // else the kernel keeps the first flags
			k.have[s.Filter] = s.Config
			fallthrough
		default:
			k.looked[s.Filter] = true
		}
	}
	return nil
}

func TestAPlanLeadsFromAnyFiltersToAnyOthers(t *testing.T) {
	everyPair(func(have, want filters) {
		k := kernel{have: have}
		list := kqueue.Plan(have, want)
		if err := k.make(list); err != nil || k.have != want {
			t.Fatalf("from %v to %v: the plan %v leads to %v, %v", have, want, list, k.have, err)
		}
		for f, c := range want {
			if k.looked[f] != c.Installed {
				t.Fatalf("from %v to %v: the kernel looked at filter %d: %v", have, want, f, k.looked[f])
			}
		}
		if len(list) > 2*kqueue.Filters {
			t.Fatalf("from %v to %v: %d changes", have, want, len(list))
		}
	})
}

func TestAPlanDeletesNoFilterThatStays(t *testing.T) {
	everyPair(func(have, want filters) {
		for _, list := range [][]kqueue.Step{kqueue.Plan(have, want), kqueue.PlanUndo(have, want)} {
			for _, s := range list {
				if s.Delete && have[s.Filter] == want[s.Filter] {
					t.Fatalf("from %v to %v: filter %d is deleted", have, want, s.Filter)
				}
			}
		}
	})
}

func TestAnUndoLeadsBackAndTouchesNothingElse(t *testing.T) {
	everyPair(func(have, want filters) {
		k := kernel{have: have}
		list := kqueue.PlanUndo(have, want)
		if err := k.make(list); err != nil || k.have != want {
			t.Fatalf("from %v to %v: %v leads to %v, %v", have, want, list, k.have, err)
		}
		for _, s := range list {
			if have[s.Filter] == want[s.Filter] {
				t.Fatalf("from %v to %v: filter %d is touched", have, want, s.Filter)
			}
		}
	})
}

// fate is what becomes of one filter in a change: what it is to be, the kernel's errors for its deletion and its
// addition, and by the table of judge, whether it is left out and whether its end of the pipe is gone.
type fate struct {
	want            kqueue.Config
	deleted         bool
	onDelete, onAdd error
	leftOut, ended  bool
}

// fatesOf enumerates the table of judge for an ordinary filter or for the exceptional one.
func fatesOf(isExcept bool) (all []fate) {
	unsuited := []error{unix.EINVAL, unix.ENODEV, unix.ENXIO, unix.ENOTTY, unix.EOPNOTSUPP, unix.EPERM, unix.EACCES}
	fatal := []error{unix.ENOMEM, unix.ENOENT, errors.New("an error that no kernel returns")}
	enumerate := func(deleted bool, onDelete error) {
		all = append(all, fate{deleted: deleted, onDelete: onDelete})
		for _, want := range []kqueue.Config{{Installed: true}, {Installed: true, Guard: true}} {
			x := fate{want: want, deleted: deleted, onDelete: onDelete}
			all = append(all, x)
			x.onAdd, x.leftOut, x.ended = unix.EPIPE, true, true
			all = append(all, x)
			for _, x.onAdd = range fatal {
				x.leftOut, x.ended = false, false
				all = append(all, x)
			}
			for _, x.onAdd = range unsuited {
				x.leftOut = want.Guard || isExcept
				all = append(all, x)
			}
		}
	}
	enumerate(false, nil)
	unsuited = unsuited[:1] // they differ in the addition only
	for _, err := range []error{nil, unix.ENOENT, unix.EBADF, unix.EPIPE, unix.EINVAL} {
		enumerate(true, err)
	}
	return all
}

func TestTheVerdictOnEveryCombinationOfErrors(t *testing.T) {
	ordinary, exceptional := fatesOf(false), fatesOf(true)
	n := 0
	for _, r := range ordinary {
		for _, w := range ordinary {
			for _, e := range exceptional {
				judgeOne(t, [kqueue.Filters]fate{r, w, e})
				n++
			}
		}
		if t.Failed() {
			return
		}
	}
	t.Log(n, "combinations")
}

// judgeOne compares judge with the fates of three filters.
func judgeOne(t *testing.T, fates [kqueue.Filters]fate) {
	var list []kqueue.Step
	var errs []error
	var want, have filters
	var ended [kqueue.Filters]bool
	var refusal, failure error
	adds, watched := false, false
	fail := func(err error) {
		if failure == nil {
			failure = err
		}
	}
	for f, x := range fates {
		want[f], ended[f] = x.want, x.ended
		if !x.leftOut {
			have[f] = x.want
		}
		if x.deleted {
			list, errs = append(list, kqueue.Step{Filter: f, Delete: true}), append(errs, x.onDelete)
			if x.onDelete != unix.ENOENT {
				fail(x.onDelete)
			}
		}
		if !x.want.Installed {
			continue
		}
		adds = true
		list, errs = append(list, kqueue.Step{Filter: f, Config: x.want}), append(errs, x.onAdd)
		watched = watched || x.onAdd == nil || x.ended
		if refusal == nil {
			refusal = x.onAdd
		}
		if !x.leftOut {
			fail(x.onAdd)
		}
	}
	if adds && !watched {
		fail(refusal)
	}
	gotHave, gotEnded, err := kqueue.Judge(list, errs, want)
	if err != failure || gotHave != have || gotEnded != ended {
		t.Errorf("%v with errors %v: have %v, %v, %v; want %v, %v, %v", list, errs, gotHave, gotEnded, err, have, ended, failure)
	}
}
