package alone_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moduvex/moduvex-go/tools/internal/alone"
)

func TestSoundWorkspacePasses(t *testing.T) {
	w := newWorkspace(t)
	w.wantBuild(t)
	if err := w.run(t); err != nil {
		t.Fatal(err)
	}
}

// The skew that a workspace hides: upper calls what lower has only since its
// last release, and still requires that release.
func TestSymbolNewerThanTheRequiredVersionFails(t *testing.T) {
	w := newWorkspace(t)
	w.tag(t, "lower/v0.1.0")
	w.write(t, "modules.txt", "lower released v0.2.0\nupper released v0.1.0\n")
	w.write(t, "lower/lower.go", "// Package lower is below.\npackage lower\n\nfunc Old() int { return 1 }\n\nfunc New() int { return 2 }\n")
	w.write(t, "upper/upper.go", "// Package upper is above.\npackage upper\n\nimport \"example.test/ws/lower\"\n\nfunc Sum() int { return lower.Old() + lower.New() }\n")
	w.wantBuild(t)

	wantError(t, w.run(t), "upper: ", "undefined: lower.New")

	w.write(t, "upper/go.mod", upperMod("v0.2.0"))
	w.wantBuild(t)
	if err := w.run(t); err != nil {
		t.Errorf("with the require raised: %v", err)
	}
}

func TestMissingRequireFails(t *testing.T) {
	w := newWorkspace(t)
	w.write(t, "upper/go.mod", "module example.test/ws/upper\n\ngo 1.25\n")
	w.wantBuild(t)
	wantError(t, w.run(t), "upper: ", "+require example.test/ws/lower v0.1.0")
}

func TestUnusedRequireFails(t *testing.T) {
	w := newWorkspace(t)
	w.write(t, "upper/upper.go", "// Package upper is above.\npackage upper\n")
	w.write(t, "upper/upper_test.go", "package upper\n")
	w.wantBuild(t)
	wantError(t, w.run(t), "upper: ", "-require example.test/ws/lower v0.1.0")
}

func TestRequiredVersionThatExistsNowhereFails(t *testing.T) {
	for _, tc := range []struct{ name, version, want string }{
		{"neither tagged nor next", "v0.0.9", "upper: go.mod requires example.test/ws/lower@v0.0.9, which is neither tagged (lower/v0.0.9) nor the next version (v0.1.0)"},
		{"pseudo-version", "v0.0.0-20250101000000-0123456789ab", "a pseudo-version"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorkspace(t)
			w.write(t, "upper/go.mod", upperMod(tc.version))
			w.wantBuild(t)
			wantError(t, w.run(t), tc.want)
		})
	}
}

func TestChangeUnderATagFails(t *testing.T) {
	w := newWorkspace(t)
	w.tag(t, "lower/v0.1.0")
	if err := w.run(t); err != nil {
		t.Fatalf("unchanged since the tag: %v", err)
	}
	w.write(t, "lower/more.go", "package lower\n")
	wantError(t, w.run(t), "modules.txt:1: lower has changed since the tag lower/v0.1.0")
}

func TestFailingTestAndVetFail(t *testing.T) {
	w := newWorkspace(t)
	w.write(t, "lower/lower_test.go", "package lower\n\nimport \"testing\"\n\nfunc TestBad(t *testing.T) { t.Fatal(\"seen\") }\n")
	w.write(t, "upper/upper_windows.go", "package upper\n\nvar _ int = \"text\"\n")
	wantError(t, w.run(t), "lower: go test", "seen", "upper: GOOS=windows GOARCH=amd64 CGO_ENABLED=0 go vet", "cannot use \"text\"")
}

func TestReplaceOfAForeignModuleFails(t *testing.T) {
	w := newWorkspace(t)
	w.write(t, "upper/go.mod", upperMod("v0.1.0")+"\nreplace example.org/other => ./other\n")
	wantError(t, w.run(t), "upper: go.mod replaces example.org/other, which is no sibling")
}

func TestSingleConsumerSeesTwoModules(t *testing.T) {
	const source = "package main\n\nimport \"example.test/ws/lower\"\n\nfunc main() { println(lower.Old()) }\n"
	w := newWorkspace(t)
	w.consumers = []alone.Consumer{alone.Single{Dir: "lower", Source: source}}
	if err := w.run(t); err != nil {
		t.Fatal(err)
	}
	w.consumers = []alone.Consumer{alone.Single{Dir: "upper", Source: strings.Replace(source, "lower", "upper", 1)}}
	wantError(t, w.run(t), "consumer of upper alone: ")

	const upper = "package main\n\nimport \"example.test/ws/upper\"\n\nfunc main() { println(upper.Sum()) }\n"
	w.consumers = []alone.Consumer{alone.Single{Dir: "upper", Source: upper}}
	wantError(t, w.run(t), "consumer of upper alone: go list -m all prints", "example.test/ws/lower v0.1.0")
}

