package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// event is a line of go test -json, as cmd/test2json describes it.
type event struct {
	Action      string
	Package     string
	ImportPath  string // of a package that is being built
	FailedBuild string
	Test        string
	Elapsed     float64
	Output      string
}

// outside is the name under which a failure that no test had is looked up in the list.
const outside = "TestMain"

// testResult is what is known of one test, or of a package (by the empty name).
type testResult struct {
	name   string
	action string // "pass", "fail", "skip"; empty while it runs
	output strings.Builder
}

// pkgResult is what is known of one package.
type pkgResult struct {
	path   string
	tests  []*testResult // in the order they were begun
	byName map[string]*testResult
	done   bool
	action string
	ended  bool // package testing has reported the end: all tests have run
}

type results struct {
	entries []*entry
	out     io.Writer
	verbose bool

	pkgs    []*pkgResult
	byPath  map[string]*pkgResult
	builds  map[string]*strings.Builder // output of the compiler
	unknown []string                    // failures that are not excused
	gone    map[*entry]bool             // entries with a ! that no test has
}

func newResults(entries []*entry, out io.Writer, verbose bool) *results {
	return &results{
		entries: entries, out: out, verbose: verbose,
		byPath: make(map[string]*pkgResult),
		builds: make(map[string]*strings.Builder),
	}
}

func (r *results) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var ev event
			if line[0] != '{' || json.Unmarshal(line, &ev) != nil {
				fmt.Fprintf(r.out, "%s\n", strings.TrimRight(string(line), "\n")) // what go itself has to say
			} else {
				r.take(ev)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *results) take(ev event) {
	switch ev.Action {
	case "build-output":
		b := r.builds[ev.ImportPath]
		if b == nil {
			b = new(strings.Builder)
			r.builds[ev.ImportPath] = b
		}
		b.WriteString(ev.Output)
		return
	case "build-fail":
		return
	}
	p := r.byPath[ev.Package]
	if p == nil {
		p = &pkgResult{path: ev.Package, byName: make(map[string]*testResult)}
		r.byPath[ev.Package] = p
		r.pkgs = append(r.pkgs, p)
	}
	t := p.test(ev.Test)
	switch ev.Action {
	case "output":
		t.output.WriteString(ev.Output)
		if line := strings.TrimRight(ev.Output, "\r\n"); ev.Test == "" && (line == "PASS" || line == "FAIL") {
			p.ended = true
		}
	case "pass", "fail", "skip":
		t.action = ev.Action
		if ev.Test != "" {
			if r.verbose {
				fmt.Fprintf(r.out, "%s %s %s (%.2fs)\n", ev.Action, short(ev.Package), ev.Test, ev.Elapsed)
			}
			return
		}
		p.done, p.action = true, ev.Action
		if b := r.builds[ev.FailedBuild]; ev.FailedBuild != "" && b != nil {
			t.output.WriteString(b.String())
		}
		r.finish(p, ev)
	}
}

func (p *pkgResult) test(name string) *testResult {
	t := p.byName[name]
	if t == nil {
		t = &testResult{name: name}
		p.byName[name] = t
		if name != "" {
			p.tests = append(p.tests, t)
		}
	}
	return t
}

// finish judges a package whose tests have ended.
func (r *results) finish(p *pkgResult, ev event) {
	j := judgement{subtests: make(map[string]verdict)}
	// Subtests come after their parents, and parents are judged by them.
	for _, t := range slices.Backward(p.tests) {
		r.judge(&j, p, t)
	}
	slices.Reverse(j.bad)
	// A process that died, or was killed, has not run its other tests. The list
	// cannot excuse that.
	died := p.action == "fail" && !p.ended
	if died {
		j.bad = append(j.bad, outside)
	} else if p.action == "fail" && j.failing == 0 {
		of := r.lookup(p.path, outside)
		for _, e := range of {
			e.failed++
		}
		if len(of) > 0 {
			j.known++
		} else {
			j.bad = append(j.bad, outside)
		}
	}
	for _, e := range r.entries {
		e.applies = e.applies || !died && e.pkgRE.MatchString(p.path)
	}
	r.show(p, &j, ev.Elapsed)
}

