package nettest

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// Children are what a test binary does instead of testing, by its first argument: what needs a process of its own.
type Children map[string]func() error

// Main does that, and ends the process, if the first argument names one of them. TestMain calls it.
func (cs Children) Main() {
	if len(os.Args) < 2 {
		return
	}
	child, ok := cs[os.Args[1]]
	if !ok {
		return
	}
	if err := child(); err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// RunChild runs the child with this argument and returns its output. It ends the test if the child fails.
func RunChild(tb testing.TB, arg string) []byte {
	tb.Helper()
	exe, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := exec.Command(exe, arg).CombinedOutput()
	if err != nil {
		tb.Fatalf("%v\n%s", err, out)
	}
	return out
}
