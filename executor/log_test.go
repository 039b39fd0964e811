package executor_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/executor"
)

func TestPlaceInAStack(t *testing.T) {
	const raised = `goroutine 7 [running]:
runtime/debug.Stack()
	/go/src/runtime/debug/stack.go:26 +0x5e
github.com/moduvex/moduvex-go/core/task.Recovered({0x1, 0x2})
	/home/me/moduvex-go/core/task/errors.go:70 +0x1d
panic({0x1?, 0x2?})
	/go/src/runtime/panic.go:783 +0x132
runtime.goPanicIndex(0x5, 0x3)
	/go/src/runtime/panic.go:115 +0x74
strings.Repeat({0x1, 0x2}, 0x3)
	/go/src/strings/strings.go:600 +0x10
`
	const rest = `github.com/moduvex/moduvex-go/core/coro.(*cell[...]).run(0x1)
	/home/me/moduvex-go/core/coro/cell.go:7 +0x10
created by main.main in goroutine 1
	/home/me/app/main.go:3 +0x10
`
	for name, c := range map[string]struct{ stack, module, want string }{
		"in main":                     {raised + "main.serve({0x1})\n\t/home/me/app/serve.go:42 +0x1d\n" + rest, "", "app/serve.go:42"},
		"in a package":                {raised + "example.com/app/db.(*Pool).get(...)\n\t/home/me/app/db/pool.go:9\n" + rest, "", "db/pool.go:9"},
		"in a module without a dot":   {raised + "app/db.get(...)\n\t/home/me/app/db/pool.go:9\n" + rest, "app", "db/pool.go:9"},
		"in the top of such a module": {raised + "app.get(...)\n\t/home/me/app/pool.go:9\n" + rest, "app", "app/pool.go:9"},
		"in a test":                   {raised + executor.ModulePath + "core/coro_test.f()\n\t/w/core/coro/f_test.go:1 +0x1\n" + rest, "", "coro/f_test.go:1"},
		"in a system call": {raised + "golang.org/x/sys/unix.Sendfile(0xd)\n\t/mod/golang.org/x/sys@v0.41.0/unix/z.go:304 +0x88\n" +
			executor.ModulePath + "executor/net/tcp.(*Stream).SendFile(0x1)\n\t/w/tcp/copy.go:40 +0x87\nmain.send()\n\t/app/send.go:3\n" + rest, "", "app/send.go:3"},
		"nowhere of users": {raised + rest, "string", "runtime/panic.go:115"},
		"no panic":         {rest, "", "coro/cell.go:7"},
		"nothing":          {"", "", ""},
	} {
		if have := executor.PlaceOfPanic(c.stack, c.module); have != c.want {
			t.Errorf("%s: have %q, want %q", name, have, c.want)
		}
	}
}
