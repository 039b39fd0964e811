// Package deptest checks what every module of this repository owes the others:
// the direction of its imports, the documentation of its packages, packages
// that exist on every system, and the files that a module must have.
//
// Each check takes a tree's root and the modules in it and returns what is
// wrong, so that the tests can prove on a seeded tree that it finds something.
// The checks read the source files of all systems: build tags hide nothing.
package deptest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/moduvex/moduvex-go/tools/internal/modlist"
)

// A File is a parsed Go file of a module.
type File struct {
	Name    string // slash-separated, relative to the root
	Test    bool
	Package string
	Doc     string // the package comment
	Imports []Import
	syntax  *ast.File
}

// An Import is one import of a file.
type Import struct {
	Path string
	Name string // the name in the file, or "" when the file gives none
	Line int
}

// Dir returns the folder of the file, relative to the root.
func (f File) Dir() string { return path.Dir(f.Name) }

// Files parses the Go files of module m, without those of modules nested in it,
// whether they are listed or not, and without testdata.
func Files(root string, m modlist.Module) ([]File, error) {
	base := filepath.Join(root, filepath.FromSlash(m.Dir))
	var files []File
	err := filepath.WalkDir(base, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != base && skipDir(name) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		f, err := parse(root, name)
		if err == nil {
			files = append(files, f)
		}
		return err
	})
	return files, err
}

func skipDir(name string) bool {
	base := filepath.Base(name)
	if base == "testdata" || base[0] == '.' || base[0] == '_' {
		return true
	}
	_, err := os.Stat(filepath.Join(name, "go.mod"))
	return err == nil
}

func parse(root, name string) (File, error) {
	rel, err := filepath.Rel(root, name)
	if err != nil {
		return File{}, err
	}
	fset := token.NewFileSet()
	test := strings.HasSuffix(name, "_test.go")
	mode := parser.ImportsOnly | parser.ParseComments
	if test {
		mode = parser.SkipObjectResolution // TestMain's body is looked at
	}
	syntax, err := parser.ParseFile(fset, name, nil, mode)
	if err != nil {
		return File{}, err
	}
	f := File{
		Name:    filepath.ToSlash(rel),
		Test:    test,
		Package: syntax.Name.Name,
		Doc:     syntax.Doc.Text(),
		syntax:  syntax,
	}
	for _, spec := range syntax.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return File{}, err
		}
		imp := Import{Path: p, Line: fset.Position(spec.Pos()).Line}
		if spec.Name != nil {
			imp.Name = spec.Name.Name
		}
		f.Imports = append(f.Imports, imp)
	}
	return f, nil
}

// PackageDocs checks that each package has a package comment, and that a
// library's starts with "Package name".
func PackageDocs(root string, list modlist.List) ([]string, error) {
	return eachModule(root, list, func(_ modlist.Module, files []File) []string {
		var wrong []string
		for dir, files := range byDir(files) {
			var doc, name string
			for _, f := range files {
				if !f.Test {
					doc, name = doc+f.Doc, f.Package
				}
			}
			switch {
			case name == "":
			case doc == "":
				wrong = append(wrong, fmt.Sprintf("%s: package %s has no package comment", dir, name))
			case name != "main" && !strings.HasPrefix(doc, "Package "+name+" "):
				wrong = append(wrong, fmt.Sprintf("%s: the package comment does not start with %q", dir, "Package "+name))
			}
		}
		return wrong
	})
}

// eachModule collects what check finds in the modules of the list, sorted.
func eachModule(root string, list modlist.List, check func(modlist.Module, []File) []string) ([]string, error) {
	var wrong []string
	for _, m := range list {
		files, err := Files(root, m)
		if err != nil {
			return nil, err
		}
		wrong = append(wrong, check(m, files)...)
	}
	slices.Sort(wrong)
	return wrong, nil
}

func byDir(files []File) map[string][]File {
	dirs := map[string][]File{}
	for _, f := range files {
		dirs[f.Dir()] = append(dirs[f.Dir()], f)
	}
	return dirs
}
