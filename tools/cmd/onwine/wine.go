package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	"github.com/moduvex/moduvex-go/tools/internal/prngdll"
)

// wine is an installed Wine, and the prefix to use it with.
type wine struct {
	program string
	server  string
	prefix  string
}

func find() (*wine, error) {
	program, err := exec.LookPath("wine")
	if err != nil {
		return nil, fmt.Errorf("%w; on Debian-like systems tools/ci/install-wine.sh installs it", err)
	}
	server, err := exec.LookPath("wineserver")
	if err != nil {
		return nil, err
	}
	return &wine{program: program, server: server}, nil
}

// cacheDir is where a prefix may stay.
func cacheDir() string {
	dir, err := os.UserCacheDir()
	if err != nil { // no home, as services have it
		dir = os.TempDir()
	}
	return filepath.Join(dir, "moduvex-go")
}

var unfit = regexp.MustCompile(`[^A-Za-z0-9.+~-]+`)

// defaultPrefix is a prefix in dir for this version of Wine: another would first convert it, and could not
// be gone back from.
func (w *wine) defaultPrefix(dir string) (string, error) {
	out, err := exec.Command(w.program, "--version").Output()
	if err != nil {
		return "", fmt.Errorf("%s --version: %w", w.program, err)
	}
	return filepath.Join(dir, prefixName(string(out))), nil
}

func prefixName(version string) string {
	name := unfit.ReplaceAllString(version, "_")
	for len(name) > 0 && name[len(name)-1] == '_' {
		name = name[:len(name)-1]
	}
	return name
}

// env is the environment for Wine's programs. It silences Wine's own messages (there is no display, for one), among
// which the output of the tests would be lost.
func (w *wine) env() []string { return w.envFor(w.prefix) }

func (w *wine) envFor(prefix string) []string {
	// Without a display and the two libraries, Wine shows no dialog that offers to install Mono and Gecko.
	return append(os.Environ(), "WINEPREFIX="+prefix, "WINEDEBUG=-all", "DISPLAY=", "WINEDLLOVERRIDES=mscoree,mshtml=")
}

// setUp makes the prefix, unless it is there:
//
//  1. in a directory beside it, so that no other process finds one that is half made;
//  2. wineboot makes the files and the registry;
//  3. the server of that directory ends, so that all of it is on disk;
//  4. the DLL is added;
//  5. the directory gets its name. If another process was quicker, its prefix is as good.
func (w *wine) setUp(ctx context.Context) error {
	system := filepath.Join("drive_c", "windows", "system32")
	if _, err := os.Stat(filepath.Join(w.prefix, system, prngdll.Name)); err == nil {
		return nil
	}
	// 1
	if err := os.MkdirAll(filepath.Dir(w.prefix), 0o755); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(filepath.Dir(w.prefix), "new-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	// 2
	if err := w.quietly(ctx, dir, w.program, "wineboot", "-i"); err != nil {
		return err
	}
	// 3
	_ = w.quietly(ctx, dir, w.server, "-k") // which does not look at a -w, and fails if the server has ended by itself
	if err := w.quietly(ctx, dir, w.server, "-w"); err != nil {
		return err
	}
	// 4
	dll := filepath.Join(dir, system, prngdll.Name)
	if _, err := os.Stat(dll); errors.Is(err, os.ErrNotExist) {
		if err := os.WriteFile(dll, prngdll.DLL(), 0o644); err != nil {
			return fmt.Errorf("wineboot has made no 64-bit prefix: %w", err)
		}
	}
	// 5
	if err := os.Rename(dir, w.prefix); err != nil {
		if _, there := os.Stat(filepath.Join(w.prefix, system, prngdll.Name)); there == nil {
			return nil
		}
		return err
	}
	return nil
}

// serverTimeout is how long the server stays after its last program, in seconds. Between the packages of a
// go test there are compilations; to start it anew takes longer than many a test.
const serverTimeout = "60"

// start starts the server and Wine's own services, which hold on to the files that they are started with:
// a test that did so would never be seen to end, because its output would stay open.
func (w *wine) start(ctx context.Context) error {
	w.tidy(time.Now().Add(-time.Hour))
	// It fails if a server runs already, which is as good.
	_ = w.quietly(ctx, w.prefix, w.server, "-p"+serverTimeout)
	return w.quietly(ctx, w.prefix, w.program, "wineboot")
}

// tidy removes what tests have left in their folder for temporary files before a time: Wine cannot remove a
// tree, so they always leave something.
func (w *wine) tidy(before time.Time) {
	for _, temp := range []string{"Temp", "AppData/Local/Temp"} {
		names, _ := filepath.Glob(filepath.Join(w.prefix, "drive_c", "users", "*", filepath.FromSlash(temp), "*"))
		for _, name := range names {
			if info, err := os.Lstat(name); err == nil && info.ModTime().Before(before) {
				_ = os.RemoveAll(name)
			}
		}
	}
}

// quietly runs a program of Wine with nothing to read and nothing to write to.
func (w *wine) quietly(ctx context.Context, prefix, program string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = w.envFor(prefix)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %v: %w", filepath.Base(program), args, err)
	}
	return nil
}
