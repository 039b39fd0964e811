package echo

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

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
	server, err := start(cmds.Server(ctx), serverOn)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	addr, err := server.line()
	if err != nil {
		return nil, err
	}
	empty, err := server.usage("memory")
	if err != nil {
		return nil, err
	}
	load, err := start(cmds.Load(ctx, LoadConfig{Addr: addr, Conns: c.Live}), loadOn)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(load.stop(), err) }() // first, so that the server sees the connections end
	if word, err := load.line(); err != nil || word != "connected" {
		return nil, fmt.Errorf("the load says %q, %w", word, err)
	}
	idle, err := server.usage("memory")
	if err != nil {
		return nil, err
	}
	if _, err := load.run(c.Units / 10); err != nil {
		return nil, err
	}
	before, err := server.usage("usage")
	if err != nil {
		return nil, err
	}
	r, err := load.run(c.Units)
	if err != nil {
		return nil, err
	}
	after, err := server.usage("usage")
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

// A process is a server or a load.
type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr strings.Builder
}

func start(cmd *exec.Cmd, cpus []int) (*process, error) {
	p := &process{cmd: cmd}
	cmd.Stderr = &p.stderr
	var err error
	if p.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	return p, proc.Start(cmd, cpus)
}

// stop closes the input of the process, which ends it, and returns its error.
func (p *process) stop() error {
	p.in.Close()
	_, err := io.Copy(io.Discard, p.out)
	if e := p.cmd.Wait(); e != nil {
		return fmt.Errorf("%w: %s", e, strings.TrimSpace(p.stderr.String()))
	}
	return err
}

func (p *process) line() (string, error) {
	text, err := p.out.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("%s has ended: %w", filepath.Base(p.cmd.Path), err)
	}
	return strings.TrimSpace(text), nil
}

func (p *process) request(line string, reply any) error {
	if _, err := fmt.Fprintln(p.in, line); err != nil {
		return err
	}
	text, err := p.line()
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), reply)
}

func (p *process) usage(line string) (u usage, err error) { return u, p.request(line, &u) }

func (p *process) run(n int) (r LoadReport, err error) {
	return r, p.request(fmt.Sprintf("run %d", n), &r)
}
