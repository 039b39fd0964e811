package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/tools/internal/prngdll"
)

// fake makes programs that write down how they were called, and a wineboot that makes a prefix.
func fake(t *testing.T) (w *wine, log func() string) {
	t.Helper()
	if _, err := os.Stat("/bin/sh"); err != nil {
		t.Skip("no shell")
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "log")
	script := "#!/bin/sh\necho \"$(basename $0) $* in $(basename $WINEPREFIX)\" >>" + name + "\n" +
		"case $1 in --version) echo 'wine-8.0 (Some ~repack-4)';; wineboot) mkdir -p $WINEPREFIX/drive_c/windows/system32;; -p* | -k) exit 2;; esac\n"
	for _, program := range []string{"wine", "wineserver"} {
		if err := os.WriteFile(filepath.Join(dir, program), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	w, err := find()
	if err != nil {
		t.Fatal(err)
	}
	return w, func() string {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		os.Remove(name)
		return string(text)
	}
}

func TestThePrefixIsMadeOnce(t *testing.T) {
	w, log := fake(t)
	cache := t.TempDir()
	var err error
	if w.prefix, err = w.defaultPrefix(cache); err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(cache, "wine-8.0_Some_~repack-4"); w.prefix != want {
		t.Errorf("the prefix is %s, want %s", w.prefix, want)
	}
	log()
	if err := w.setUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if text := log(); !strings.Contains(text, "wine wineboot -i in new-") || !strings.Contains(text, "wineserver -w in new-") {
		t.Errorf("called:\n%s", text)
	}
	text, err := os.ReadFile(filepath.Join(w.prefix, "drive_c/windows/system32", prngdll.Name))
	if err != nil || len(text) == 0 {
		t.Errorf("the DLL: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(cache, "new-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := w.setUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.start(t.Context()); err != nil { // though a server runs
		t.Fatal(err)
	}
	if text := log(); strings.Contains(text, "-i") || !strings.Contains(text, "wine wineboot in wine-8.0") {
		t.Errorf("called then:\n%s", text)
	}
}

func TestOldTemporaryFilesAreRemoved(t *testing.T) {
	w := &wine{prefix: t.TempDir()}
	temp := filepath.Join(w.prefix, "drive_c", "users", "somebody", "Temp")
	for _, name := range []string{"old/deep", "young/deep"} {
		if err := os.MkdirAll(filepath.Join(temp, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	if err := os.Chtimes(filepath.Join(temp, "old"), now, now.Add(-2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	w.tidy(now.Add(-time.Hour))
	if _, err := os.Stat(filepath.Join(temp, "old")); err == nil {
		t.Error("what is old is there")
	}
	if _, err := os.Stat(filepath.Join(temp, "young", "deep")); err != nil {
		t.Error(err)
	}
}

func TestTheCommandGetsThePrefixAndItsStatusIsKept(t *testing.T) {
	fake(t)
	prefix := filepath.Join(t.TempDir(), "p")
	if err := run(t.Context(), prefix, []string{"sh", "-c", `test "$WINEPREFIX" = "` + prefix + `"`}); err != nil {
		t.Error(err)
	}
	if err := run(t.Context(), prefix, []string{"sh", "-c", "exit 3"}); err == nil || err.Error() != "exit status 3" {
		t.Errorf("have %v", err)
	}
}
