package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// missing returns the entries with a ! whose test none of their packages has. Such a test is not run, so missing
// searches the sources of the packages: those that are built here, with goTest's environment and tags. A subtest
// has no declaration, so only the test that it belongs to is searched for.
func (r *results) missing(goCmd string, env, args []string) (map[*entry]bool, error) {
	asked := make(map[*entry]bool)
	paths := make(map[string]bool)
	for _, e := range r.entries {
		if !e.notRun || !e.applies || strings.Contains(e.pkg, "*") {
			continue
		}
		asked[e] = true
		for _, p := range r.pkgs {
			if e.pkgRE.MatchString(p.path) {
				paths[p.path] = true
			}
		}
	}
	if len(asked) == 0 {
		return nil, nil
	}
	cmd := exec.Command(goCmd, slices.Concat([]string{"list", "-json=ImportPath,Dir,TestGoFiles,XTestGoFiles"},
		buildTags(args), []string{"--"}, slices.Sorted(maps.Keys(paths)))...)
	cmd.Env = env
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	for in := json.NewDecoder(bytes.NewReader(out)); ; {
		var p testFiles
		if err := in.Decode(&p); errors.Is(err, io.EOF) {
			return asked, nil
		} else if err != nil {
			return nil, err
		}
		names, err := p.tests()
		if err != nil {
			return nil, err
		}
		for e := range asked {
			test, _, _ := strings.Cut(e.test, "/")
			top := &entry{pkgRE: e.pkgRE, testRE: testPattern(test)}
			if slices.ContainsFunc(names, func(name string) bool { return top.covers(p.ImportPath, name) }) {
				delete(asked, e)
			}
		}
	}
}

// testFiles is what go list says of a package.
type testFiles struct {
	ImportPath, Dir           string
	TestGoFiles, XTestGoFiles []string
}

// tests returns the names of the package's tests, examples and fuzz targets.
func (p *testFiles) tests() ([]string, error) {
	var names []string
	for _, file := range slices.Concat(p.TestGoFiles, p.XTestGoFiles) {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, file), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, decl := range f.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && isTest(fn.Name.Name) {
				names = append(names, fn.Name.Name)
			}
		}
	}
	return names, nil
}

// isTest reports whether name begins as the name of a test, an example or a fuzz target.
func isTest(name string) bool {
	return strings.HasPrefix(name, "Test") || strings.HasPrefix(name, "Example") || strings.HasPrefix(name, "Fuzz")
}

// buildTags returns the -tags of go test's arguments, in either of their forms.
func buildTags(args []string) []string {
	for i, arg := range args {
		flag := "-" + strings.TrimLeft(arg, "-")
		switch {
		case !strings.HasPrefix(arg, "-"):
		case strings.HasPrefix(flag, "-tags="):
			return []string{flag}
		case flag == "-tags" && i+1 < len(args):
			return []string{flag, args[i+1]}
		}
	}
	return nil
}
