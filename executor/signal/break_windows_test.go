package signal_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/signal"
	"golang.org/x/sys/windows"
)

func init() { children["wait"] = waitForBreaks }

// waitForBreaks receives two signals, one after the other, and says so.
func waitForBreaks() {
	s := signal.NewStream(os.Interrupt)
	defer s.Close()
	_, err := executor.Run(context.Background(), executor.Options{}, func(co *coro.Co) (int, error) {
		for range 2 {
			fmt.Println("ready")
			sig, err := s.Recv(co)
			if err != nil {
				return 0, err
			}
			fmt.Println("got", sig)
		}
		return 0, nil
	})
	fmt.Println("end", err)
}

// Regression: signals were pending for ever on Windows, and a second one never arrived anywhere.
func TestCtrlBreakArrivesAgainAndAgain(t *testing.T) {
	ctx, cancel := within()
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=wait")
	// A group of its own, or Ctrl-Break would be for this process as well.
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	lines := bufio.NewScanner(out)
	for _, want := range []string{"ready", "got interrupt", "ready", "got interrupt", "end <nil>"} {
		if !lines.Scan() {
			t.Fatalf("it ended before %q: %v", want, lines.Err())
		}
		if lines.Text() != want {
			t.Fatalf("it says %q, want %q", lines.Text(), want)
		}
		if want == "ready" {
			if err := windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(cmd.Process.Pid)); err != nil {
				t.Fatalf("Ctrl-Break cannot be sent: %v", err)
			}
		}
	}
}
