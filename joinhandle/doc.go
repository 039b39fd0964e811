// Package joinhandle provides the handles of a task: [JoinHandle] waits for the task's output and aborts the task,
// [AbortHandle] only aborts it, and [JoinSet] holds many tasks and joins them in the order in which they end.
//
// Users of a runtime get a JoinHandle from executor.Spawn, executor.Go or executor.Do, and make a JoinSet with
// [NewJoinSet]:
//
//	h := executor.Go(co, fetch)
//	v, err := h.Join(co)
//
// The examples are in package executor; GUIDE.md has whole programs. [Start] and [New] are the layer below, for
// custom hosts.
//
// A handle is as small as a pointer and is passed by value. A task whose handle is dropped is detached: it runs on, and
// the garbage collector frees its output with it. Any number of goroutines and tasks may use a handle at once. The first
// join after the end gets the output; every later join gets core.ErrAlreadyJoined.
//
// The output of a task is in the task's own slot until then: a handle is a pointer to the slot, and a join registers a
// waker with the task, which the end of the task wakes.
package joinhandle
