package covet_test

import (
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"

	"github.com/moduvex/moduvex-go/tools/internal/covet"
)

// repository is the folder of go.work, as an absolute path.
func repository(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// environment returns the environment of commands that see all modules of the repository.
func environment(root string) []string {
	return append(os.Environ(), "GOWORK="+filepath.Join(root, "go.work"))
}

// A function that is renamed would silently no longer be checked.
func TestWhatTheChecksKnowExists(t *testing.T) {
	root := repository(t)
	var paths []string
	for _, name := range slices.Concat(covet.Functions(), covet.Types()) {
		path, _ := split(name)
		paths = append(paths, path)
	}
	slices.Sort(paths)
	loaded, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedTypes | packages.NeedImports,
		Dir:  root,
		Env:  environment(root),
	}, slices.Compact(paths)...)
	if err != nil {
		t.Fatal(err)
	}
	byPath := make(map[string]*types.Package)
	for _, p := range loaded {
		byPath[p.PkgPath] = p.Types
	}
	for _, name := range covet.Functions() {
		if _, ok := find(byPath, name).(*types.Func); !ok {
			t.Errorf("there is no function %s", name)
		}
	}
	for _, name := range covet.Types() {
		if _, ok := find(byPath, name).(*types.TypeName); !ok {
			t.Errorf("there is no type %s", name)
		}
	}
}

// split returns the path of the package of name, and the rest.
func split(name string) (path, rest string) {
	dot := strings.LastIndex(name, "/") + 1
	dot += strings.Index(name[dot:], ".")
	path, rest = name[:dot], name[dot+1:]
	switch module, _, _ := strings.Cut(path, "/"); module {
	case "core", "executor", "joinhandle", "compat":
		path = covet.Root + path
	}
	return path, rest
}

// find returns the function, method or type called name, or nil.
func find(pkgs map[string]*types.Package, name string) types.Object {
	path, rest := split(name)
	pkg := pkgs[path]
	if pkg == nil {
		return nil
	}
	typ, method, ok := strings.Cut(rest, ".")
	obj := pkg.Scope().Lookup(typ)
	if !ok || obj == nil {
		return obj
	}
	m, _, _ := types.LookupFieldOrMethod(obj.Type(), true, pkg, method)
	return m
}
