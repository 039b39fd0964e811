package exchange_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/moduvex/moduvex-go/executor/modetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(modetest.In(m)) }
