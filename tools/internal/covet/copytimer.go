package covet

import (
	"go/ast"
	"go/types"

	"golang.org/x/tools/go/ast/inspector"
)

// CopyTimer reports copies of values that must not be copied and hold no lock, which go vet would see.
var CopyTimer = check("copytimer", `report copies of timers and of other values that must not be copied

While a timer is armed the worker's wheel points to it, so a copy is a timer that is never over. A task-local key is known by its
address. go vet reports copies of values that hold a lock; these hold none:

	timer.Timer, timer.Interval, wheel.Entry, local.Key, coro.UseCheck, coro.Results,
	mpsc.Sender, mpsc.UnboundedSender, mpsc.Receiver

The check reports copies of variables. It also reports a Poll with a value receiver that holds such a value, since each
poll has a copy of its own then. A value that was just made may be moved: *timer.Sleep(d), or a variable of the function
that no method was called of yet.`, runCopyTimer)

// pinned are the types that must not be copied.
var pinned = []struct{ path, name string }{
	{"core/timer", "Timer"},
	{"core/timer", "Interval"},
	{"core/timer/wheel", "Entry"},
	{"core/local", "Key"},
	{"core/coro", "UseCheck"},
	{"core/coro", "Results"},
	{"core/channel/mpsc", "Sender"},
	{"core/channel/mpsc", "UnboundedSender"},
	{"core/channel/mpsc", "Receiver"},
}

// movers are the functions that take a future by its value, to poll it where it then is.
var movers = map[string]bool{"executor.SpawnValue": true, "core/task.NewValue": true}

func runCopyTimer(r *reporter) {
	for c := range r.root.Preorder((*ast.AssignStmt)(nil), (*ast.ValueSpec)(nil), (*ast.CallExpr)(nil),
		(*ast.CompositeLit)(nil), (*ast.RangeStmt)(nil), (*ast.FuncDecl)(nil)) {
		switch n := c.Node().(type) {
		case *ast.AssignStmt:
			for i, e := range n.Rhs {
				if len(n.Lhs) != len(n.Rhs) || !isBlank(n.Lhs[i]) {
					r.copied(c, e)
				}
			}
		case *ast.ValueSpec:
			for i, e := range n.Values {
				if len(n.Names) != len(n.Values) || !isBlank(n.Names[i]) {
					r.copied(c, e)
				}
			}
		case *ast.CallExpr:
			r.passed(c, n)
		case *ast.CompositeLit:
			for _, e := range n.Elts {
				if kv, ok := e.(*ast.KeyValueExpr); ok {
					e = kv.Value
				}
				r.copied(c, e)
			}
		case *ast.RangeStmt:
			if n.Value != nil && !isBlank(n.Value) {
				if name := pinnedType(r.TypesInfo.TypeOf(n.Value)); name != "" {
					r.report(n.Value.Pos(), "the loop copies values of type %s, which must not be copied", name)
				}
			}
		case *ast.FuncDecl:
			r.polledByValue(n)
		}
	}
}

// passed reports the arguments of call that copy a variable.
func (r *reporter) passed(c inspector.Cursor, call *ast.CallExpr) {
	if tv := r.TypesInfo.Types[call.Fun]; tv.IsType() || tv.IsBuiltin() {
		return
	}
	if _, name := callee(r.TypesInfo, call); movers[name] {
		return
	}
	for _, arg := range call.Args {
		r.copied(c, arg)
	}
}

// copied reports e, in the statement or the expression at c, if it is a variable of a type that must not be copied.
func (r *reporter) copied(c inspector.Cursor, e ast.Expr) {
	name := pinnedType(r.TypesInfo.TypeOf(e))
	if name != "" && isVariable(e) && r.TypesInfo.Types[e].IsValue() && !fresh(r.TypesInfo, c, e) {
		r.report(e.Pos(), "copies a %s, which must not be copied: use a pointer", name)
	}
}

// isVariable reports whether e is an expression for a variable that was there before, unlike the result of a call.
func isVariable(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident, *ast.SelectorExpr, *ast.IndexExpr:
		return true
	case *ast.StarExpr:
		_, made := ast.Unparen(e.X).(*ast.CallExpr)
		return !made
	}
	return false
}

// fresh reports whether e is a variable of the function around c that nothing has used before c but copies.
func fresh(info *types.Info, c inspector.Cursor, e ast.Expr) bool {
	id, ok := ast.Unparen(e).(*ast.Ident)
	fn, inside := function(c)
	if !ok || !inside {
		return false
	}
	v := info.Uses[id]
	if body := fn.Node(); v == nil || v.Pos() < body.Pos() || body.End() <= v.Pos() {
		return false
	}
	for use := range fn.Preorder((*ast.Ident)(nil)) {
		n := use.Node().(*ast.Ident)
		if info.Uses[n] != v || n.Pos() >= id.Pos() {
			continue
		}
		switch use.Parent().Node().(type) {
		case *ast.SelectorExpr, *ast.UnaryExpr:
			return false
		}
	}
	return true
}

// polledByValue reports decl if it is the Poll of a future with a value receiver that holds a pinned value.
func (r *reporter) polledByValue(decl *ast.FuncDecl) {
	fn, ok := r.TypesInfo.Defs[decl.Name].(*types.Func)
	if !ok || decl.Name.Name != "Poll" || fn.Signature().Recv() == nil {
		return
	}
	recv := fn.Signature().Recv().Type()
	if !isFuture(recv) {
		return
	}
	if name := held(recv); name != "" {
		r.report(decl.Recv.Pos(), "each call of this Poll has its own copy of a %s, which must not be copied: use a pointer receiver", name)
	}
}

// pinnedType returns the name of t if values of it must not be copied; otherwise "".
func pinnedType(t types.Type) string {
	if t == nil {
		return ""
	}
	for _, p := range pinned {
		if isType(t, p.path, p.name) {
			return short(p.path) + "." + p.name
		}
	}
	return ""
}

// held returns the name of a type of a value that a t holds and that must not be copied, or "".
func held(t types.Type) string {
	if name := pinnedType(t); name != "" {
		return name
	}
	switch u := t.Underlying().(type) {
	case *types.Struct:
		for field := range u.Fields() {
			if name := held(field.Type()); name != "" {
				return name
			}
		}
	case *types.Array:
		return held(u.Elem())
	}
	return ""
}
