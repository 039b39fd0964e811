// Package local has values that belong to a task: task-locals.
//
// A [Key] names a value of one type. It is set for a stretch of a task, in either style, and
// whatever runs in that stretch can look it up without having been handed it:
//
//	var requestID = local.NewKey[string]("request id")
//
//	requestID.With(co, "17", func(co *coro.Co) error { ... })  // direct style: a scope of the Co
//	local.Scope(requestID, "17", future)                       // poll style: around each poll
//
//	id, ok := requestID.Get(co)   // in a body, or in what has got its context.Context
//	id, ok := requestID.Get(cx)   // in a Poll
//
// The two styles see each other: a future that is awaited in a scope of a body finds the values of
// that scope. A scope inside another hides the value of the outer one, which is back after it,
// however the inner one ended.
//
// # What is not seen
//
// A task does not see the values of the one that spawned it, unless that is asked for: [Inherit]
// and [InheritBody] take along all that there is at that point. (Then both tasks have the same
// values: what a pointer among them points to is shared, and needs a lock if tasks run in parallel.)
//
// A Drop method gets no context, so it sees no values. A future that needs one at its end keeps it
// when it is polled. Deferred functions of a body see those of the scopes that they are in.
//
// # Cost
//
// Nothing for tasks without values. A scope costs its allocations once, none for each poll; a
// look-up walks the scopes from the inside outward.
//
// Other runtimes keep task-locals in the thread that polls. Here they lie in the core.Context and
// the Co, so that they are where the task is, and nowhere else.
package local
