// Command onwine runs a command with a Wine that runs the Windows programs of Go, such as
//
//	onwine -- go test -exec wine ./...
//
// with GOOS=windows. It makes the prefix if there is none, adds the DLL that Go misses in old versions (see
// package prngdll), and sets WINEPREFIX and WINEDEBUG. Wine itself must be installed: tools/ci/install-wine.sh
// does so on Debian-like systems.
//
// Usage:
//
//	onwine [-prefix dir] [--] command [arguments]
//
// The prefix is in the user's cache directory, or in the directory for temporary files where there is none,
// with the version of Wine in its name.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
)

func main() {
	prefix := flag.String("prefix", "", "the `dir` of the prefix")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: onwine [-prefix dir] [--] command [arguments]")
		os.Exit(2)
	}
	// An interrupt is sent to both processes; the command handles it.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, *prefix, flag.Args())
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		os.Exit(max(1, exit.ExitCode()))
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "onwine: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dir string, args []string) error {
	w, err := find()
	if err != nil {
		return err
	}
	if w.prefix = dir; dir == "" {
		if w.prefix, err = w.defaultPrefix(cacheDir()); err != nil {
			return err
		}
	}
	if err := w.setUp(ctx); err != nil {
		return err
	}
	if err := w.start(ctx); err != nil {
		return err
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = w.env()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd.Run()
}
