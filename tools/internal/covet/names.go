package covet

import (
	"go/ast"
	"go/types"
	"strings"

	"golang.org/x/tools/go/ast/inspector"
	"golang.org/x/tools/go/types/typeutil"
)

// root is the path that the modules of this repository have in common.
const root = "github.com/moduvex/moduvex-go/"

// isType reports whether t is the type name of the package at path below root, or an instance of it.
func isType(t types.Type, path, name string) bool {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok {
		return false
	}
	obj := named.Obj()
	return obj.Name() == name && obj.Pkg() != nil && obj.Pkg().Path() == root+path
}

// isCo reports whether t is *coro.Co.
func isCo(t types.Type) bool {
	if t == nil {
		return false
	}
	p, ok := types.Unalias(t).(*types.Pointer)
	return ok && isType(p.Elem(), "core/coro", "Co")
}

// isContext reports whether t is context.Context.
func isContext(t types.Type) bool { return types.TypeString(t, nil) == "context.Context" }

// isError reports whether t is error.
func isError(t types.Type) bool {
	return types.Identical(t, types.Universe.Lookup("error").Type())
}

// callee returns the function that call calls, without its type arguments, and its name: "context.WithTimeout",
// "sync.WaitGroup.Go" or, without root, "core/lock.Mutex.LockWait". For a call through a variable it returns nil, "".
func callee(info *types.Info, call *ast.CallExpr) (fn *types.Func, name string) {
	fn, _ = typeutil.Callee(info, call).(*types.Func)
	if fn == nil || fn.Pkg() == nil {
		return nil, ""
	}
	fn = fn.Origin()
	name = fn.Name()
	if recv := fn.Signature().Recv(); recv != nil {
		t := types.Unalias(recv.Type())
		if p, ok := t.(*types.Pointer); ok {
			t = types.Unalias(p.Elem())
		}
		if named, ok := t.(*types.Named); ok {
			name = named.Obj().Name() + "." + name
		}
	}
	return fn, strings.TrimPrefix(fn.Pkg().Path(), root) + "." + name
}

// ours reports whether fn belongs to a module that programs use.
func ours(fn *types.Func) bool {
	if fn == nil {
		return false
	}
	path, ok := strings.CutPrefix(fn.Pkg().Path(), root)
	return ok && !strings.HasPrefix(path, "tools/")
}

// short returns a name of callee as a program writes it: "lock.Mutex.LockWait".
func short(name string) string { return name[strings.LastIndex(name, "/")+1:] }

// param returns the type of the parameter that takes argument i of call; nil if call is a conversion or a builtin.
func param(info *types.Info, call *ast.CallExpr, i int) types.Type {
	tv := info.Types[call.Fun]
	if tv.IsType() || tv.Type == nil {
		return nil
	}
	sig, ok := tv.Type.Underlying().(*types.Signature)
	if !ok {
		return nil
	}
	n := sig.Params().Len()
	if sig.Variadic() && i >= n-1 && !call.Ellipsis.IsValid() {
		return sig.Params().At(n - 1).Type().(*types.Slice).Elem()
	}
	if i >= n {
		return nil
	}
	return sig.Params().At(i).Type()
}

// isAwait reports whether call may suspend a body: it passes a Co on as a Co, or is a method of Co that suspends.
func isAwait(info *types.Info, call *ast.CallExpr) bool {
	if _, name := callee(info, call); name == "core/coro.Co.Suspend" || name == "core/coro.Co.Yield" {
		return true
	}
	for i, arg := range call.Args {
		if isCo(info.TypeOf(arg)) && isCo(param(info, call, i)) {
			return true
		}
	}
	return false
}

// function returns the innermost function around c; ok is false outside of functions.
func function(c inspector.Cursor) (fn inspector.Cursor, ok bool) {
	for fn := range c.Enclosing((*ast.FuncLit)(nil), (*ast.FuncDecl)(nil)) {
		if fn != c {
			return fn, true
		}
	}
	return fn, false
}

// funcType returns the type of the function at fn.
func funcType(fn inspector.Cursor) *ast.FuncType {
	switch fn := fn.Node().(type) {
	case *ast.FuncLit:
		return fn.Type
	case *ast.FuncDecl:
		return fn.Type
	}
	return nil
}

// takesCo reports whether the function at fn has a parameter of type *coro.Co: it is a body, a part of one, or a
// function that a body calls.
func takesCo(info *types.Info, fn inspector.Cursor) bool {
	for _, field := range funcType(fn).Params.List {
		if isCo(info.TypeOf(field.Type)) {
			return true
		}
	}
	return false
}
