package kqueue

// Filters is the number of filters that a registration may have.
const Filters = int(filters)

// Config is a config with its fields exported.
type Config struct {
	Installed bool
	Flags     int
	Guard     bool
}

// Step is a change with its fields exported.
type Step struct {
	Filter int
	Delete bool
	Config Config
}

// AllConfigs returns every config that a filter can have.
func AllConfigs() []Config {
	return []Config{
		{},
		{Installed: true},
		{Installed: true, Flags: evClear},
		{Installed: true, Flags: evDispatch},
		{Installed: true, Flags: evOneShot},
		{Installed: true, Flags: evClear, Guard: true},
		{Installed: true, Guard: true},
	}
}

// Plan is plan.
func Plan(have, want [Filters]Config) []Step { return steps(plan(nil, inner(have), inner(want))) }

// PlanUndo is planUndo.
func PlanUndo(have, want [Filters]Config) []Step {
	return steps(planUndo(nil, inner(have), inner(want)))
}

// Judge is judge.
func Judge(list []Step, errs []error, want [Filters]Config) (have [Filters]Config, ended [Filters]bool, err error) {
	var changes [2 * filters]change
	for i, s := range list {
		changes[i] = change{filter(s.Filter), evAdd | evEnable, config{s.Config.Installed, s.Config.Flags, s.Config.Guard}}
		if s.Delete {
			changes[i].action = evDelete
		}
	}
	v := judge(changes[:len(list)], errs, inner(want))
	for f, c := range v.have {
		have[f] = Config{c.installed, c.flags, c.guard}
	}
	return have, v.ended, v.err
}

func inner(all [Filters]Config) (out configs) {
	for f, c := range all {
		out[f] = config{c.Installed, c.Flags, c.Guard}
	}
	return out
}

func steps(list []change) (out []Step) {
	for _, c := range list {
		out = append(out, Step{int(c.f), c.action == evDelete, Config{c.installed, c.flags, c.guard}})
	}
	return out
}
