package modlist_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moduvex/moduvex-go/tools/internal/modlist"
)

func TestParseReadsFoldersInOrder(t *testing.T) {
	const text = `# folder, status, version

core           released    v0.1.0
reactor/epoll  released    v1.2.3-rc.1 # why
tools          unreleased  v0.0.0
`
	list, err := modlist.Parse("modules.txt", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	want := modlist.List{
		{Dir: "core", Released: true, Version: "v0.1.0", Line: 3},
		{Dir: "reactor/epoll", Released: true, Version: "v1.2.3-rc.1", Line: 4},
		{Dir: "tools", Version: "v0.0.0", Line: 5},
	}
	if len(list) != len(want) {
		t.Fatalf("have %d modules, want %d", len(list), len(want))
	}
	for i := range want {
		if list[i] != want[i] {
			t.Errorf("module %d: have %+v, want %+v", i, list[i], want[i])
		}
	}
	if n := len(list.Released()); n != 2 {
		t.Errorf("have %d released modules, want 2", n)
	}
	if tag := list[1].Tag("v0.9.0"); tag != "reactor/epoll/v0.9.0" {
		t.Errorf("tag is %s", tag)
	}
}

func TestParseErrorsNameTheLine(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"empty", "# nothing\n", "modules.txt: no module is listed"},
		{"fields", "core released\n", "modules.txt:1: want 3 fields (folder, released or unreleased, next version), have 2"},
		{"status", "\ncore rel v0.1.0\n", `modules.txt:2: core: "rel" is neither released nor unreleased`},
		{"version", "core released 0.1.0\n", `modules.txt:1: core: "0.1.0" is not a version of the form vX.Y.Z`},
		{"short version", "core released v0.1\n", `modules.txt:1: core: "v0.1" is not a version of the form vX.Y.Z`},
		{"pseudo-version", "core released v0.0.0-20060102150405-0123456789ab\n", "modules.txt:1: core: the next version v0.0.0-20060102150405-0123456789ab is a pseudo-version"},
		{"parent", "../core released v0.1.0\n", `modules.txt:1: folder "../core" is not a clean path below the root`},
		{"root", ". released v0.1.0\n", `modules.txt:1: folder "." is not a clean path below the root`},
		{"twice", "core released v0.1.0\n#\ncore released v0.2.0\n", "modules.txt:3: core is already listed on line 1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := modlist.Parse("modules.txt", strings.NewReader(tc.text))
			if err == nil || err.Error() != tc.want {
				t.Errorf("have %v\nwant %s", err, tc.want)
			}
		})
	}
}

func TestLoadErrorsNameTheLine(t *testing.T) {
	good := map[string]string{
		"modules.txt": "a released v0.1.0\nb released v0.1.0\n",
		"go.work":     "go 1.25\nuse ./a\nuse ./b\n",
		"a/go.mod":    "module example.test/a\ngo 1.25\n",
		"b/go.mod":    "module example.test/b\ngo 1.25\nrequire example.test/a v0.1.0\n",
	}
	for _, tc := range []struct {
		name, file, text, want string
	}{
		{"good", "modules.txt", good["modules.txt"], ""},
		{"no go.mod", "modules.txt", "a released v0.1.0\nc released v0.1.0\n", "modules.txt:2: open "},
		{"go.mod does not parse", "b/go.mod", "modul x\n", "modules.txt:2: b/go.mod:1: unknown directive: modul"},
		{"other path", "b/go.mod", "module example.test/c\n", "modules.txt:2: b/go.mod: module path example.test/c does not end in /b"},
		{"other prefix", "b/go.mod", "module example.org/b\n", "modules.txt:2: module path of b is example.org/b, want example.test/b"},
		{"major version", "modules.txt", "a released v0.1.0\nb released v2.0.0\n", "modules.txt:2: b/go.mod: "},
		{"order", "modules.txt", "b released v0.1.0\na released v0.1.0\n", "modules.txt:1: b requires a, which is listed below it, on line 2"},
		{"unlisted sibling", "b/go.mod", "module example.test/b\nrequire example.test/x v0.1.0\n", "modules.txt:2: b requires example.test/x, which is not listed"},
		{"not in go.work", "go.work", "go 1.25\nuse ./a\n", "modules.txt:2: b is not in go.work"},
		{"only in go.work", "modules.txt", "a released v0.1.0\n", "go.work:3: b is not in modules.txt"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			root := t.TempDir()
			for name, text := range good {
				if name == tc.file {
					text = tc.text
				}
				writeFile(t, filepath.Join(root, name), text)
			}
			_, err := modlist.Load(root)
			switch {
			case tc.want == "" && err != nil:
				t.Error(err)
			case tc.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tc.want)):
				t.Errorf("have %v\nwant %s...", err, tc.want)
			}
		})
	}
}

func TestByPathPrefersTheNestedModule(t *testing.T) {
	list := modlist.List{
		{Dir: "reactor", Path: "example.test/reactor"},
		{Dir: "reactor/epoll", Path: "example.test/reactor/epoll"},
	}
	for path, want := range map[string]string{
		"example.test/reactor":             "reactor",
		"example.test/reactor/reactortest": "reactor",
		"example.test/reactor/epoll/x":     "reactor/epoll",
		"example.test/reactors":            "",
		"example.test":                     "",
	} {
		if m, _ := list.ByPath(path); m.Dir != want {
			t.Errorf("%s: have %q, want %q", path, m.Dir, want)
		}
	}
}

func TestRepositoryListLoads(t *testing.T) {
	list, err := modlist.Load(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if m, ok := list.ByDir("tools"); !ok || m.Released {
		t.Errorf("tools must be listed and unreleased, have %+v", m)
	}
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
