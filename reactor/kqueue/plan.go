//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package kqueue

// A change of a registration has three steps:
//
//   - plan computes the changes that lead from the filters that the kernel has to those that it is to have;
//   - Poller.submit has the kernel make them, and returns an error for each (submit.go);
//   - judge computes from the errors which filters the kernel has then, or why the change has failed (judge.go).
//
// plan and judge are pure. Poller.arrange (change.go) runs the three.

// config is how a filter is in the kernel, or is to be. The zero config is a filter that is not installed.
type config struct {
	installed bool
	flags     int  // evClear, evDispatch or evOneShot
	guard     bool // it is installed for hang-ups and errors only
}

// configs are the filters of a registration.
type configs [filters]config

// change is one change of one filter.
type change struct {
	f      filter
	action int // evAdd, perhaps with evEnable, or evDelete
	config
}

// plan appends to list the changes that lead from have to want. It adds every wanted filter, also one that the kernel
// has: the addition makes the kernel look, so that what holds at that moment is reported. It deletes a filter whose
// config changes before it adds it anew, since the kernel keeps the flags of the first addition.
//
//	| have      | want      | changes     |
//	| none      | none      | none        |
//	| none      | a config  | add         |
//	| a config  | the same  | add         |
//	| a config  | another   | delete, add |
//	| a config  | none      | delete      |
func plan(list []change, have, want configs) []change {
	for f := range filters {
		if have[f].installed && have[f] != want[f] {
			list = append(list, change{f: f, action: evDelete})
		}
		if want[f].installed {
			list = append(list, change{f, evAdd | evEnable, want[f]})
		}
	}
	return list
}

// planUndo appends to list the changes that lead from have back to want. Unlike plan it leaves a filter alone whose
// config is the same in both.
func planUndo(list []change, have, want configs) []change {
	for f := range filters {
		if have[f] == want[f] {
			have[f], want[f] = config{}, config{}
		}
	}
	return plan(list, have, want)
}
