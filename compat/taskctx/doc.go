// Package taskctx provides tasks that end with a context, and contexts that end with a task.
//
// It is for programs whose code takes a context.Context first: their request handlers start tasks that are to end with the
// request, and their tasks call functions that take a context.
//
//	from a goroutine with a ctx    Go, Do         start a task that the end of ctx aborts
//	                               Call           starts one and blocks until it has ended
//	from a body with a co          co itself      is the context for a call
//	                               Std(co)        is the context for a goroutine that outlives the scope of co
//	from a body with co and ctx    coro.WithContext, which ends the awaits of a part of the body with ctx
//
// A handle is joined with a context by joinhandle.JoinHandle.Wait(ctx), which gives up waiting at the end of ctx; the task
// runs on, unless it ends with ctx too.
//
// # Cost
//
// Nothing waits for the end of a context: a task costs no goroutine more than executor.Go. Each worker registers one
// function with each context that its tasks are to end with, and takes it back when the last of these tasks ends. So a
// context that lives as long as the program does not grow, whatever the number of its tasks, and its end starts one
// goroutine for each worker, which cancels that worker's tasks one after the other.
//
// A context of a foreign type, without the method AfterFunc that contexts of package context use, is the exception: package
// context itself starts a goroutine that waits for its end, here one for each worker with such a task.
package taskctx
