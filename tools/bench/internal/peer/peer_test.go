package peer_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/moduvex/moduvex-go/tools/bench/internal/peer"
)

func startChild(t *testing.T) *peer.Process {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p, err := peer.Start(exec.Command(exe, childFlag), nil)
	if err != nil {
		t.Fatal(err)
	}
	if word, err := p.Line(); err != nil || word != "hello" {
		t.Fatalf("%q, %v", word, err)
	}
	return p
}

func TestEachLineGetsItsReply(t *testing.T) {
	p := startChild(t)
	for _, line := range []string{"a", "abc", "ab"} {
		var n int
		if err := p.Request(line, &n); err != nil || n != len(line) {
			t.Errorf("%q: %d, %v", line, n, err)
		}
	}
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
}

func TestStopSaysWhyTheProcessFailed(t *testing.T) {
	p := startChild(t)
	var n int
	if err := p.Request("", &n); err == nil || !strings.Contains(err.Error(), "has ended") {
		t.Errorf("the request: %v", err)
	}
	if err := p.Stop(); err == nil || !strings.Contains(err.Error(), "an empty line") {
		t.Errorf("the end: %v", err)
	}
}
