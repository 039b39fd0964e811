package proc_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/moduvex/moduvex-go/tools/bench/internal/proc"
)

const (
	// childFlag makes this program print the processors it may use, and exit.
	childFlag = "-child"
	// computeFlag makes it compute for as long as computed, print the processor time that it has used then, and exit.
	computeFlag = "-compute"
)

// computed is far more than it takes a program to start and to end.
const computed = 200 * time.Millisecond

// compute uses up computed of processor time, if proc.CPU counts it, and prints how much that is.
func compute() {
	used := proc.CPU()
	for begin := time.Now(); used < computed && time.Since(begin) < time.Minute; {
		now := proc.CPU()
		if now < used {
			fmt.Println("it goes back from", used, "to", now)
		}
		used = now
	}
	fmt.Println(int64(used))
}

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == childFlag {
		fmt.Println(proc.Processors())
		os.Exit(0)
	}
	if len(os.Args) == 2 && os.Args[1] == computeFlag {
		compute()
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}
