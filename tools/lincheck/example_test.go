package lincheck_test

import (
	"fmt"

	"github.com/moduvex/moduvex-go/tools/lincheck"
)

// Two clients try to take the one permit at the same time. One of them gets it; that both do, no
// order explains.
func ExampleCheck() {
	for _, answer := range []lincheck.Outcome{lincheck.Refused, lincheck.Done} {
		var h lincheck.History
		a, b := h.Log(), h.Log()
		beginA, beginB := a.Now(), b.Now()
		a.Add(beginA, a.Now(), lincheck.TryAcquire{N: 1}, answer)
		b.Add(beginB, b.Now(), lincheck.TryAcquire{N: 1}, lincheck.Done)
		fmt.Println(answer, lincheck.Check(lincheck.Permits(1, true), &h, 0))
	}
	// Output:
	// refused Ok
	// done Illegal
}
