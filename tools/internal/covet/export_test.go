package covet

import (
	"maps"
	"slices"
)

// Root is the path that names of this repository's functions and types lack.
const Root = root

// Functions returns the names of the functions that the checks know.
func Functions() []string {
	return slices.Concat(
		slices.Collect(maps.Keys(deriving)),
		slices.Collect(maps.Keys(elsewhere)),
		slices.Collect(maps.Keys(spawns)),
		slices.Collect(maps.Keys(blocking)),
		slices.Collect(maps.Keys(movers)),
		[]string{"compat/taskctx.Std", "core/coro.WithGroup", "core/coro.Co.Suspend", "core/coro.Co.Yield"},
	)
}

// Types returns the names of the types that the checks know.
func Types() []string {
	names := []string{"core/coro.Co", "core.Spawner", "core.Context", "joinhandle.JoinHandle"}
	for _, p := range pinned {
		names = append(names, p.path+"."+p.name)
	}
	return names
}
