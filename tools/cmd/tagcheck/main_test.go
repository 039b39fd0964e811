package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"modules.txt":      "a released v0.2.0\na/b released v0.1.0\nc released v0.1.0\ntools unreleased v0.0.0\n",
		"go.work":          "go 1.25\nuse (\n\t./a\n\t./a/b\n\t./c\n\t./tools\n)\n",
		"a/go.mod":         "module example.test/a\n",
		"a/CHANGELOG.md":   "# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-01-02\n\n### Added\n\n- More.\n\n## [0.1.0] - 2026-01-01\n\n- All.\n\n[0.2.0]: https://example.test\n",
		"a/b/go.mod":       "module example.test/a/b\n",
		"a/b/CHANGELOG.md": "# Changelog\n\n## [0.1.0]\n\n## [0.0.1]\n\n- All.\n",
		"c/go.mod":         "module example.test/c\n",
		"c/CHANGELOG.md":   "# Changelog\n\n## [Unreleased]\n",
		"tools/go.mod":     "module example.test/tools\n",
	} {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct{ tag, notes, err string }{
		{tag: "a/v0.2.0", notes: "### Added\n\n- More."},
		{tag: "a/v0.1.0", err: "the next version of a is v0.2.0"},
		{tag: "a/v0.2", err: `"v0.2" is not a version`},
		{tag: "a/b/v0.1.0", err: "the section ## [0.1.0] of a/b/CHANGELOG.md is empty"},
		{tag: "c/v0.1.0", err: "c/CHANGELOG.md has no section ## [0.1.0]"},
		{tag: "v0.1.0", err: "the root is no module"},
		{tag: "v0.1.0-a", err: "the root is no module"},
		{tag: "d/v0.1.0", err: "modules.txt has no module d"},
		{tag: "tools/v0.0.0", err: "modules.txt:4 says that tools is not released"},
	} {
		t.Run(tc.tag, func(t *testing.T) {
			notes, err := check(root, tc.tag)
			switch {
			case tc.err == "" && (err != nil || notes != tc.notes):
				t.Errorf("have %q, %v; want %q", notes, err, tc.notes)
			case tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err)):
				t.Errorf("have %v, want %s", err, tc.err)
			}
		})
	}
}
