package covet_test

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/moduvex/moduvex-go/tools/internal/modlist"
)

// finding is a line of go vet's: file, line, column, text and check.
var finding = regexp.MustCompile(`^(?:vet: )?(\S+\.go):\d+:\d+: .* \((\w+)\)$`)

// The checks are silent in all modules, with their examples and the code that GUIDE.md shows, except in the tests
// that make a mistake on purpose: testdata/deliberate.txt lists them.
func TestTheChecksAreSilentInThisRepository(t *testing.T) {
	root := repository(t)
	deliberate := readDeliberate(t)
	found := make(map[string]bool)
	for _, line := range vet(t, root) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		m := finding.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("go vet: %s", line)
			continue
		}
		file := m[1]
		if filepath.IsAbs(file) {
			rel, err := filepath.Rel(root, file)
			if err != nil {
				t.Fatal(err)
			}
			file = rel
		}
		key := filepath.ToSlash(filepath.Clean(file)) + " " + m[2]
		found[key] = true
		if !slices.Contains(deliberate, key) {
			t.Error(line)
		}
	}
	for _, key := range deliberate {
		if !found[key] && runtime.GOOS == "linux" { // other systems do not build all files
			t.Errorf("deliberate.txt: %s is not found any more", key)
		}
	}
}

// Alone, covet takes patterns as go vet does, and a flag for each check.
func TestCovetRunsAlone(t *testing.T) {
	root := repository(t)
	tool := build(t, root)
	for flag, want := range map[string]bool{"-coctx": true, "-coctx=false": false, "-rangeerr": false} {
		cmd := exec.Command(tool, flag, "./tools/internal/covet/testdata/coctx")
		cmd.Dir = root
		cmd.Env = environment(root)
		out, err := cmd.CombinedOutput()
		if found := strings.Contains(string(out), "(coctx)"); found != want || (err != nil) != want {
			t.Errorf("covet %s: %v\n%s", flag, err, out)
		}
	}
}

// vet builds covet, runs go vet with it over all modules, and returns the lines of the output.
func vet(t *testing.T, root string) []string {
	t.Helper()
	tool := build(t, root)
	list, err := modlist.Load(root)
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"vet", "-vettool=" + tool}
	for _, m := range list {
		args = append(args, "./"+m.Dir+"/...")
	}
	cmd := exec.Command("go", args...)
	cmd.Dir = root
	cmd.Env = environment(root)
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Error("go vet found no mistake, not even a deliberate one")
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// build builds covet and returns its path.
func build(t *testing.T, root string) string {
	t.Helper()
	tool := filepath.Join(t.TempDir(), "covet.exe")
	cmd := exec.Command("go", "build", "-o", tool, "./tools/cmd/covet")
	cmd.Dir = root
	cmd.Env = environment(root)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return tool
}

// readDeliberate returns the lines of deliberate.txt, each a file and a check.
func readDeliberate(t *testing.T) (keys []string) {
	t.Helper()
	text, err := os.ReadFile("testdata/deliberate.txt")
	if err != nil {
		t.Fatal(err)
	}
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		line, _, _ := strings.Cut(s.Text(), "#")
		if fields := strings.Fields(line); len(fields) == 2 {
			keys = append(keys, strings.Join(fields, " "))
		} else if len(fields) != 0 {
			t.Fatalf("deliberate.txt: %q is not a file and a check", s.Text())
		}
	}
	return keys
}
