package closed_test

import (
	"errors"
	"testing"

	"github.com/moduvex/moduvex-go/core"
	"github.com/moduvex/moduvex-go/core/internal/closed"
	"github.com/moduvex/moduvex-go/core/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.VerifyTestMain(m) }

func TestASentinelIsOneOfItsOwnAndMatchesTheSharedOne(t *testing.T) {
	a, b := closed.Error("a: closed"), closed.Error("a: closed")
	if a == b || errors.Is(a, b) {
		t.Error("two sentinels match each other")
	}
	if !errors.Is(a, core.ErrClosed) || a.Error() != "a: closed" {
		t.Errorf("%v does not match core.ErrClosed, or has another text", a)
	}
}
