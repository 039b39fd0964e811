package core_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core"
)

func TestOutcomeString(t *testing.T) {
	for o, want := range map[core.Outcome]string{
		core.Parked: "parked", core.Again: "again", core.Done: "done", core.Done + 1: "invalid",
	} {
		if have := o.String(); have != want {
			t.Errorf("have %q, want %q", have, want)
		}
	}
}
