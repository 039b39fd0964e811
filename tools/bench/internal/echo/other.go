//go:build !linux

package echo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"

	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

var errSystem = fmt.Errorf("echo: on %s: %w", runtime.GOOS, errors.ErrUnsupported)

// ErrNoCompiler is never returned here.
var ErrNoCompiler = errors.New("echo: no C compiler")

// Commands make the processes of a measurement.
type Commands struct {
	Server func(ctx context.Context) *exec.Cmd
	Load   func(ctx context.Context, c LoadConfig) *exec.Cmd
}

// Serve is not for this system.
func Serve(spec.Case, io.Reader, io.Writer) error { return errSystem }

// Load is not for this system.
func Load(LoadConfig, io.Reader, io.Writer) error { return errSystem }

// BuildC is not for this system.
func BuildC(context.Context, string) (string, error) { return "", errSystem }

// Measure is not for this system.
func Measure(context.Context, spec.Case, Commands) (spec.Sample, error) { return nil, errSystem }
