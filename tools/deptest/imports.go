package deptest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/moduvex/moduvex-go/tools/internal/modlist"
)

// xsys is the only foreign module that code outside of tests may import, but for a Rule's Foreign.
const xsys = "golang.org/x/sys"

// testOnly lists what test files may import beyond what their module may.
var testOnly = []string{"go.uber.org/goleak", "github.com/google/go-cmp"}

// A Rule says what a module may import besides the standard library and itself.
type Rule struct {
	Siblings []string // folders
	XSys     bool
	Foreign  []string // modules of others that the code may import

	// Pure forbids the standard library's ways to the system, and cgo.
	Pure bool
	// Anything lifts every limit but that on siblings' internal packages.
	Anything bool
}

// impure lists what a pure module's code must not import; packages below each
// are forbidden too, so that os/signal or net/http is no way round.
var impure = []string{"os", "syscall", "net", "unsafe", "C", xsys}

var backends = []string{"reactor/epoll", "reactor/kqueue", "reactor/iocp"}

// Rules is the table of ARCHITECTURE.md: imports point only downwards.
var Rules = map[string]Rule{
	"core":           {Pure: true},
	"joinhandle":     {Pure: true, Siblings: []string{"core"}},
	"reactor":        {},
	"reactor/epoll":  {Siblings: []string{"reactor"}, XSys: true},
	"reactor/kqueue": {Siblings: []string{"reactor"}, XSys: true},
	"reactor/iocp":   {Siblings: []string{"reactor"}, XSys: true},
	"executor":       {Siblings: append([]string{"core", "joinhandle", "reactor"}, backends...), XSys: true},
	"compat":         {Siblings: append([]string{"core", "joinhandle", "reactor", "executor"}, backends...)},

	// Only a program that uses one of these libraries downloads it.
	"compat/prometheus": {Siblings: []string{"executor", "compat"}, Foreign: []string{"github.com/prometheus"}},
	"compat/otel":       {Siblings: []string{"executor", "compat"}, Foreign: []string{"go.opentelemetry.io/otel"}},

	"compat/interop": {Anything: true},
	"tools":          {Anything: true},
	"tools/bench":    {Anything: true},
}

// Imports checks every import of every file against the rules. A test file may
// also import [go.uber.org/goleak], [github.com/google/go-cmp] and any sibling
// that modules.txt lists above its module; and the tests of a pure module may
// use the system.
func Imports(root string, list modlist.List, rules map[string]Rule) ([]string, error) {
	var missing []string
	for _, m := range list {
		if _, ok := rules[m.Dir]; !ok {
			missing = append(missing, fmt.Sprintf("%s: no rule says what this module may import", m.Dir))
		}
	}
	if missing != nil {
		return missing, nil
	}
	return eachModule(root, list, func(m modlist.Module, files []File) []string {
		var wrong []string
		for _, f := range files {
			for _, imp := range f.Imports {
				if why := forbidden(list, m, rules[m.Dir], f, imp.Path); why != "" {
					wrong = append(wrong, fmt.Sprintf("%s:%d: %s must not import %s: %s", f.Name, imp.Line, m.Dir, imp.Path, why))
				}
			}
		}
		return wrong
	})
}

// forbidden returns why a file of m must not import path, or "".
func forbidden(list modlist.List, m modlist.Module, rule Rule, f File, path string) string {
	if sib, ok := list.ByPath(path); ok {
		return forbiddenSibling(m, sib, rule, f, path)
	}
	switch {
	case rule.Anything:
		return ""
	case rule.Pure && !f.Test && hasPrefix(path, impure):
		return "it reaches no os, syscall, net, unsafe or x/sys of its own"
	case isStd(path), path == "C":
		return ""
	case rule.XSys && modlist.HasPathPrefix(path, xsys), hasPrefix(path, rule.Foreign):
		return ""
	case f.Test && hasPrefix(path, testOnly):
		return ""
	case hasPrefix(path, testOnly):
		return "only test files may"
	}
	return "the module is not in ARCHITECTURE.md's table"
}

func forbiddenSibling(m, sib modlist.Module, rule Rule, f File, path string) string {
	if sib.Dir == m.Dir {
		return ""
	}
	rest := strings.TrimPrefix(path, sib.Path) + "/"
	if strings.Contains(rest, "/internal/") {
		return "an internal package belongs to its module, which may change it at any version"
	}
	switch {
	case rule.Anything, slices.Contains(rule.Siblings, sib.Dir):
		return ""
	case f.Test && sib.Line < m.Line && sib.Released:
		return ""
	}
	return "imports point only downwards in ARCHITECTURE.md's table"
}

// isStd reports whether an import path is the standard library's, whose paths
// alone have no dot in their first element.
func isStd(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && path != "C"
}

func hasPrefix(path string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return modlist.HasPathPrefix(path, p) })
}
