package executor_test

import (
	"flag"
	"os"
	"testing"

	"github.com/moduvex/moduvex-go/executor/modetest"
	"go.uber.org/goleak"
)

// childEnv names the function of children that the process is to run in place of the tests.
const childEnv = "EXECUTOR_TEST_CHILD"

// children are what tests run in a process of its own: code that ends the process, or needs one to
// itself.
var children = map[string]func(){}

func TestMain(m *testing.M) {
	flag.Parse()
	if child, ok := children[os.Getenv(childEnv)]; ok {
		child()
		return
	}
	goleak.VerifyTestMain(modetest.In(m))
}
