package deptest_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/moduvex/moduvex-go/tools/deptest"
	"github.com/moduvex/moduvex-go/tools/internal/modlist"
)

// goVersion is the oldest Go that the modules support.
const goVersion = "1.25"

var repository = filepath.Join("..", "..")

func TestRepositoryImportsPointDownwards(t *testing.T) {
	list := load(t, repository)
	wrong, err := deptest.Imports(repository, list, deptest.Rules)
	report(t, wrong, err)
}

func TestRepositoryPackagesAreDocumented(t *testing.T) {
	wrong, err := deptest.PackageDocs(repository, load(t, repository))
	report(t, wrong, err)
}

func TestRepositoryPackagesExistOnEverySystem(t *testing.T) {
	wrong, err := deptest.EverySystem(repository, load(t, repository))
	report(t, wrong, err)
}

func TestRepositoryModulesHaveTheirFiles(t *testing.T) {
	wrong, err := deptest.ModuleFiles(repository, load(t, repository))
	report(t, wrong, err)
}

func TestRepositoryDependabotKnowsEveryModule(t *testing.T) {
	wrong, err := deptest.Dependabot(repository, load(t, repository))
	report(t, wrong, err)
}

func TestRepositoryLinksResolve(t *testing.T) {
	wrong, err := deptest.Links(repository, load(t, repository))
	report(t, wrong, err)
}

func TestRepositoryGoModsAgree(t *testing.T) {
	report(t, deptest.GoMods(load(t, repository), goVersion), nil)
}

func TestRepositoryHasOneWordForOneThing(t *testing.T) {
	wrong, err := deptest.Words(repository, load(t, repository))
	report(t, wrong, err)
}

func TestAListOfWordsThatRulesOutNothingIsAnError(t *testing.T) {
	root := newTree(t, map[string]string{"ARCHITECTURE.md": "# Architecture\n\n## Words\n\nFuture, Task.\n"})
	if _, err := deptest.Words(root, load(t, root)); err == nil {
		t.Error("no error")
	}
}

func TestCoreRequiresNoModule(t *testing.T) {
	report(t, deptest.Unrequired(load(t, repository), "core"), nil)
}

func TestSoundTreePasses(t *testing.T) {
	root := newTree(t, nil)
	list := load(t, root)
	for name, check := range checks {
		wrong, err := check(root, list)
		if err != nil || len(wrong) > 0 {
			t.Errorf("%s: %q, %v", name, wrong, err)
		}
	}
}

