package covet

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/inspector"
)

// CoNested reports calls that would block a worker and return core.ErrNested instead.
var CoNested = check("conested", `report calls in a task that return core.ErrNested, since they would block its worker

A function that takes a Co runs in a task. In it the check reports

	- a form of a wait that is for goroutines and gets the Co, or a context that is derived from it: mu.LockWait(co);
	- with any context, calls that never work in a task: JoinHandle.Wait, JoinSet.Wait, executor.Run, Main, BlockOn and
	  PollHere, Runtime.Shutdown and Close, taskctx.Call.

Function literals without a Co are left alone: they may run on the blocking pool.`, runCoNested)

// blocking maps the functions that return core.ErrNested in a task whatever their context is to what a task does.
var blocking = map[string]string{
	"joinhandle.JoinHandle.Wait": "use Join(co)",
	"joinhandle.JoinSet.Wait":    "use Join(co)",
	"executor.Run":               "start a task with executor.Go and join it",
	"executor.Main":              "start a task with executor.Do and join it",
	"executor.BlockOn":           "use coro.Await",
	"executor.PollHere":          "use coro.Await",
	"executor.Runtime.Shutdown":  "call it on the goroutine that has made the runtime",
	"executor.Runtime.Close":     "call it on the goroutine that has made the runtime",
	"compat/taskctx.Call":        "use coro.WithContext",
}

func runCoNested(r *reporter) {
	parents := derivations(r)
	for c := range r.root.Preorder((*ast.CallExpr)(nil)) {
		call := c.Node().(*ast.CallExpr)
		fn, name := callee(r.TypesInfo, call)
		if !ours(fn) {
			continue
		}
		instead, always := blocking[name]
		if !always {
			if !strings.HasSuffix(fn.Name(), "Wait") || len(call.Args) == 0 ||
				!isContext(fn.Signature().Params().At(0).Type()) || !fromCo(r.TypesInfo, parents, call.Args[0]) {
				continue
			}
			instead = "use " + strings.TrimSuffix(fn.Name(), "Wait") + ", which takes the Co"
		}
		if in, ok := function(c); ok && takesCo(r.TypesInfo, in) {
			r.report(call.Pos(), "%s would block the worker in a task, and returns core.ErrNested: %s", short(name), instead)
		}
	}
}

// derivations maps each variable that is declared with a context that a function of package context has returned, and
// gets no other value, to the parent of that context.
func derivations(r *reporter) map[types.Object]ast.Expr {
	parents := make(map[types.Object]ast.Expr)
	for c := range r.root.Preorder((*ast.AssignStmt)(nil)) {
		assign := c.Node().(*ast.AssignStmt)
		if id, ok := assign.Lhs[0].(*ast.Ident); ok && r.TypesInfo.Defs[id] != nil && len(assign.Rhs) == 1 {
			if parent := parentOf(r.TypesInfo, assign.Rhs[0]); parent != nil {
				parents[r.TypesInfo.Defs[id]] = parent
			}
		}
	}
	for c := range r.root.Preorder((*ast.Ident)(nil)) {
		id := c.Node().(*ast.Ident)
		if obj := r.TypesInfo.Uses[id]; parents[obj] != nil && overwritten(c) {
			delete(parents, obj)
		}
	}
	return parents
}

// parentOf returns the parent of the context that e derives by a function of package context, or nil.
func parentOf(info *types.Info, e ast.Expr) ast.Expr {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok {
		return nil
	}
	if _, name := callee(info, call); deriving[name] != "" || name == "context.WithValue" {
		return call.Args[0]
	}
	return nil
}

// overwritten reports whether the variable at c is assigned to there, or has its address taken.
func overwritten(c inspector.Cursor) bool {
	switch parent := c.Parent().Node().(type) {
	case *ast.AssignStmt:
		for _, lhs := range parent.Lhs {
			if lhs == c.Node() {
				return true
			}
		}
	case *ast.UnaryExpr:
		return true
	}
	return false
}

// fromCo reports whether e is a Co, or a context that is derived from one.
func fromCo(info *types.Info, parents map[types.Object]ast.Expr, e ast.Expr) bool {
	for e != nil {
		if isCo(info.TypeOf(e)) {
			return true
		}
		if id, ok := ast.Unparen(e).(*ast.Ident); ok {
			e = parents[info.Uses[id]]
		} else {
			e = parentOf(info, e)
		}
	}
	return false
}
