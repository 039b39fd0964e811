package regressions_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moduvex/moduvex-go/tools/regressions"
)

const root = "../.."

// functions are those of a file, by name, with their comments.
func functions(t *testing.T, file string) map[string]string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, file), nil, parser.ParseComments)
	if err != nil {
		t.Error(err)
		return nil
	}
	all := map[string]string{}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
			all[fn.Name.Name] = fn.Doc.Text()
		}
	}
	return all
}

func TestEveryMistakeHasItsTests(t *testing.T) {
	if _, err := os.Stat(filepath.Join(root, "core")); err != nil {
		t.Skip("the other modules are not here: ", err)
	}
	files := map[string]map[string]string{}
	for n, m := range regressions.List[1:] {
		n++
		if m.What == "" || len(m.Tests) == 0 {
			t.Errorf("%d: %q has no test", n, m.What)
		}
		said := false
		for _, test := range m.Tests {
			file, name, _ := strings.Cut(test, ": ")
			if files[file] == nil {
				files[file] = functions(t, file)
			}
			doc, ok := files[file][name]
			if !ok {
				t.Errorf("%d: there is no %s in %s", n, name, file)
			}
			said = said || strings.Contains(doc, "Regression: ")
		}
		if !said {
			t.Errorf("%d: none of its tests says that it is of a regression: %q", n, m.What)
		}
	}
}
