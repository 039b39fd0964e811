package deptest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/moduvex/moduvex-go/tools/internal/modlist"
)

// Systems lists the values of GOOS for which every package must have files: the
// go command fails on a package that has none, and so do its importers.
var Systems = []string{"linux", "darwin", "freebsd", "netbsd", "openbsd", "dragonfly", "windows"}

// EverySystem checks that no package consists of files for some systems only.
func EverySystem(root string, list modlist.List) ([]string, error) {
	var failed error
	wrong, err := eachModule(root, list, func(_ modlist.Module, files []File) []string {
		var wrong []string
		for dir, files := range byDir(files) {
			for _, goos := range Systems {
				ok, err := buildsOn(root, goos, files)
				if err != nil {
					failed = err
				}
				if !ok {
					wrong = append(wrong, fmt.Sprintf("%s: no file of this package is for %s: add an untagged doc.go and a stub", dir, goos))
				}
			}
		}
		return wrong
	})
	if err == nil {
		err = failed
	}
	return wrong, err
}

// buildsOn reports whether a package that has files outside of tests has one
// for a system.
func buildsOn(root, goos string, files []File) (bool, error) {
	ctx := build.Default
	ctx.GOOS, ctx.GOARCH, ctx.CgoEnabled = goos, "amd64", false
	onlyTests := true
	for _, f := range files {
		if f.Test {
			continue
		}
		onlyTests = false
		dir := filepath.Join(root, filepath.FromSlash(f.Dir()))
		if ok, err := ctx.MatchFile(dir, path.Base(f.Name)); ok || err != nil {
			return ok, err
		}
	}
	return onlyTests, nil
}

// ModuleFiles checks that each released module has doc.go, CHANGELOG.md,
// example_test.go with an example, a LICENSE that equals the repository's (so
// that a module zip packed from the tree has the same hash as one packed from
// the tag), and a TestMain that looks for leaked goroutines.
func ModuleFiles(root string, list modlist.List) ([]string, error) {
	license, err := os.ReadFile(filepath.Join(root, "LICENSE"))
	if err != nil {
		return nil, err
	}
	return eachModule(root, list.Released(), func(m modlist.Module, files []File) []string {
		var wrong []string
		for _, name := range []string{"doc.go", "CHANGELOG.md", "LICENSE", "example_test.go"} {
			text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(m.Dir), name))
			switch {
			case err != nil:
				wrong = append(wrong, fmt.Sprintf("%s: %s is missing", m.Dir, name))
			case name == "LICENSE" && !bytes.Equal(text, license):
				wrong = append(wrong, fmt.Sprintf("%s: LICENSE differs from the repository's", m.Dir))
			}
		}
		root := slices.DeleteFunc(slices.Clone(files), func(f File) bool { return !f.Test || f.Dir() != m.Dir })
		if !slices.ContainsFunc(root, hasExample) {
			wrong = append(wrong, fmt.Sprintf("%s: example_test.go has no example", m.Dir))
		}
		if !slices.ContainsFunc(root, func(f File) bool { return hasLeakCheck(f, m.Path) }) {
			wrong = append(wrong, fmt.Sprintf("%s: no TestMain calls goleak.VerifyTestMain", m.Dir))
		}
		return wrong
	})
}

func hasExample(f File) bool {
	return path.Base(f.Name) == "example_test.go" && slices.ContainsFunc(f.syntax.Decls, func(d ast.Decl) bool {
		fn, ok := d.(*ast.FuncDecl)
		return ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Example")
	})
}

// hasLeakCheck reports whether a test file has a TestMain that calls
// VerifyTestMain of goleak, or of the module's own internal/leaktest, which core
// has so that its go.mod requires nothing.
func hasLeakCheck(f File, modulePath string) bool {
	names := map[string]bool{}
	for _, imp := range f.Imports {
		if imp.Path == "go.uber.org/goleak" || imp.Path == modulePath+"/internal/leaktest" {
			name := imp.Name
			if name == "" {
				name = path.Base(imp.Path)
			}
			names[name] = true
		}
	}
	found := false
	for _, d := range f.syntax.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Name.Name != "TestMain" || fn.Recv != nil || fn.Body == nil {
			continue
		}
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && strings.HasPrefix(sel.Sel.Name, "VerifyTestMain") {
				x, ok := sel.X.(*ast.Ident)
				found = found || ok && names[x.Name]
			}
			return true
		})
	}
	return found
}

// GoMods checks that each go.mod has the language version goVersion and no
// toolchain line, and replaces the siblings that it requires, each by its
// folder. (A dependency that needs a newer Go raises that line unasked; see which
// one with go mod why, and take an older version of it. One that names the first
// release, 1.25.0 for 1.25, raises the line to that, which excludes no release.)
func GoMods(list modlist.List, goVersion string) []string {
	var wrong []string
	for _, m := range list {
		name := m.Dir + "/go.mod"
		if !oldestGo(m, goVersion) && !(requiresForeign(list, m) && oldestGo(m, goVersion+".0")) {
			wrong = append(wrong, fmt.Sprintf("%s: the go line is not go %s", name, goVersion))
		}
		if m.Mod.Toolchain != nil {
			wrong = append(wrong, fmt.Sprintf("%s:%d: toolchain line", name, m.Mod.Toolchain.Syntax.Start.Line))
		}
		replaced := map[string]string{}
		for _, rep := range m.Mod.Replace {
			replaced[rep.Old.Path] = path.Join(m.Dir, rep.New.Path)
		}
		for _, req := range m.Mod.Require {
			sib, ok := list.ByPath(req.Mod.Path)
			if ok && replaced[sib.Path] != sib.Dir {
				wrong = append(wrong, fmt.Sprintf("%s:%d: %s is not replaced by its folder", name, req.Syntax.Start.Line, sib.Path))
			}
		}
	}
	return wrong
}

func oldestGo(m modlist.Module, version string) bool {
	return m.Mod.Go != nil && m.Mod.Go.Version == version
}

func requiresForeign(list modlist.List, m modlist.Module) bool {
	return slices.ContainsFunc(m.Mod.Require, func(req *modfile.Require) bool {
		_, sibling := list.ByPath(req.Mod.Path)
		return !sibling
	})
}

// Unrequired checks that one module's go.mod requires no module at all: whatever
// it names, even for its tests, enters the module graph of those who import it.
func Unrequired(list modlist.List, dir string) []string {
	m, ok := list.ByDir(dir)
	if !ok {
		return []string{fmt.Sprintf("%s is not in %s", dir, modlist.FileName)}
	}
	var wrong []string
	for _, req := range m.Mod.Require {
		wrong = append(wrong, fmt.Sprintf("%s/go.mod:%d: requires %s", dir, req.Syntax.Start.Line, req.Mod))
	}
	return wrong
}

// Dependabot checks that .github/dependabot.yml looks after the folder of each
// module, and after no other.
func Dependabot(root string, list modlist.List) ([]string, error) {
	const name = ".github/dependabot.yml"
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	var wrong []string
	listed := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		dir, ok := strings.CutPrefix(strings.TrimSpace(line), "- /")
		if !ok {
			continue
		}
		listed[dir] = true
		if _, ok := list.ByDir(dir); !ok {
			wrong = append(wrong, fmt.Sprintf("%s: /%s is no module of %s", name, dir, modlist.FileName))
		}
	}
	for _, m := range list {
		if !listed[m.Dir] {
			wrong = append(wrong, fmt.Sprintf("%s: /%s is missing", name, m.Dir))
		}
	}
	return wrong, nil
}
