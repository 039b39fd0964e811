//go:build unix

package signal_test

import (
	"context"
	"fmt"
	"os"
	ossignal "os/signal"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/executor/modetest"
	"github.com/moduvex/moduvex-go/executor/signal"
)

// catch sends the process sig, which s must receive.
func catch(s *signal.Stream, sig syscall.Signal) {
	ctx, cancel := within()
	defer cancel()
	syscall.Kill(os.Getpid(), sig)
	if got, err := s.RecvWait(ctx); err != nil || got != sig {
		fmt.Println("received", got, err)
		os.Exit(1)
	}
	fmt.Println("received", sig)
}

func init() {
	children["close gives back"] = func() {
		s := signal.NewStream(syscall.SIGINT)
		catch(s, syscall.SIGINT)
		catch(s, syscall.SIGINT)
		s.Close()
		die(syscall.SIGINT)
	}
	children["the last close gives back"] = func() {
		s, s2 := signal.NewStream(syscall.SIGINT, syscall.SIGTERM), signal.NewStream(syscall.SIGINT)
		s.Close()
		catch(s2, syscall.SIGINT)
		s2.Close()
		die(syscall.SIGINT)
	}
	children["opened again"] = func() {
		signal.NewStream(syscall.SIGTERM).Close()
		s := signal.NewStream(syscall.SIGTERM)
		catch(s, syscall.SIGTERM)
		s.Close()
		die(syscall.SIGTERM)
	}
	children["SIGTERM not asked for"] = func() {
		s := signal.NewStream(syscall.SIGINT)
		catch(s, syscall.SIGINT)
		die(syscall.SIGTERM)
	}
	children["SIGINT not asked for"] = func() {
		s := signal.NewStream(syscall.SIGTERM)
		catch(s, syscall.SIGTERM)
		die(syscall.SIGINT)
	}
	children["a second kind"] = func() {
		s := signal.NewStream(syscall.SIGTERM, syscall.SIGINT)
		catch(s, syscall.SIGTERM)
		catch(s, syscall.SIGINT)
		s.Close()
		die(syscall.SIGINT)
	}
	children["refused"] = func() {
		if panicOf(func() { signal.NewStream(syscall.SIGINT, nil) }) == nil {
			os.Exit(1)
		}
		die(syscall.SIGINT)
	}
}

// Regression: SIGINT and SIGTERM were both taken over, whichever of them the stream was for, and never given back.
func TestOnlyWhatIsAskedForIsTakenOverAndThenGivenBack(t *testing.T) {
	if !modetest.First() {
		return
	}
	tests := []struct {
		child string
		dies  syscall.Signal
		wrote string
	}{
		{"close gives back", syscall.SIGINT, "received interrupt\nreceived interrupt\n"},
		{"the last close gives back", syscall.SIGINT, "received interrupt\n"},
		{"opened again", syscall.SIGTERM, "received terminated\n"},
		{"SIGTERM not asked for", syscall.SIGTERM, "received interrupt\n"},
		{"SIGINT not asked for", syscall.SIGINT, "received terminated\n"},
		{"a second kind", syscall.SIGINT, "received terminated\nreceived interrupt\n"},
		{"refused", syscall.SIGINT, ""},
	}
	for _, tt := range tests {
		t.Run(tt.child, func(t *testing.T) {
			if ossignal.Ignored(tt.dies) {
				t.Skip("the parent process made this one ignore ", tt.dies)
			}
			sig, out := runChild(t, tt.child)
			if sig != tt.dies || out != tt.wrote {
				t.Errorf("the process died of %q, want %q; it wrote %q, want %q", sig, tt.dies, out, tt.wrote)
			}
		})
	}
}

func TestAStreamGetsOnlyItsKinds(t *testing.T) {
	if !modetest.First() {
		return
	}
	s, other := signal.NewStream(syscall.SIGUSR1), signal.NewStream(syscall.SIGUSR2)
	raise(t, syscall.SIGUSR2)
	raise(t, syscall.SIGUSR1)
	s.Close()
	other.Close()
	wantRest(t, s, syscall.SIGUSR1)
	wantRest(t, other, syscall.SIGUSR2)
}

func TestStoppingAStreamLeavesOthersOfOSSignalAlone(t *testing.T) {
	if !modetest.First() {
		return
	}
	raise(t, syscall.SIGUSR1) // the channel of raise is there now
	s := signal.NewStream(syscall.SIGUSR1)
	ctx, stop := ossignal.NotifyContext(context.Background(), syscall.SIGUSR1)
	defer stop()
	s.Close()
	raise(t, syscall.SIGUSR1)
	receive(t, "the context is cancelled", ctx.Done())
}
