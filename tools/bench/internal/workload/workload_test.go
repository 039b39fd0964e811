package workload_test

import (
	"errors"
	"runtime"
	"testing"

	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
	"github.com/moduvex/moduvex-go/tools/bench/internal/workload"
)

// Every case of the smoke plan runs, and so does its tenfold, but under -short. Each checks its own result.
func TestEveryCaseRuns(t *testing.T) {
	p := spec.Smoke()
	cases := p.Cases
	if !testing.Short() {
		for _, pair := range p.Growth {
			cases = append(cases, pair[:]...)
		}
	}
	seen := map[spec.Case]bool{}
	for _, c := range cases {
		if c.Workload == spec.W8 || c.Workload == spec.W11 || seen[c] {
			continue
		}
		seen[c] = true
		t.Run(c.String(), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(c.Workers))
			s, err := workload.Run(c)
			if err != nil {
				t.Fatal(err)
			}
			if v, ok := s[spec.Primary(c)]; !ok && runtime.GOOS != "windows" || v < 0 {
				t.Errorf("%s is %v, among %v", spec.Primary(c), v, s)
			}
		})
	}
}

func TestUnknownCaseIsRefused(t *testing.T) {
	_, err := workload.Run(spec.Case{Workload: spec.W1, Contender: "nobody"})
	if !errors.Is(err, workload.ErrUnknown) {
		t.Error(err)
	}
}
