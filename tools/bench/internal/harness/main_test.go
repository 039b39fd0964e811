package harness_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/moduvex/moduvex-go/tools/bench/internal/harness"
	"github.com/moduvex/moduvex-go/tools/bench/internal/workload"
)

// hangs is a contender whose process does not end.
const hangs = "hangs"

// The children that tests start are this program.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == harness.ChildFlag {
		if strings.Contains(os.Args[2], hangs) {
			time.Sleep(time.Hour)
		}
		if err := harness.Child(os.Args[2], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0") // else each child of a race test ends a second late
	workload.Quiet()
	goleak.VerifyTestMain(m)
}
