package workload_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/moduvex/moduvex-go/tools/bench/internal/workload"
)

func TestMain(m *testing.M) {
	workload.Quiet()
	goleak.VerifyTestMain(m)

}
