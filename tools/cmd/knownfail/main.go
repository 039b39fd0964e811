// Command knownfail runs go test and compares the failures with a list of known ones, such as the tests that an
// emulator of another system cannot pass. It fails if a test fails that is not listed, and if a line of the list
// names no test of a package that was tested. Listed tests that pass are
// reported.
//
// Usage:
//
//	knownfail [-list file] [-env NAME=VALUE]... [-v] [-strict] [-all] [--] go-test-arguments
//
// The arguments go to go test -json, which has the variables of -env in its environment: GOOS, say, which
// knownfail itself should not be built for. With -strict, knownfail also fails if a listed test passes. The variable GO,
// where it is set, names the go command.
//
// # The list
//
// A line is a package, a test and a reason, separated by blanks; # begins a comment line.
//
//	executor/net/udp  TestA/on_a_bad_day  the emulator has no multicast
//	*                 TestMany*           no more than 100 files can be open
//	executor          !TestB              the emulator hangs, and all other tests with it
//	executor/signal   TestMain            a failure outside every test
//
// The package is an import path or the end of one, and * in either word matches any text; a line with
// one in its package need not find anything. A test's subtests belong to it, and it fails with them: if
// those that failed are all known, so is its own failure.
//
// A test with a ! is not run at all. That is for tests that end the whole process, which no line can excuse, since
// the tests after them have not run; and for tests that take very long to fail. It is go test's -skip that leaves them out; the sources of the package must declare
// such a test (of a subtest, the test that it belongs to). With -all they are run like the others.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

func main() {
	name := flag.String("list", "", "the `file` that lists what is known to fail")
	verbose := flag.Bool("v", false, "name every test")
	strict := flag.Bool("strict", false, "listed tests that pass are red, too")
	all := flag.Bool("all", false, "run those that the list says should not be run, too")
	var env []string
	flag.Func("env", "a variable of go test's environment, as `NAME=VALUE`", func(s string) error {
		if !strings.Contains(s, "=") {
			return fmt.Errorf("want NAME=VALUE")
		}
		env = append(env, s)
		return nil
	})
	flag.Parse()
	ok, err := run(options{list: *name, env: env, verbose: *verbose, strict: *strict, all: *all}, flag.Args())
	if err != nil {
		fmt.Fprintf(os.Stderr, "knownfail: %v\n", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

type options struct {
	list                 string // file
	env                  []string
	verbose, strict, all bool
}

// run reports whether all is as the list says.
func run(o options, args []string) (bool, error) {
	var entries []*entry
	if o.list != "" {
		text, err := os.ReadFile(o.list)
		if err != nil {
			return false, err
		}
		if entries, err = parseList(o.list, string(text)); err != nil {
			return false, err
		}
	}
	if o.all {
		for _, e := range entries {
			e.notRun = false
		}
	}
	full := []string{"test", "-json"}
	if skip := skipPattern(entries); skip != "" {
		full = append(full, "-skip="+skip)
	}
	goCmd := cmp.Or(os.Getenv("GO"), "go")
	cmd := exec.Command(goCmd, append(full, args...)...)
	cmd.Env = append(os.Environ(), o.env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return false, err
	}
	if err := cmd.Start(); err != nil {
		return false, err
	}
	res := newResults(entries, os.Stdout, o.verbose)
	readErr := res.read(out)
	runErr := cmd.Wait()
	if readErr != nil {
		return false, readErr
	}
	if res.gone, err = res.missing(goCmd, cmd.Env, args); err != nil {
		return false, err
	}
	ok := res.report(o.strict)
	// go test must have failed for a reason that was seen: it has others, such as a wrong argument.
	if runErr != nil && !res.anyFailed() {
		return false, fmt.Errorf("go %s: %w", strings.Join(full, " "), runErr)
	}
	return ok, nil
}