// Each case puts one fault into a sound tree, and exactly it must be found.
func TestSeededFaultIsFound(t *testing.T) {
	for _, tc := range []struct{ check, file, text, want string }{
		{"imports", "core/more.go", "package core\n\nimport _ \"os\"\n", "core/more.go:3: core must not import os: "},
		{"imports", "core/more.go", "package core\n\nimport _ \"net/http\"\n", "core/more.go:3: core must not import net/http: "},
		{"imports", "core/more.go", "package core\n\nimport _ \"unsafe\"\n", "core/more.go:3: core must not import unsafe: "},
		{"imports", "core/more.go", "package core\n\nimport \"C\"\n", "core/more.go:3: core must not import C: "},
		{"imports", "core/deep/inside/more.go", "package inside\n\nimport _ \"syscall\"\n", "core/deep/inside/more.go:3: core must not import syscall: "},
		{"imports", "core/more_windows.go", "package core\n\nimport _ \"golang.org/x/sys/windows\"\n", "core/more_windows.go:3: core must not import golang.org/x/sys/windows: "},
		{"imports", "core/more.go", "//go:build plan9\n\npackage core\n\nimport _ \"os\"\n", "core/more.go:5: core must not import os: "},
		{"imports", "joinhandle/more.go", "package joinhandle\n\nimport _ \"net\"\n", "joinhandle/more.go:3: joinhandle must not import net: "},
		{"imports", "core/more.go", "package core\n\nimport _ \"example.test/joinhandle\"\n", "core must not import example.test/joinhandle: imports point only downwards"},
		{"imports", "core/more_test.go", "package core\n\nimport _ \"example.test/joinhandle\"\n", "core must not import example.test/joinhandle: imports point only downwards"},
		{"imports", "reactor/more.go", "package reactor\n\nimport _ \"example.test/core\"\n", "reactor must not import example.test/core: imports point only downwards"},
		{"imports", "reactor/more.go", "package reactor\n\nimport _ \"golang.org/x/sys/unix\"\n", "reactor must not import golang.org/x/sys/unix: the module is not in"},
		{"imports", "joinhandle/more.go", "package joinhandle\n\nimport _ \"example.test/core/internal/x\"\n", "joinhandle must not import example.test/core/internal/x: an internal package"},
		{"imports", "tools/more.go", "package tools\n\nimport _ \"example.test/core/internal\"\n", "tools must not import example.test/core/internal: an internal package"},
		{"imports", "reactor/epoll/more.go", "package epoll\n\nimport _ \"example.test/reactor/internal/x\"\n", "reactor/epoll must not import example.test/reactor/internal/x: an internal package"},
		{"imports", "joinhandle/more.go", "package joinhandle\n\nimport _ \"go.uber.org/goleak\"\n", "joinhandle must not import go.uber.org/goleak: only test files may"},
		{"imports", "joinhandle/more_test.go", "package joinhandle\n\nimport _ \"example.org/assert\"\n", "joinhandle must not import example.org/assert: the module is not in"},

		{"docs", "core/doc.go", "package core\n", "core: package core has no package comment"},
		{"docs", "core/doc.go", "// Core is core.\npackage core\n", `core: the package comment does not start with "Package core"`},
		{"docs", "core/sub/sub.go", "package sub\n", "core/sub: package sub has no package comment"},
		{"docs", "tools/cmd/main.go", "package main\n", "tools/cmd: package main has no package comment"},

		{"systems", "core/sub/sub_linux.go", "// Package sub is for one system.\npackage sub\n", "core/sub: no file of this package is for darwin"},
		{"systems", "core/sub/sub.go", "//go:build !windows\n\n// Package sub is for some.\npackage sub\n", "core/sub: no file of this package is for windows"},

		{"files", "core/doc.go", "", "core: doc.go is missing"},
		{"files", "joinhandle/CHANGELOG.md", "", "joinhandle: CHANGELOG.md is missing"},
		{"files", "reactor/LICENSE", "", "reactor: LICENSE is missing"},
		{"files", "reactor/LICENSE", "other", "reactor: LICENSE differs"},
		{"files", "reactor/epoll/example_test.go", "package epoll_test\n", "reactor/epoll: example_test.go has no example"},
		{"files", "core/main_test.go", "package core_test\n", "core: no TestMain calls"},
		{"files", "joinhandle/main_test.go", "package joinhandle\n\nimport \"go.uber.org/goleak\"\n\nfunc other() { goleak.VerifyTestMain(nil) }\n", "joinhandle: no TestMain calls"},
		{"files", "joinhandle/main_test.go", "package joinhandle\n\nimport \"example.test/joinhandle/goleak\"\n\nfunc TestMain() { goleak.VerifyTestMain(nil) }\n", "joinhandle: no TestMain calls"},

		{"dependabot", ".github/dependabot.yml", "directories:\n  - /core\n", "/reactor/epoll is missing"},
		{"dependabot", ".github/dependabot.yml", "directories:\n  - /cores\n", "/cores is no module of modules.txt"},

		{"gomods", "core/go.mod", "module example.test/core\n\ngo 1.25.0\n", "core/go.mod: the go line is not go 1.25"},
		{"gomods", "core/go.mod", "module example.test/core\n\ngo 1.25.1\n\nrequire example.org/other v0.1.0\n", "core/go.mod: the go line is not go 1.25"},
		{"gomods", "core/go.mod", "module example.test/core\n\ngo 1.25\n\ntoolchain go1.26.0\n", "core/go.mod:5: toolchain line"},
		{"gomods", "joinhandle/go.mod", "module example.test/joinhandle\n\ngo 1.25\n\nrequire example.test/core v0.1.0\n", "joinhandle/go.mod:5: example.test/core is not replaced by its folder"},
		{"gomods", "joinhandle/go.mod", "module example.test/joinhandle\n\ngo 1.25\n\nrequire example.test/core v0.1.0\n\nreplace example.test/core => ../reactor\n", "joinhandle/go.mod:5: example.test/core is not replaced by its folder"},

		{"words", "core/more.go", "package core\n\n// Whoever calls it.\n", "core/more.go:3: \"Whoever\""},
		{"words", "core/more_test.go", "package core\n\nvar crew int\n", "core/more_test.go:3: \"crew\""},
		{"words", "GUIDE.md", "The crew.\n", "GUIDE.md:1: \"crew\""},
		{"words", "ARCHITECTURE.md", words + "\n## Tasks\n\nThe crew.\n", "ARCHITECTURE.md:10: \"crew\""},

		{"links", "GUIDE.md", "See [the core](cores).\n", "GUIDE.md:1: link to cores: no such file"},
		{"links", "core/README.md", "\n[up](../GUIDE.md)\n", "core/README.md:2: link to ../GUIDE.md: no such file"},
		{"links", "GUIDE.md", "# A\n\n[b](#b)\n", "GUIDE.md:3: link to #b: no such heading"},
		{"links", "GUIDE.md", "[b](#b)\n```go\n# b\n```\n", "GUIDE.md:1: link to #b: no such heading"},
		{"links", "GUIDE.md", "[x](ARCHITECTURE.md#words) and [y](ARCHITECTURE.md#word)\n", "GUIDE.md:1: link to ARCHITECTURE.md#word: no"},
		{"links", "GUIDE.md", "[c](core#c)\n", "GUIDE.md:1: link to core#c: a fragment of what is no file"},

		{"core", "core/go.mod", "module example.test/core\n\nrequire go.uber.org/goleak v1.3.0\n", "core/go.mod:3: requires go.uber.org/goleak@v1.3.0"},
	} {
		t.Run(strings.ReplaceAll(tc.check+" "+tc.want, "/", "|"), func(t *testing.T) {
			root := newTree(t, map[string]string{tc.file: tc.text})
			wrong, err := checks[tc.check](root, load(t, root))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(wrong, func(w string) bool { return strings.Contains(w, tc.want) }) {
				t.Errorf("have %q\nwant %q", wrong, tc.want)
			}
		})
	}
}

