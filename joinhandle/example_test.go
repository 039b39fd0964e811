package joinhandle_test

import (
	"fmt"
	"time"

	"github.com/moduvex/moduvex-go/core/coretest"
	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/core/future"
	"github.com/moduvex/moduvex-go/core/task"
	"github.com/moduvex/moduvex-go/joinhandle"
)

// A custom host starts the task of a future or of a body. What users of a runtime call is shown in package
// executor.
func ExampleStart() {
	host := coretest.New(1)
	defer host.Close()

	future := joinhandle.Start(host, task.New(future.Ready(42)))
	body := joinhandle.Start(host, coro.New(func(co *coro.Co) (string, error) {
		return "awake", coro.Sleep(co, time.Second)
	}))
	fmt.Println("finished:", future.Finished(), body.Finished())
	host.Run()
	fmt.Println(future.TryJoin())
	fmt.Println(body.TryJoin())
	// Output:
	// finished: false false
	// {42 <nil>} true
	// {awake <nil>} true
}