// A backend made for an older contract must fit the newest executor: the
// contract's interface is frozen once it is tagged.
func TestPinnedBackend(t *testing.T) {
	const source = `package main

import (
	"example.test/ws/exec"
	"example.test/ws/poll"
)

func main() {
	if exec.Run(poll.New()) != 1 {
		panic("wrong sum")
	}
}
`
	w := newEmptyWorkspace(t)
	w.write(t, "modules.txt", "contract released v0.1.0\npoll released v0.1.0\nexec released v0.1.0\n")
	w.write(t, "go.work", "go 1.25\n\nuse (\n\t./contract\n\t./exec\n\t./poll\n)\n")
	w.write(t, "contract/go.mod", "module example.test/ws/contract\n\ngo 1.25\n")
	w.write(t, "contract/contract.go", "// Package contract is below.\npackage contract\n\ntype Poller interface{ Wait() int }\n")
	w.write(t, "poll/go.mod", "module example.test/ws/poll\n\ngo 1.25\n\nrequire example.test/ws/contract v0.1.0\n\nreplace example.test/ws/contract => ../contract\n")
	w.write(t, "poll/poll.go", "// Package poll is a backend.\npackage poll\n\nimport \"example.test/ws/contract\"\n\ntype P struct{}\n\nfunc (P) Wait() int { return 1 }\n\nfunc New() contract.Poller { return P{} }\n")
	execMod := "module example.test/ws/exec\n\ngo 1.25\n\nrequire (\n\texample.test/ws/contract CONTRACT\n\texample.test/ws/poll v0.1.0\n)\n\nreplace (\n\texample.test/ws/contract => ../contract\n\texample.test/ws/poll => ../poll\n)\n"
	w.write(t, "exec/go.mod", strings.Replace(execMod, "CONTRACT", "v0.1.0", 1))
	w.write(t, "exec/exec.go", "// Package exec is above.\npackage exec\n\nimport (\n\t\"example.test/ws/contract\"\n\t\"example.test/ws/poll\"\n)\n\nfunc Run(p contract.Poller) int {\n\tif p == nil {\n\t\tp = poll.New()\n\t}\n\treturn p.Wait()\n}\n")
	w.consumers = []alone.Consumer{alone.Pinned{Top: "exec", Pin: "poll", Raised: []string{"contract"}, Source: source}}
	if err := w.run(t); err != nil {
		t.Fatal(err)
	}

	// The next contract adds a method. Here every module moves along, and the
	// workspace is green; a user's backend stays at its tag.
	w.tag(t, "contract/v0.1.0", "poll/v0.1.0", "exec/v0.1.0")
	w.write(t, "modules.txt", "contract released v0.2.0\npoll released v0.2.0\nexec released v0.2.0\n")
	w.write(t, "contract/contract.go", "// Package contract is below.\npackage contract\n\ntype Poller interface {\n\tWait() int\n\tMore()\n}\n")
	w.write(t, "poll/go.mod", "module example.test/ws/poll\n\ngo 1.25\n\nrequire example.test/ws/contract v0.2.0\n\nreplace example.test/ws/contract => ../contract\n")
	w.write(t, "poll/more.go", "package poll\n\nfunc (P) More() {}\n")
	w.write(t, "exec/go.mod", strings.Replace(execMod, "CONTRACT", "v0.2.0", 1))
	w.wantBuild(t)
	wantError(t, w.run(t), "consumer of a newer exec that pins poll: ", "missing method More")
}

// workspace is a git repository with modules of its own, in a temporary folder.
type workspace struct {
	root      string
	consumers []alone.Consumer
}

func upperMod(lower string) string {
	return "module example.test/ws/upper\n\ngo 1.25\n\nrequire example.test/ws/lower " + lower +
		"\n\nreplace example.test/ws/lower => ../lower\n"
}

func newEmptyWorkspace(t *testing.T) *workspace {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	w := &workspace{root: t.TempDir()}
	w.git(t, "init", "--quiet")
	return w
}

// newWorkspace has two modules: upper requires lower and calls it.
func newWorkspace(t *testing.T) *workspace {
	t.Helper()
	w := newEmptyWorkspace(t)
	w.write(t, "modules.txt", "lower released v0.1.0\nupper released v0.1.0\n")
	w.write(t, "go.work", "go 1.25\n\nuse (\n\t./lower\n\t./upper\n)\n")
	w.write(t, "lower/go.mod", "module example.test/ws/lower\n\ngo 1.25\n")
	w.write(t, "lower/lower.go", "// Package lower is below.\npackage lower\n\nfunc Old() int { return 1 }\n")
	w.write(t, "upper/go.mod", upperMod("v0.1.0"))
	w.write(t, "upper/upper.go", "// Package upper is above.\npackage upper\n\nimport \"example.test/ws/lower\"\n\nfunc Sum() int { return lower.Old() }\n")
	w.write(t, "upper/upper_test.go", "package upper\n\nimport \"testing\"\n\nfunc TestSum(t *testing.T) {\n\tif Sum() < 1 {\n\t\tt.Fatal(Sum())\n\t}\n}\n")
	return w
}

func (w *workspace) write(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(w.root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// tag commits everything and tags it.
func (w *workspace) tag(t *testing.T, tags ...string) {
	t.Helper()
	w.git(t, "add", "--all")
	w.git(t, "commit", "--quiet", "--message", "tree")
	for _, tag := range tags {
		w.git(t, "tag", tag)
	}
}

func (w *workspace) git(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = w.root
	cmd.Env = append(os.Environ(),
		"GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=test", "GIT_AUTHOR_EMAIL=test@example.test",
		"GIT_COMMITTER_NAME=test", "GIT_COMMITTER_EMAIL=test@example.test")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

// wantBuild checks that the workspace hides whatever Run is about to find.
func (w *workspace) wantBuild(t *testing.T) {
	t.Helper()
	cmd := exec.Command("go", "build", "work")
	cmd.Dir = w.root
	cmd.Env = append(os.Environ(), "GOWORK="+filepath.Join(w.root, "go.work"), "GOFLAGS=", "GOPROXY=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the workspace does not build: %v\n%s", err, out)
	}
}

func (w *workspace) run(t *testing.T) error {
	t.Helper()
	return alone.Run(alone.Config{
		Root:      w.root,
		Platforms: []alone.Platform{{OS: "windows", Arch: "amd64"}},
		Consumers: w.consumers,
		Fallback:  "off",
		Log:       t.Output(),
	})
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error lacks %q:\n%v", part, err)
		}
	}
}
