package covet

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/edge"
	"golang.org/x/tools/go/ast/inspector"
)

// DropTask reports tasks and futures whose end is certain to be lost.
var DropTask = check("droptask", `report tasks and futures whose end is certain to be lost

Not to keep the handle of a task is in order: a server does so with the task of each connection. The check reports

	- a task that the body of executor.Run or Main starts last, with nothing that waits for it: the runtime closes
	  when the body returns, and drops the task;
	- a task that the body of coro.WithGroup starts with its Co, in place of the group that it does not use: it is no child,
	  so WithGroup neither waits for it nor returns its error;
	- a call of packages core/timer and core/future, or of a function whose name ends in Future, whose result is not used:
	  a future that nothing polls does nothing.`, runDropTask)

func runDropTask(r *reporter) {
	info := r.TypesInfo
	for c := range r.root.Preorder((*ast.ExprStmt)(nil)) {
		call, ok := ast.Unparen(c.Node().(*ast.ExprStmt).X).(*ast.CallExpr)
		if !ok {
			continue
		}
		_, name := callee(info, call)
		switch {
		case dropsFuture(info, call) && !panics(info, c):
			r.report(call.Pos(), "the future of %s is not used: it does nothing until it is polled, as by coro.Await", short(name))
		case !spawnsWithCo(info, c):
		case endsProgram(info, c):
			r.report(call.Pos(), "nothing waits for this task, and the runtime drops it when the body returns: join the handle of %s", short(name))
		case missesGroup(info, c):
			r.report(call.Pos(), "this task is no child of the group, which the body does not use: use Group.Do in place of %s", short(name))
		}
	}
}

// dropsFuture reports whether call makes a future and does nothing else.
func dropsFuture(info *types.Info, call *ast.CallExpr) bool {
	fn, name := callee(info, call)
	if !ours(fn) || fn.Signature().Results().Len() != 1 {
		return false
	}
	path := fn.Pkg().Path()
	makes := fn.Signature().Recv() == nil && (path == root+"core/timer" || path == root+"core/future")
	return (makes || strings.HasSuffix(name, "Future")) && isFuture(info.TypeOf(call))
}

// isFuture reports whether a t, or a variable of type t, has the Poll method of a core.Future.
func isFuture(t types.Type) bool {
	obj, _, _ := types.LookupFieldOrMethod(t, true, nil, "Poll")
	poll, ok := obj.(*types.Func)
	if !ok || poll.Signature().Params().Len() != 1 {
		return false
	}
	p, ok := types.Unalias(poll.Signature().Params().At(0).Type()).(*types.Pointer)
	return ok && isType(p.Elem(), "core", "Context")
}

// panics reports whether the statement at c is to panic, as in tests: it is all that a function literal does, or the
// function around it recovers.
func panics(info *types.Info, c inspector.Cursor) bool {
	block, ok := c.Parent().Node().(*ast.BlockStmt)
	if ok && len(block.List) == 1 && c.Parent().ParentEdgeKind() == edge.FuncLit_Body {
		return true
	}
	fn, ok := function(c)
	if !ok {
		return false
	}
	for id := range fn.Preorder((*ast.Ident)(nil)) {
		if info.Uses[id.Node().(*ast.Ident)] == types.Universe.Lookup("recover") {
			return true
		}
	}
	return false
}

// spawnsWithCo reports whether the statement at c starts a task with a Co, and drops the handle.
func spawnsWithCo(info *types.Info, c inspector.Cursor) bool {
	stmt, ok := c.Node().(*ast.ExprStmt)
	if !ok {
		return false
	}
	call, ok := ast.Unparen(stmt.X).(*ast.CallExpr)
	if !ok || len(call.Args) == 0 || !isCo(info.TypeOf(call.Args[0])) {
		return false
	}
	fn, _ := callee(info, call)
	return ours(fn) && isType(info.TypeOf(call), "joinhandle", "JoinHandle")
}

// endsProgram reports whether the statement at c, which starts a task, is one of the last of a body of executor.Run or
// Main: what follows it starts tasks too, or returns without a call.
func endsProgram(info *types.Info, c inspector.Cursor) bool {
	if name := literalOf(info, c); name != "executor.Run" && name != "executor.Main" {
		return false
	}
	body, _ := function(c)
	for range body.Preorder((*ast.DeferStmt)(nil)) { // it may wait
		return false
	}
	next, ok := c.NextSibling()
	for ok && spawnsWithCo(info, next) {
		next, ok = next.NextSibling()
	}
	if !ok {
		return false
	}
	if _, returns := next.Node().(*ast.ReturnStmt); !returns {
		return false
	}
	for range next.Preorder((*ast.CallExpr)(nil)) {
		return false
	}
	return true
}

// missesGroup reports whether the innermost function around c is a body of coro.WithGroup that does not use its group.
func missesGroup(info *types.Info, c inspector.Cursor) bool {
	if literalOf(info, c) != "core/coro.WithGroup" {
		return false
	}
	lit, _ := function(c)
	for _, field := range funcType(lit).Params.List {
		for _, name := range field.Names {
			group := info.Defs[name]
			if group == nil || isCo(group.Type()) {
				continue
			}
			for id := range lit.Preorder((*ast.Ident)(nil)) {
				if info.Uses[id.Node().(*ast.Ident)] == group {
					return false
				}
			}
		}
	}
	return true
}

// literalOf returns the name of the function that the innermost function literal around c is an argument of, or "".
func literalOf(info *types.Info, c inspector.Cursor) string {
	lit, ok := function(c)
	if !ok || lit.ParentEdgeKind() != edge.CallExpr_Args {
		return ""
	}
	_, name := callee(info, lit.Parent().Node().(*ast.CallExpr))
	return name
}
