package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moduvex/moduvex-go/tools/bench/internal/echo"
	"github.com/moduvex/moduvex-go/tools/bench/internal/report"
	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
	"github.com/moduvex/moduvex-go/tools/bench/internal/web"
)

// A Runner runs plans.
type Runner struct {
	Exe     string        // the program, which calls [Child]
	CServer string        // the echo server in C; "" if there is none
	Timeout time.Duration // of one measurement; it only ends what hangs
	Log     io.Writer     // gets a line for each measurement
}

// Run measures plan in so many rounds and reports what there is, also with an error, which says what has
// failed.
func (r *Runner) Run(ctx context.Context, plan spec.Plan, rounds int) (*report.Report, error) {
	cases := slices.DeleteFunc(slices.Clone(plan.Cases), func(c spec.Case) bool { return c.Contender == spec.RawC && r.CServer == "" })
	results := map[spec.Case][]spec.Sample{}
	failed := r.rounds(ctx, "", cases, rounds, results)

	var extra []spec.Case
	for _, pair := range plan.Growth {
		for _, c := range pair {
			if !slices.Contains(cases, c) && !slices.Contains(extra, c) {
				extra = append(extra, c)
			}
		}
	}
	failed = errors.Join(failed, r.rounds(ctx, "growth, ", extra, min(rounds, plan.GrowthRounds), results))

	rep := &report.Report{Machine: report.ThisMachine(), Small: plan.Small, Rounds: rounds, Growth: plan.Growth}
	for i, c := range slices.Concat(cases, extra) {
		if len(results[c]) > 0 {
			rep.Results = append(rep.Results, report.Result{Case: c, GrowthOnly: i >= len(cases), Samples: results[c]})
		}
	}
	return rep, failed
}

// rounds measures all cases in each round. Every second round goes backwards, so that no case always follows the same
// one.
func (r *Runner) rounds(ctx context.Context, what string, cases []spec.Case, n int, results map[spec.Case][]spec.Sample) error {
	var failed []error
	dead := map[spec.Case]bool{} // a case that has failed is not tried again: rounds must stay aligned
	for round := range n {
		order := slices.Clone(cases)
		if round%2 == 1 {
			slices.Reverse(order)
		}
		for i, c := range order {
			if dead[c] || ctx.Err() != nil {
				continue
			}
			begin := time.Now()
			s, err := r.Measure(ctx, c)
			if err != nil {
				dead[c] = true
				delete(results, c)
				failed = append(failed, err)
				fmt.Fprintf(r.Log, "%v: FAIL: %v\n", c, err)
				continue
			}
			results[c] = append(results[c], s)
			key := spec.Primary(c)
			fmt.Fprintf(r.Log, "%sround %d/%d, %d/%d, %.1f s: %v: %s %.4g\n", what, round+1, n, i+1, len(order), time.Since(begin).Seconds(), c, key, s[key])
		}
	}
	return errors.Join(append(failed, ctx.Err())...)
}

// Measure measures c once.
func (r *Runner) Measure(ctx context.Context, c spec.Case) (s spec.Sample, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, r.Timeout, fmt.Errorf("it took longer than %v", r.Timeout))
	defer cancel()
	switch c.Workload {
	case spec.W8:
		s, err = r.echo(ctx, c)
	case spec.W11:
		s, err = web.Measure(ctx, c, web.Commands{
			Server: func(ctx context.Context, c spec.Case) *exec.Cmd {
				return r.command(ctx, c.Workers, childArgs{Role: roleServe, Case: c})
			},
			Client: func(ctx context.Context, l web.ClientConfig) *exec.Cmd {
				return r.command(ctx, c.Workers, childArgs{Role: roleClient, Client: l})
			},
		})
	default:
		s, err = r.inProcess(ctx, c)
	}
	if err != nil {
		return nil, fmt.Errorf("%v: %w", c, errors.Join(err, context.Cause(ctx)))
	}
	return s, nil
}

func (r *Runner) echo(ctx context.Context, c spec.Case) (spec.Sample, error) {
	return echo.Measure(ctx, c, echo.Commands{
		Server: func(ctx context.Context) *exec.Cmd {
			if c.Contender == spec.RawC {
				return exec.CommandContext(ctx, r.CServer)
			}
			return r.command(ctx, c.Workers, childArgs{Role: roleServe, Case: c})
		},
		Load: func(ctx context.Context, l echo.LoadConfig) *exec.Cmd {
			return r.command(ctx, 1, childArgs{Role: roleLoad, Load: l})
		},
	})
}

func (r *Runner) inProcess(ctx context.Context, c spec.Case) (s spec.Sample, err error) {
	cmd := r.command(ctx, c.Workers, childArgs{Role: roleMeasure, Case: c})
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, strings.TrimSpace(stderr.String()))
	}
	return s, json.Unmarshal(text, &s)
}

// command makes a child. The settings of the garbage collector in the environment are not passed on: they
// would be measured.
func (r *Runner) command(ctx context.Context, procs int, a childArgs) *exec.Cmd {
	text, err := json.Marshal(a)
	if err != nil {
		panic(err) // it is made of strings and numbers
	}
	cmd := exec.CommandContext(ctx, r.Exe, ChildFlag, string(text))
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains([]string{"GOMAXPROCS", "GOGC", "GOMEMLIMIT", "GODEBUG"}, name)
	})
	cmd.Env = append(cmd.Env, "GOMAXPROCS="+strconv.Itoa(procs))
	return cmd
}
