package spec_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

func TestEveryRatioHasItsTwinInThePlan(t *testing.T) {
	for name, p := range map[string]spec.Plan{"full": spec.Full(), "smoke": spec.Smoke(), "quick": spec.Quick()} {
		for _, c := range p.Cases {
			for _, twin := range c.Twins() {
				if c.Style != spec.Empty && !slices.Contains(p.Cases, twin) {
					t.Errorf("%s: %v has no twin %v", name, c, twin)
				}
			}
		}
	}
}

func TestCasesHaveNamesOfTheirOwn(t *testing.T) {
	for name, p := range map[string]spec.Plan{"full": spec.Full(), "smoke": spec.Smoke(), "quick": spec.Quick()} {
		seen := map[string]bool{}
		for _, c := range p.Cases {
			if seen[c.String()] {
				t.Errorf("%s: there are two %v", name, c)
			}
			seen[c.String()] = true
		}
	}
}

func TestGrowthComparesTenfoldSizes(t *testing.T) {
	workloads := map[string]bool{}
	for _, pair := range spec.Full().Growth {
		small, big := pair[0], pair[1]
		if big.Live != 10*small.Live || big.Workload != spec.W8 && big.Units != 10*small.Units {
			t.Errorf("%v is not ten times %v", big, small)
		}
		big.Live, big.Units = small.Live, small.Units
		if big != small {
			t.Errorf("%v and %v differ in more than their size", pair[0], pair[1])
		}
		if small.Contender == spec.Moduvex {
			workloads[small.Workload] = true
		}
	}
	if len(workloads) != 10 {
		t.Errorf("growth of %v only", workloads)
	}
}

// Thread-per-core has a driver on each worker, so goroutines may have as many: else ours would be
// compared with half.
func TestTwinsMayHaveAsManyDrivers(t *testing.T) {
	core := spec.Case{Workload: spec.W1, Contender: spec.Moduvex, Style: spec.Poll, Workers: 2, Mode: spec.Core}
	if ts := core.Twins(); len(ts) != 2 || ts[0].Mode != "" || ts[1].Mode != spec.Drivers {
		t.Errorf("the twins of %v are %v", core, ts)
	}
	steal := core
	steal.Mode = spec.Steal
	if ts := steal.Twins(); len(ts) != 1 || ts[0].Mode != "" {
		t.Errorf("the twins of %v are %v", steal, ts)
	}
}

func TestCaseSurvivesTheWayToItsProcess(t *testing.T) {
	for _, c := range spec.Full().Cases {
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var back spec.Case
		if err := json.Unmarshal(text, &back); err != nil || back != c {
			t.Errorf("%v became %v: %v", c, back, err)
		}
	}
}

func TestConnsAreThoseOfBothManyAndTheirTwins(t *testing.T) {
	p := spec.Full()
	before := p.Conns()
	p.SetConns(100)
	if before != 18_000 || p.Conns() != 100 {
		t.Errorf("%d connections, and then %d", before, p.Conns())
	}
	for _, c := range p.Cases {
		if c.Workload != spec.W11 {
			continue
		}
		want := map[string][2]int{spec.Idle: {100, 100}, spec.Mixed: {100, 100}, spec.Load: {c.Live, 0}}[c.Part]
		if c.Live != want[0] || c.Units != want[1] || c.Part == spec.Load && c.Live < 64 {
			t.Errorf("%v", c)
		}
		if !slices.Contains(p.Cases, c.Twin()) {
			t.Errorf("%v has no twin any more", c)
		}
	}
	if (spec.Plan{}).Conns() != 0 {
		t.Error("an empty plan has connections")
	}
}
