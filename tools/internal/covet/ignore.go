package covet

import (
	"go/token"
	"strings"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"
)

// directive is the comment that silences the line that it ends, or the next one.
const directive = "//covet:ignore"

// A reporter reports what no directive silences.
type reporter struct {
	*analysis.Pass
	root    inspector.Cursor
	ignored map[line]bool
}

// A line is a line of a file.
type line struct {
	file string
	line int
}

// check returns an analyzer that calls run with a reporter for the package.
func check(name, doc string, run func(r *reporter)) *analysis.Analyzer {
	return &analysis.Analyzer{
		Name:     name,
		Doc:      doc,
		Requires: []*analysis.Analyzer{inspect.Analyzer},
		Run: func(pass *analysis.Pass) (any, error) {
			r := &reporter{
				Pass:    pass,
				root:    pass.ResultOf[inspect.Analyzer].(*inspector.Inspector).Root(),
				ignored: make(map[line]bool),
			}
			r.findDirectives()
			run(r)
			return nil, nil
		},
	}
}

// findDirectives notes the lines of directives that give a reason, and the lines after them.
func (r *reporter) findDirectives() {
	for _, file := range r.Files {
		for _, group := range file.Comments {
			for _, c := range group.List {
				reason, ok := strings.CutPrefix(c.Text, directive+" ")
				if !ok || strings.TrimSpace(reason) == "" {
					continue
				}
				at := r.Fset.Position(c.Pos())
				r.ignored[line{at.Filename, at.Line}] = true
				r.ignored[line{at.Filename, at.Line + 1}] = true
			}
		}
	}
}

// report reports a mistake at pos. The text ends with the name of the check, which is that of its flag.
func (r *reporter) report(pos token.Pos, format string, args ...any) {
	at := r.Fset.Position(pos)
	if !r.ignored[line{at.Filename, at.Line}] {
		r.Reportf(pos, format+" ("+r.Analyzer.Name+")", args...)
	}
}
