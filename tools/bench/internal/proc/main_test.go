package proc_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/moduvex/moduvex-go/tools/bench/internal/proc"
)

// childFlag makes this program print the processors it may use, and exit.
const childFlag = "-child"

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == childFlag {
		fmt.Println(proc.Processors())
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}
