package covet

import (
	"go/ast"
	"go/types"
)

// RangeErr reports loops over values and errors that drop the errors.
var RangeErr = check("rangeerr", `report loops over values and errors that drop the errors

The iterators of coro.Results, of join sets, of the receivers of channels, of signals and of timer.Interval yield a value and
an error. The last iteration may have an error and no value: a child has failed, or the body is cancelled.

	for v := range results.All(co) { use(v) } // uses a zero value then

The check reports loops without a variable for the error, but for those that do nothing, or end in the first round and
have no variable.`, runRangeErr)

func runRangeErr(r *reporter) {
	for c := range r.root.Preorder((*ast.RangeStmt)(nil)) {
		loop := c.Node().(*ast.RangeStmt)
		call, ok := ast.Unparen(loop.X).(*ast.CallExpr)
		if !ok || loop.Value != nil && !isBlank(loop.Value) || passesOver(loop) {
			continue
		}
		fn, name := callee(r.TypesInfo, call)
		if ours(fn) && yieldsErrors(r.TypesInfo.TypeOf(call)) {
			r.report(loop.X.Pos(), "the loop drops the errors of %s: its last iteration may have one, and no value", short(name))
		}
	}
}

// passesOver reports whether loop looks at nothing, so that an iteration with an error does no harm.
func passesOver(loop *ast.RangeStmt) bool {
	body := loop.Body.List
	if len(body) == 0 {
		return true
	}
	if loop.Key != nil && !isBlank(loop.Key) {
		return false
	}
	switch body[0].(type) {
	case *ast.BranchStmt, *ast.ReturnStmt:
		return true
	}
	return false
}

func isBlank(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == "_"
}

// yieldsErrors reports whether t is iter.Seq2 of something and errors.
func yieldsErrors(t types.Type) bool {
	seq, ok := types.Unalias(t).(*types.Named)
	if !ok || seq.Obj().Pkg() == nil || seq.Obj().Pkg().Path() != "iter" || seq.Obj().Name() != "Seq2" {
		return false
	}
	return isError(seq.TypeArgs().At(1))
}
