package stream_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/executor/modetest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(modetest.In(m)) }
