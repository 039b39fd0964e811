package core_test

import (
	"strings"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/coretest"
)

// A wandering host has another one to be kept, and says whether tasks move to the host reaches.
type wandering struct {
	*coretest.Host
	kept, reaches core.Host
}

func (w wandering) Kept() core.Host             { return w.kept }
func (w wandering) Shares(other core.Host) bool { return other == w.reaches }

// A wrapper of a Spawner, as one that names tasks is.
type wrapper struct{ core.Spawner }

func (w wrapper) KeptSpawner() core.Spawner { return wrapper{core.Kept(w.Spawner)} }

func TestWhatIsKeptOfAContextIsItsHostToKeep(t *testing.T) {
	home, kept := coretest.New(1), coretest.New(1)
	defer home.Close()
	defer kept.Close()
	w := wandering{Host: home, kept: kept}
	cx := core.NewContext(w)
	if cx.Host() != kept || cx.Worker() != w {
		t.Error("Host or Worker is not what it should be")
	}
	for name, c := range map[string]struct{ have, want core.Spawner }{
		"a context":             {core.Kept(cx), kept},
		"its worker":            {core.Kept(cx.Worker()), kept},
		"a wrapper of it":       {core.Kept(wrapper{cx}), wrapper{kept}},
		"a host that stays":     {core.Kept(home), home},
		"a context that stays":  {core.Kept(core.NewContext(home)), home},
		"a wrapper that stays":  {core.Kept(wrapper{home}), wrapper{home}},
		"a wrapper twice round": {core.Kept(wrapper{wrapper{cx}}), wrapper{wrapper{kept}}},
	} {
		if c.have != c.want {
			t.Errorf("%s: kept is %v, want %v", name, c.have, c.want)
		}
	}
}

func TestCheckReach(t *testing.T) {
	a, b := coretest.New(1), coretest.New(1)
	defer a.Close()
	defer b.Close()
	for name, c := range map[string]struct {
		now, then core.Host
		panics    bool
	}{
		"the same":             {a, a, false},
		"no word about moving": {a, b, false},
		"tasks move":           {wandering{Host: a, reaches: b}, b, false},
		"tasks stay":           {wandering{Host: a}, b, true},
	} {
		func() {
			defer func() {
				v, _ := recover().(string)
				if panics := strings.Contains(v, "passed to another worker"); panics != c.panics {
					t.Errorf("%s: panicked with %q", name, v)
				}
			}()
			core.CheckReach(c.now, c.then)
		}()
	}
}

func TestAContextAtRestKeepsNoTask(t *testing.T) {
	h := coretest.New(1)
	defer h.Close()
	cx := core.NewContext(h)
	cx.ForHost().Begin(core.WakerFunc(func() {}))
	cx.SwapValues((*core.Values)(nil).With(key{}, 1))
	cx.SwapWaker(core.WakerFunc(func() {}))
	cx.ForHost().Clear()
	if w := cx.Waker(); w != nil {
		t.Error("it has a waker")
	}
	if cx.Values() != nil || cx.Value(key{}) != nil {
		t.Error("it has values")
	}
	cx.ForHost().Begin(nil)
}

type key struct{}
