package stdnet_test

import (
	"errors"
	"testing"

	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/core"
)

func TestTheErrorOfACallOnAWorkerIsANestedOne(t *testing.T) {
	if !errors.Is(stdnet.ErrOnWorker, core.ErrNested) || errors.Is(stdnet.ErrForeign, core.ErrNested) {
		t.Errorf("%v, %v", stdnet.ErrOnWorker, stdnet.ErrForeign)
	}
}
