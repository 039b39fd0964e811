package packproxy_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/module"

	"github.com/moduvex/moduvex-go/tools/internal/packproxy"
)

var upper = module.Version{Path: "example.test/Upper", Version: "v0.1.0"}

func TestAddDirWritesTheProxyLayout(t *testing.T) {
	root := t.TempDir()
	p := newProxy(t, root)
	tree := newTree(t)
	for _, version := range []string{"v0.10.0", "v0.1.0"} {
		if err := p.AddDir(module.Version{Path: upper.Path, Version: version}, tree); err != nil {
			t.Fatal(err)
		}
	}
	dir := filepath.Join(root, "example.test", "!upper", "@v")
	for name, want := range map[string]string{
		"list":        "v0.1.0\nv0.10.0\n",
		"v0.1.0.mod":  "module example.test/Upper\n",
		"v0.1.0.info": `{"Version":"v0.1.0","Time":"`,
		"v0.1.0.zip":  "PK",
	} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
		} else if !strings.HasPrefix(string(text), want) {
			t.Errorf("%s: have %q, want %q", name, text, want)
		}
	}
}

func TestUnpackLeavesNestedModulesOut(t *testing.T) {
	p := newProxy(t, t.TempDir())
	if err := p.AddDir(upper, newTree(t)); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "copy")
	if err := p.Unpack(upper, dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "upper.go")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "nested")); !os.IsNotExist(err) {
		t.Errorf("nested: have %v, want it left out", err)
	}
}

func TestHashDependsOnTheContentOnly(t *testing.T) {
	tree := newTree(t)
	var hashes []string
	for range 2 {
		p := newProxy(t, t.TempDir())
		if err := p.AddDir(upper, tree); err != nil {
			t.Fatal(err)
		}
		h, err := p.Hash(upper)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, h)
	}
	if hashes[0] != hashes[1] || !strings.HasPrefix(hashes[0], "h1:") {
		t.Errorf("have %q", hashes)
	}
}

func TestAddRefuses(t *testing.T) {
	p := newProxy(t, t.TempDir())
	tree := newTree(t)
	if err := p.AddDir(upper, tree); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, want string
		version    module.Version
		dir        string
	}{
		{"the same version twice", "is already packed", upper, tree},
		{"a tree without go.mod", "has no go.mod", module.Version{Path: "example.test/none", Version: "v0.1.0"}, t.TempDir()},
		{"a path that no proxy can serve", "malformed module path", module.Version{Path: "example.test/a b", Version: "v0.1.0"}, tree},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if err := p.AddDir(tc.version, tc.dir); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("have %v, want %s", err, tc.want)
			}
		})
	}
}

func TestTagsOfNoRepositoryAreNone(t *testing.T) {
	tags, err := packproxy.Tags(t.TempDir())
	if err != nil || len(tags) > 0 {
		t.Errorf("have %v, %v", tags, err)
	}
}

func newProxy(t *testing.T, dir string) *packproxy.Proxy {
	t.Helper()
	p, err := packproxy.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// newTree returns a module with another one nested in it.
func newTree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":          "module example.test/Upper\n",
		"upper.go":        "package upper\n",
		"nested/go.mod":   "module example.test/Upper/nested\n",
		"nested/other.go": "package nested\n",
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
