package echo

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/moduvex/moduvex-go/tools/bench/internal/peer"
	"github.com/moduvex/moduvex-go/tools/bench/internal/proc"
	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

//go:embed c/epoll.c
var cSource []byte

// ErrNoCompiler says that there is nothing to compile the C server with.
var ErrNoCompiler = errors.New("echo: no C compiler: install gcc, or name one in CC")

// BuildC compiles the C server into dir and returns its path.
func BuildC(ctx context.Context, dir string) (string, error) {
	compiler := ""
	for _, name := range []string{os.Getenv("CC"), "gcc", "cc", "clang"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			compiler = path
			break
		}
	}
	if compiler == "" {
		return "", ErrNoCompiler
	}
	source, program := filepath.Join(dir, "epoll.c"), filepath.Join(dir, "epoll")
	if err := os.WriteFile(source, cSource, 0o666); err != nil {
		return "", err
	}
	text, err := exec.CommandContext(ctx, compiler, "-O2", "-o", program, source).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("echo: %s: %w\n%s", compiler, err, text)
	}
	return program, nil
}

// Commands make the processes of a measurement.
type Commands struct {
	Server func(ctx context.Context) *exec.Cmd
	Load   func(ctx context.Context, c LoadConfig) *exec.Cmd
}

// Measure puts a server under load.
//
// A server that is pinned has the first processor to itself, and the load has the others. On one
// processor both share it.
func Measure(ctx context.Context, c spec.Case, cmds Commands) (s spec.Sample, err error) {
	if err := proc.NeedFiles(c.Live + 64); err != nil {
		return nil, err
	}
	var serverOn, loadOn []int
	if c.Pinned {
		cpus, err := proc.Processors()
		if err != nil {
			return nil, err
		}
		if len(cpus) > 1 {
			serverOn, loadOn = cpus[:1], cpus[1:]
		}
	}
	server, err := peer.Start(cmds.Server(ctx), serverOn)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	addr, err := server.Line()
	if err != nil {
		return nil, err
	}
	empty, err := requestUsage(server, "memory")
	if err != nil {
		return nil, err
	}
	load, err := peer.Start(cmds.Load(ctx, LoadConfig{Addr: addr, Conns: c.Live}), loadOn)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(load.Stop(), err) }() // first, so that the server sees the connections end
	if word, err := load.Line(); err != nil || word != "connected" {
		return nil, fmt.Errorf("the load says %q, %w", word, err)
	}
	idle, err := requestUsage(server, "memory")
	if err != nil {
		return nil, err
	}
	if _, err := requestRun(load, c.Units/10); err != nil {
		return nil, err
	}
	before, err := requestUsage(server, "usage")
	if err != nil {
		return nil, err
	}
	r, err := requestRun(load, c.Units)
	if err != nil {
		return nil, err
	}
	after, err := requestUsage(server, "usage")
	if err != nil {
		return nil, err
	}
	if r.Requests != c.Units {
		return nil, fmt.Errorf("%d of %d requests got a reply", r.Requests, c.Units)
	}
	us := func(d time.Duration) float64 { return float64(d) / 1e3 }
	return spec.Sample{
		spec.CPUNs:      float64(after.CPUNs-before.CPUNs) / float64(r.Requests),
		spec.Ns:         float64(r.Wall) / float64(r.Requests),
		spec.LoadNs:     float64(r.CPU) / float64(r.Requests),
		spec.LoadBusy:   100 * float64(r.CPU) / float64(r.Wall),
		spec.ServerBusy: 100 * float64(after.CPUNs-before.CPUNs) / float64(r.Wall),
		spec.Rate:       float64(r.Requests) / r.Wall.Seconds(),
		spec.P50Us:      us(r.P50),
		spec.P99Us:      us(r.P99),
		spec.P999Us:     us(r.P999),
		spec.RSS:        float64(idle.Resident) / 1e6,
		spec.TaskBytes:  float64(idle.Resident-empty.Resident) / float64(c.Live),
	}, nil
}

func requestUsage(p *peer.Process, line string) (u usage, err error) { return u, p.Request(line, &u) }

func requestRun(p *peer.Process, n int) (r LoadReport, err error) {
	return r, p.Request(fmt.Sprintf("run %d", n), &r)
}