// judgement is what finish finds out about a package.
type judgement struct {
	passed, skipped, failing, known int
	bad                             []string           // failed, and not known to
	subtests                        map[string]verdict // by parent; of those that failed only
}

type verdict int

const (
	none verdict = iota
	allKnown
	someUnknown
)

func (r *results) judge(j *judgement, p *pkgResult, t *testResult) {
	of := r.lookup(p.path, t.name)
	switch t.action {
	case "pass":
		j.passed++
		for _, e := range of {
			e.passed++
		}
		return
	case "skip":
		j.skipped++
		for _, e := range of {
			e.skipped++
		}
		return
	}
	j.failing++
	for _, e := range of {
		e.failed++
	}
	known := len(of) > 0 || j.subtests[t.name] == allKnown
	up := parent(t.name)
	if known {
		j.known++
		j.subtests[up] = max(j.subtests[up], allKnown)
		return
	}
	j.subtests[up] = someUnknown
	j.bad = append(j.bad, t.name)
}

// show writes the line of a package, and what failed in it.
func (r *results) show(p *pkgResult, j *judgement, elapsed float64) {
	word := "ok  "
	switch {
	case len(j.bad) > 0:
		word = "FAIL"
	case len(p.tests) == 0:
		word = "none"
	}
	fmt.Fprintf(r.out, "%s %s %.1fs: %d passed, %d skipped, %d known to fail\n",
		word, short(p.path), elapsed, j.passed, j.skipped, j.known)
	for _, name := range j.bad {
		r.unknown = append(r.unknown, short(p.path)+" "+name)
		if name != outside {
			fmt.Fprintf(r.out, "--- %s %s\n%s", short(p.path), name, p.byName[name].output.String())
		}
	}
	if len(j.bad) > 0 {
		// The output of a process that dies belongs to no test.
		fmt.Fprint(r.out, p.byName[""].output.String())
	}
}

// lookup returns the entries that excuse a failure of the test.
func (r *results) lookup(pkg, test string) []*entry {
	var of []*entry
	for _, e := range r.entries {
		if !e.notRun && e.covers(pkg, test) {
			of = append(of, e)
		}
	}
	return of
}

// parent is the test that a subtest belongs to, or "".
func parent(test string) string {
	i := strings.LastIndexByte(test, '/')
	if i < 0 {
		return ""
	}
	return test[:i]
}

// short is a package's path without the host and the repository.
func short(pkg string) string {
	if parts := strings.SplitN(pkg, "/", 4); len(parts) == 4 && strings.Contains(parts[0], ".") {
		return parts[3]
	}
	return pkg
}

func (r *results) anyFailed() bool {
	for _, p := range r.pkgs {
		if p.action == "fail" {
			return true
		}
	}
	return len(r.unknown) > 0
}

// report writes which entries of the list excused a failure and which did not, and returns whether all is well.
func (r *results) report(strict bool) bool {
	ok := true
	for _, p := range r.pkgs {
		if !p.done {
			r.unknown = append(r.unknown, short(p.path)+" did not end")
		}
	}
	for _, e := range r.entries {
		switch {
		case !e.applies:
		case r.gone[e]:
			fmt.Fprintf(r.out, "LISTED, but there is no such test: %s (%s)\n", e, e.where)
			ok = false
		case e.notRun:
			fmt.Fprintf(r.out, "not run: %s: %s\n", e, e.reason)
		case e.failed > 0:
			fmt.Fprintf(r.out, "known to fail: %s: %s\n", e, e.reason)
		case e.passed > 0:
			fmt.Fprintf(r.out, "PASSES though listed: %s (%s)\n", e, e.where)
			ok = ok && !strict
		case e.skipped > 0:
			fmt.Fprintf(r.out, "skipped though listed: %s (%s)\n", e, e.where)
		case strings.Contains(e.pkg, "*"): // meant for packages that are perhaps not here
		case e.test != outside:
			fmt.Fprintf(r.out, "LISTED, but no such test ran: %s (%s)\n", e, e.where)
			ok = false
		default:
			fmt.Fprintf(r.out, "PASSES though listed: %s (%s)\n", e, e.where)
			ok = ok && !strict
		}
	}
	for _, name := range r.unknown {
		fmt.Fprintf(r.out, "FAILS and is not listed: %s\n", name)
		ok = false
	}
	return ok
}
