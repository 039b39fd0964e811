// Package joinhandle holds the handles to a task: [JoinHandle] to wait for its output and to
// abort it, [AbortHandle] for the abort alone, and [JoinSet] for many tasks at once.
//
// A handle is as small as a pointer and is passed by value. Letting go of it detaches the task:
// it runs on, and its output is collected with it. Handles are safe for use by any number of
// goroutines and tasks; the output goes to the first that asks once it is there, and every later
// join is answered with core.ErrAlreadyJoined.
package joinhandle
