package proc_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/tools/bench/internal/proc"
)

func TestMemoryIsSeen(t *testing.T) {
	before := proc.Resident()
	if before < 0 {
		t.Skip("no /proc here")
	}
	const size = 64 << 20
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(i)
	}
	full := proc.Resident()
	if more := full - before; more < size*9/10 || more > size*4 { // the race detector has its own memory for each byte
		t.Errorf("%d bytes take %d", size, more)
	}
	runtime.KeepAlive(b)
	if proc.Peak() < size {
		t.Errorf("the peak is %d", proc.Peak())
	}
	b = nil
	// The race detector takes memory when some is given back: half as much as that.
	if less := full - proc.Resident(); less < size/4 {
		t.Errorf("of %d bytes of garbage %d are gone", size, less)
	}
}

// The figures that a process reports of itself equal those that the system reports to its parent, except for the
// process's end.
func TestProcessorTimeIsWhatTheSystemCounts(t *testing.T) {
	if proc.CPU() < 0 {
		t.Skip("not known here")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, computeFlag)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	ns, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	used, counted := time.Duration(ns), cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()
	if used < computed || used > counted || used < counted/2 {
		t.Errorf("it says that it used %v of %v; the system counts %v", used, computed, counted)
	}
}

func TestChildIsOnItsProcessorAlone(t *testing.T) {
	cpus, err := proc.Processors()
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil || len(cpus) == 0 {
		t.Fatalf("%v, %v", cpus, err)
	}
	for _, on := range [][]int{cpus[:1], cpus[len(cpus)-1:], nil} {
		exe, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(exe, childFlag)
		var out strings.Builder
		cmd.Stdout = &out
		if err := proc.Start(cmd, on); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		want := on
		if on == nil {
			want = cpus
		}
		if have := strings.TrimSpace(out.String()); have != fmt.Sprint(want, " <nil>") {
			t.Errorf("it is on %s, not on %v", have, want)
		}
		if now, err := proc.Processors(); err != nil || len(now) != len(cpus) {
			t.Errorf("starting it has left this process on %v: %v", now, err)
		}
	}
}

func TestTooManyDescriptorsAreRefusedWithAHint(t *testing.T) {
	if err := proc.NeedFiles(100); errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	// No system allows as many as that, not even to root.
	err := proc.NeedFiles(math.MaxInt)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprint(math.MaxInt, " descriptors are needed")) || !strings.Contains(err.Error(), "ulimit -n") {
		t.Errorf("%v", err)
	}
}

func TestAsManyDescriptorsAsThereAreAreHad(t *testing.T) {
	few, err := proc.Files(100)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil || few != 100 {
		t.Errorf("%d of 100: %v", few, err)
	}
	most, err := proc.Files(math.MaxInt)
	if err != nil || most < few || most == math.MaxInt {
		t.Fatalf("%d: %v", most, err)
	}
	if err := proc.NeedFiles(most); err != nil {
		t.Errorf("those %d are not there: %v", most, err)
	}
}
