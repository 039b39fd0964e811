package stdnet_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/moduvex/moduvex-go/executor/modetest"
)

// childVariable names one of children in the environment of a process that a test starts.
const childVariable = "STDNET_TEST_CHILD"

// children are the programs that this test binary is as a child.
var children = map[string]func() error{}

func TestMain(m *testing.M) {
	if child, ok := children[os.Getenv(childVariable)]; ok {
		if err := child(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(modetest.In(m))
}
