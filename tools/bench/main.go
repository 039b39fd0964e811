package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"time"

	"github.com/moduvex/moduvex-go/tools/bench/internal/echo"
	"github.com/moduvex/moduvex-go/tools/bench/internal/harness"
	"github.com/moduvex/moduvex-go/tools/bench/internal/report"
	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
	"github.com/moduvex/moduvex-go/tools/bench/internal/web"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == harness.ChildFlag {
		if err := harness.Child(os.Args[2], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run is the command.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var (
		smoke   = flags.Bool("smoke", false, "a short round of everything, small")
		quick   = flags.Bool("quick", false, "print the figures of this runtime beside goroutines and the epoll loop in Go only: name, value, bound, ok or miss")
		rounds  = flags.Int("rounds", 5, "how often everything is measured; 1 with -smoke, and 3 with -quick unless it is given")
		only    = flags.String("run", "", "measure only cases whose name matches this `regexp`; see -list")
		growth  = flags.Bool("growth", true, "also measure how the costs grow with the size, which takes most of the time of a full run")
		list    = flags.Bool("list", false, "print the names of the cases and exit")
		out     = flags.String("out", "", "save the report into this `folder`")
		from    = flags.String("from", "", "measure nothing, and take the report from this JSON `file`")
		readme  = flags.String("readme", "", "put the summary between the marks in this `file`")
		conns   = flags.Int("conns", 0, "how many connections wait in W11, of as many clients as that needs; 0 is 18,000, and few with -smoke")
		timeout = flags.Duration("timeout", 10*time.Minute, "when a measurement that hangs is given up")
	)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if *from != "" {
		return fromFile(*from, *readme, *out, stdout)
	}
	plan := spec.Full()
	switch {
	case *smoke:
		plan, *rounds = spec.Smoke(), 1
	case *quick && (*out != "" || *readme != ""):
		return errors.New("-quick makes no report for -out or -readme")
	case *quick:
		plan = spec.Quick()
		if !given(flags, "rounds") {
			*rounds = 3
		}
	}
	if *rounds < 1 {
		return fmt.Errorf("-rounds %d: there must be one", *rounds)
	}
	pattern, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	plan = selected(plan, pattern)
	if *conns < 0 {
		return fmt.Errorf("-conns %d: there must be some", *conns)
	}
	if err := fitConns(&plan, *conns, stderr); err != nil {
		return err
	}
	if !*growth {
		plan.Growth = nil
	}
	if *list {
		for _, c := range plan.Cases {
			fmt.Fprintln(stdout, c)
		}
		return nil
	}
	if len(plan.Cases) == 0 {
		return fmt.Errorf("-run %s matches no case", *only)
	}
	rep, failed := measure(ctx, plan, *rounds, *timeout, stderr)
	if rep == nil {
		return failed
	}
	if *quick && !*smoke {
		return errors.Join(failed, rep.WriteFigures(stdout))
	}
	return errors.Join(failed, save(rep, *readme, *out, stdout))
}

// given reports whether the command line has the flag.
func given(flags *flag.FlagSet, name string) (is bool) {
	flags.Visit(func(f *flag.Flag) { is = is || f.Name == name })
	return is
}

// selected leaves in plan what pattern matches, and what this system can do.
func selected(plan spec.Plan, pattern *regexp.Regexp) spec.Plan {
	drop := func(c spec.Case) bool {
		return !pattern.MatchString(c.String()) || (c.Workload == spec.W8 || c.Workload == spec.W11) && runtime.GOOS != "linux"
	}
	plan.Cases = slices.DeleteFunc(plan.Cases, drop)
	plan.Growth = slices.DeleteFunc(plan.Growth, func(pair [2]spec.Case) bool { return drop(pair[0]) && drop(pair[1]) })
	return plan
}

// fitConns sets the number of W11's connections to want, unless that is 0, or to as many as a process may have; then it logs that.
func fitConns(plan *spec.Plan, want int, log io.Writer) error {
	planned := plan.Conns()
	if planned == 0 {
		return nil
	}
	if want == 0 {
		want = planned
	}
	have, err := web.FitConns(want)
	if err != nil {
		return err
	}
	if have < 2 {
		return fmt.Errorf("W11: this process may have too few descriptors: raise the limit (ulimit -n)")
	}
	if have < want {
		fmt.Fprintf(log, "W11 has %d connections and not %d, for a process may have no more descriptors: raise the limit (ulimit -n)\n", have, want)
	}
	plan.SetConns(have)
	return nil
}

// measurable removes from plan what needs wrk, if there is no wrk: the error says so.
func measurable(plan *spec.Plan, log io.Writer) error {
	needsWrk := func(c spec.Case) bool { return c.Workload == spec.W11 && c.Part == spec.Load }
	if !slices.ContainsFunc(plan.Cases, needsWrk) {
		return nil
	}
	_, err := web.Wrk()
	if err != nil {
		fmt.Fprintln(log, "the load of W11 is left out:", err)
		plan.Cases = slices.DeleteFunc(plan.Cases, needsWrk)
	}
	return err
}

func measure(ctx context.Context, plan spec.Plan, rounds int, timeout time.Duration, log io.Writer) (*report.Report, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	r := &harness.Runner{Exe: exe, Timeout: timeout, Log: log}
	if slices.ContainsFunc(plan.Cases, func(c spec.Case) bool { return c.Contender == spec.RawC }) {
		dir, err := os.MkdirTemp("", "bench-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		r.CServer, err = echo.BuildC(ctx, dir)
		if errors.Is(err, echo.ErrNoCompiler) {
			fmt.Fprintln(log, "the echo loop in C is left out:", err)
		} else if err != nil {
			return nil, err
		}
	}
	missing := measurable(&plan, log)
	rep, failed := r.Run(ctx, plan, rounds)
	return rep, errors.Join(missing, failed)
}

// fromFile makes everything again from a JSON report.
func fromFile(name, readme, out string, stdout io.Writer) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	rep, err := report.Read(f)
	if err != nil {
		return err
	}
	return save(rep, readme, out, stdout)
}

// save prints the report, and saves it where it is wanted.
func save(rep *report.Report, readme, out string, stdout io.Writer) error {
	if err := rep.WriteMarkdown(stdout); err != nil {
		return err
	}
	if out != "" {
		if err := os.MkdirAll(out, 0o777); err != nil {
			return err
		}
		files := map[string]func(io.Writer) error{"report.json": rep.WriteJSON, "report.md": rep.WriteMarkdown}
		for _, p := range rep.Pictures() {
			files[p.Name] = func(w io.Writer) error { return rep.WriteSVG(w, p) }
		}
		for name, write := range files {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(out, name), b.Bytes(), 0o666); err != nil {
				return err
			}
		}
	}
	if readme == "" {
		return nil
	}
	text, err := os.ReadFile(readme)
	if err != nil {
		return err
	}
	changed, err := rep.Readme(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", readme, err)
	}
	return os.WriteFile(readme, []byte(changed), 0o666)
}
