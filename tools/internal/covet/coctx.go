package covet

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
)

// CoCtx reports contexts that are derived from a Co and bound nothing.
var CoCtx = check("coctx", `report contexts that are derived from a Co and bound nothing

A body awaits with its Co, so the end of a context that is derived from the Co ends no await:

	ctx, cancel := context.WithTimeout(co, time.Second)
	defer cancel()
	n, err := conn.Read(co, buf) // waits for ever
	if ctx.Err() != nil { ... }

The check reports such a context if the function passes it to nothing, and awaits after it. A scope of package coro is what
bounds awaits: coro.WithTimeout, WithDeadline or WithCancel, or coro.WithContext for a context that exists already.`, runCoCtx)

// deriving maps the functions of package context that return a context with an end of its own to the scope of package
// coro that takes their place.
var deriving = map[string]string{
	"context.WithCancel":        "coro.WithCancel(co, ...)",
	"context.WithCancelCause":   "coro.WithCancel(co, ...)",
	"context.WithDeadline":      "coro.WithDeadline(co, t, ...)",
	"context.WithDeadlineCause": "coro.WithDeadline(co, t, ...)",
	"context.WithTimeout":       "coro.WithTimeout(co, d, ...)",
	"context.WithTimeoutCause":  "coro.WithTimeout(co, d, ...)",
}

func runCoCtx(r *reporter) {
	info := r.TypesInfo
	for c := range r.root.Preorder((*ast.AssignStmt)(nil)) {
		assign := c.Node().(*ast.AssignStmt)
		if len(assign.Rhs) != 1 || len(assign.Lhs) != 2 {
			continue
		}
		call, ok := ast.Unparen(assign.Rhs[0]).(*ast.CallExpr)
		if !ok {
			continue
		}
		_, name := callee(info, call)
		scope := deriving[name]
		if scope == "" || !isCo(info.TypeOf(call.Args[0])) {
			continue
		}
		fn, ok := function(c)
		if !ok || !boundsNothing(info, fn, assign.Lhs[0]) || !awaitsAfter(info, fn, assign.End()) {
			continue
		}
		r.report(call.Pos(), "%s(co, ...) bounds no await of this function, which awaits with co: use %s, or coro.WithContext(co, ctx, ...)",
			name, scope)
	}
}

// boundsNothing reports whether the context that is assigned to lhs in the function at fn is asked for its end only, in
// that function itself.
func boundsNothing(info *types.Info, fn inspector.Cursor, lhs ast.Expr) bool {
	id, ok := lhs.(*ast.Ident)
	if !ok {
		return false
	}
	if id.Name == "_" {
		return true
	}
	ctx := info.Defs[id]
	if ctx == nil { // declared elsewhere: not all of its uses need be here
		return false
	}
	for c := range fn.Preorder((*ast.Ident)(nil)) {
		if info.Uses[c.Node().(*ast.Ident)] != ctx {
			continue
		}
		if user, _ := function(c); user != fn || !asksForTheEnd(c) {
			return false
		}
	}
	return true
}

// asksForTheEnd reports whether the context at c is used as in ctx.Err(), <-ctx.Done() or _ = ctx.
func asksForTheEnd(c inspector.Cursor) bool {
	switch parent := c.Parent().Node().(type) {
	case *ast.AssignStmt:
		blank, ok := parent.Lhs[0].(*ast.Ident)
		return ok && blank.Name == "_" && len(parent.Lhs) == 1
	case *ast.SelectorExpr:
		call := c.Parent().Parent()
		if call.ParentEdgeKind() == edge.Invalid || c.Parent().ParentEdgeKind() != edge.CallExpr_Fun {
			return false // a method value
		}
		if parent.Sel.Name != "Done" {
			return true
		}
		receive, ok := call.Parent().Node().(*ast.UnaryExpr)
		return ok && receive.Op == token.ARROW
	}
	return false
}

// awaitsAfter reports whether the function at fn itself awaits after pos.
func awaitsAfter(info *types.Info, fn inspector.Cursor, pos token.Pos) bool {
	for c := range fn.Preorder((*ast.CallExpr)(nil)) {
		call := c.Node().(*ast.CallExpr)
		if call.Pos() < pos || !isAwait(info, call) {
			continue
		}
		if at, _ := function(c); at == fn {
			return true
		}
	}
	return false
}