func TestModuleWithoutARuleIsReported(t *testing.T) {
	root := newTree(t, nil)
	wrong, err := deptest.Imports(root, load(t, root), map[string]deptest.Rule{"core": {}})
	if err != nil || len(wrong) != 4 {
		t.Errorf("have %q, %v; want one line for each module but core", wrong, err)
	}
}

// What the checks must leave alone.
func TestLawfulFilesPass(t *testing.T) {
	root := newTree(t, map[string]string{
		"core/os_test.go":            "package core\n\nimport _ \"os\"\n",
		"core/testdata/bad/bad.go":   "package bad\n\nimport _ \"os\"\n",
		"core/_old/old.go":           "package old\n\nimport _ \"os\"\n",
		"joinhandle/cmp_test.go":     "package joinhandle\n\nimport _ \"github.com/google/go-cmp/cmp\"\n",
		"joinhandle/more.go":         "package joinhandle\n\nimport _ \"example.test/core/sub\"\n",
		"reactor/epoll/sys.go":       "package epoll\n\nimport _ \"golang.org/x/sys/unix\"\n",
		"reactor/epoll/core_test.go": "package epoll\n\nimport _ \"example.test/core\"\n",
		"tools/bench/go.mod":         "module example.test/tools/bench\n",
		"tools/bench/bench.go":       "package bench\n\nimport _ \"example.org/competitor\"\n",
		"reactor/go.mod":             "module example.test/reactor\n\ngo 1.25.0\n\nrequire example.org/other v0.1.0\n",
		"GUIDE.md":                   "# It's a `Guide`: 1.\n\n# a\n# a\n\n[1](#its-a-guide-1) [2](#a-1) [3](core/) [4](https://example.test/none#x)\n`[5](none)`\n\n    [6](none)\n",
		"tools/doc.go":               "// Package tools has all.\npackage tools\n\nimport _ \"example.org/any\"\n",
	})
	list := load(t, root)
	for name, check := range checks {
		wrong, err := check(root, list)
		if err != nil || len(wrong) > 0 {
			t.Errorf("%s: %q, %v", name, wrong, err)
		}
	}
}

