package covet

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
)

// CoEscape reports a Co that something else than its body awaits with.
var CoEscape = check("coescape", `report a Co that another goroutine or another task awaits with

A Co belongs to its body: another goroutine may use it as a context only, and another task has a Co of its own. The check
reports awaits and spawns with a Co

	- in a go statement, and in a function literal that a function such as errgroup.Group.Go or executor.Blocking takes;
	- in the body of another task, such as a child that uses its parent's Co;

and a Co that is sent on a Go channel or stored in a package-level variable. The awaits panic when they are
detected, and otherwise they run the body beside its worker.

Scopes (coro.WithTimeout and the like), iterators that the body drives through iter.Pull, and a struct that holds the Co for
as long as the body uses it are in order.`, runCoEscape)

// elsewhere maps the functions that take a function literal, and do not call it as a part of the calling body, to what
// calls the literal.
var elsewhere = map[string]string{
	"time.AfterFunc":    aGoroutine,
	"context.AfterFunc": aGoroutine,
	"sync.WaitGroup.Go": aGoroutine,

	"golang.org/x/sync/errgroup.Group.Go":    aGoroutine,
	"golang.org/x/sync/errgroup.Group.TryGo": aGoroutine,

	"core/coro.Co.AfterFunc":      aGoroutine,
	"executor.Blocking":           aGoroutine,
	"executor.BlockingOwned":      aGoroutine,
	"executor.SpawnBlocking":      aGoroutine,
	"joinhandle.JoinHandle.OnEnd": aGoroutine,

	"core/coro.Group.Do":         aTask,
	"core/coro.Group.DoOwning":   aTask,
	"core/coro.Results.Go":       aTask,
	"core/coro.Results.GoOwning": aTask,

	"core/coro.New":                    aTask,
	"core/coro.NewDo":                  aTask,
	"core/coro.NewOwning":              aTask,
	"core/coro.NewDoOwning":            aTask,
	"core/coro.NewWithContext":         aTask,
	"core/coro.NewDoWithContext":       aTask,
	"core/coro.NewOwningWithContext":   aTask,
	"core/coro.NewDoOwningWithContext": aTask,

	"executor.Go":       aTask,
	"executor.Do":       aTask,
	"executor.GoOwning": aTask,
	"executor.DoOwning": aTask,
	"executor.GoEach":   aTask,
	"executor.Run":      aTask,
	"executor.Main":     aTask,

	"executor/net/tcp.ListenerGroup.Serve": aTask,

	"joinhandle.JoinSet.Go":       aTask,
	"joinhandle.JoinSet.GoOwning": aTask,
	"joinhandle.JoinSet.Do":       aTask,
	"joinhandle.JoinSet.DoOwning": aTask,

	"compat/taskctx.Call":     aTask,
	"compat/taskctx.Go":       aTask,
	"compat/taskctx.Do":       aTask,
	"compat/taskctx.GoOwning": aTask,
	"compat/taskctx.DoOwning": aTask,
}

// spawns has the other functions that take a core.Spawner and spawn on it.
var spawns = map[string]bool{
	"executor.Spawn":      true,
	"executor.SpawnValue": true,
	"joinhandle.Start":    true,
}

const (
	aGoroutine = "another goroutine, which may use it as a context only"
	aTask      = "another task, which has a Co of its own"
)

func runCoEscape(r *reporter) {
	info := r.TypesInfo
	for c := range r.root.Preorder((*ast.Ident)(nil), (*ast.SendStmt)(nil), (*ast.AssignStmt)(nil)) {
		switch n := c.Node().(type) {
		case *ast.Ident:
			co, ok := info.Uses[n].(*types.Var)
			if !ok || !isCo(co.Type()) || !usedAsCo(info, c) {
				continue
			}
			if user := userOf(info, c, co); user != "" {
				r.report(n.Pos(), "%s belongs to its body, and is used here by %s", n.Name, user)
			}
		case *ast.SendStmt:
			if ch, ok := info.TypeOf(n.Chan).Underlying().(*types.Chan); ok && isCo(ch.Elem()) && isCo(info.TypeOf(n.Value)) {
				r.report(n.Value.Pos(), "a Co belongs to its body, and is sent to another goroutine here")
			}
		case *ast.AssignStmt:
			for i, lhs := range n.Lhs {
				if isCo(info.TypeOf(lhs)) && packageLevel(info, lhs) && !isNil(info, n, i) {
					r.report(lhs.Pos(), "a Co belongs to its body, and is stored in a package-level variable here")
				}
			}
		}
	}
}

// usedAsCo reports whether the Co at c is passed on as a Co, or spawned on, or has a method called that only its body may
// call.
func usedAsCo(info *types.Info, c inspector.Cursor) bool {
	switch parent := c.Parent().Node().(type) {
	case *ast.CallExpr:
		kind, i := c.ParentEdge()
		if kind != edge.CallExpr_Args {
			return false
		}
		t, name := param(info, parent, i), ""
		if _, name = callee(info, parent); t == nil || name == "compat/taskctx.Std" { // Std is for any goroutine
			return false
		}
		return isCo(t) || isType(t, "core", "Spawner") && (elsewhere[name] == aTask || spawns[name])
	case *ast.SelectorExpr:
		switch parent.Sel.Name {
		case "Suspend", "Yield", "Spawn", "Context", "Interrupted":
			return true
		}
	}
	return false
}

// userOf returns what uses the Co at c, if that is certain to be something else than the body that co belongs to;
// otherwise "".
func userOf(info *types.Info, c inspector.Cursor, co *types.Var) string {
	if _, ok := c.Parent().Parent().Node().(*ast.GoStmt); ok && c.ParentEdgeKind() == edge.CallExpr_Args {
		return aGoroutine
	}
	for lit := range c.Enclosing((*ast.FuncLit)(nil)) {
		if n := lit.Node(); n.Pos() <= co.Pos() && co.Pos() < n.End() {
			return "" // declared in it
		}
		call, ok := lit.Parent().Node().(*ast.CallExpr)
		if !ok {
			continue
		}
		if lit.ParentEdgeKind() == edge.CallExpr_Fun {
			if _, ok := lit.Parent().Parent().Node().(*ast.GoStmt); ok {
				return aGoroutine
			}
			continue
		}
		if _, name := callee(info, call); elsewhere[name] != "" {
			return elsewhere[name]
		}
	}
	return ""
}

// packageLevel reports whether lhs is a package-level variable or a part of one.
func packageLevel(info *types.Info, lhs ast.Expr) bool {
	for {
		switch e := ast.Unparen(lhs).(type) {
		case *ast.IndexExpr:
			lhs = e.X
		case *ast.StarExpr:
			lhs = e.X
		case *ast.SelectorExpr:
			if info.Selections[e] == nil { // of another package
				lhs = e.Sel
			} else {
				lhs = e.X
			}
		case *ast.Ident:
			v, ok := info.Uses[e].(*types.Var)
			return ok && v.Pkg() != nil && v.Parent() == v.Pkg().Scope()
		default:
			return false
		}
	}
}

// isNil reports whether n assigns nil to its left side i.
func isNil(info *types.Info, n *ast.AssignStmt, i int) bool {
	return n.Tok == token.ASSIGN && len(n.Rhs) == len(n.Lhs) && info.Types[n.Rhs[i]].IsNil()
}