var checks = map[string]func(string, modlist.List) ([]string, error){
	"imports": func(root string, list modlist.List) ([]string, error) {
		return deptest.Imports(root, list, deptest.Rules)
	},
	"dependabot": deptest.Dependabot,
	"docs":       deptest.PackageDocs,
	"words":      deptest.Words,
	"links":      deptest.Links,
	"systems":    deptest.EverySystem,
	"files":      deptest.ModuleFiles,
	"gomods": func(_ string, list modlist.List) ([]string, error) {
		return deptest.GoMods(list, goVersion), nil
	},
	"core": func(_ string, list modlist.List) ([]string, error) {
		return deptest.Unrequired(list, "core"), nil
	},
}

// words is an ARCHITECTURE.md that rules out two words.
const words = "## Words\n\n| word | means | not |\n|---|---|---|\n| actor | the noun | `whoever` |\n| workers | what runs tasks | `crew` |\n"

// newTree writes a sound tree of five modules, with some files replaced, added,
// or, where the text is empty, left out.
func newTree(t *testing.T, changed map[string]string) string {
	t.Helper()
	files := map[string]string{
		"modules.txt":            "core released v0.1.0\njoinhandle released v0.1.0\nreactor released v0.1.0\nreactor/epoll released v0.1.0\ntools unreleased v0.0.0\n",
		"go.work":                "go 1.25\n\nuse (\n\t./core\n\t./joinhandle\n\t./reactor\n\t./reactor/epoll\n\t./tools\n)\n",
		"LICENSE":                "text\n",
		"ARCHITECTURE.md":        words,
		".github/dependabot.yml": "directories:\n  - /core\n  - /joinhandle\n  - /reactor\n  - /reactor/epoll\n  - /tools\n",
		"tools/go.mod":           "module example.test/tools\n\ngo 1.25\n",
		"tools/doc.go":           "// Package tools has commands.\npackage tools\n",
	}
	for _, dir := range []string{"core", "joinhandle", "reactor", "reactor/epoll"} {
		name := filepath.Base(dir)
		leak := "go.uber.org/goleak"
		if dir == "core" {
			leak = "example.test/core/internal/leaktest"
			files["core/internal/leaktest/leaktest.go"] = "// Package leaktest checks.\npackage leaktest\n"
		}
		files[dir+"/go.mod"] = "module example.test/" + dir + "\n\ngo 1.25\n"
		files[dir+"/doc.go"] = "// Package " + name + " is one module.\npackage " + name + "\n"
		files[dir+"/LICENSE"] = "text\n"
		files[dir+"/CHANGELOG.md"] = "# Changelog\n"
		files[dir+"/example_test.go"] = "package " + name + "_test\n\nfunc Example() {}\n"
		files[dir+"/main_test.go"] = "package " + name + "_test\n\nimport (\n\t\"testing\"\n\n\t\"" + leak +
			"\"\n)\n\nfunc TestMain(m *testing.M) { " + filepath.Base(leak) + ".VerifyTestMain(m) }\n"
	}
	for name, text := range changed {
		files[name] = text
	}
	root := t.TempDir()
	for name, text := range files {
		if text == "" {
			continue
		}
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func load(t *testing.T, root string) modlist.List {
	t.Helper()
	list, err := modlist.Load(root)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func report(t *testing.T, wrong []string, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range wrong {
		t.Error(w)
	}
}
