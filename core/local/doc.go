// Package local provides task-locals: values that belong to a task.
//
// A [Key] names a value of one type. A value is set for a part of a task, in either style, and
// all code that runs in that part can look it up without a parameter:
//
//	var requestID = local.NewKey[string]("request id")
//
//	requestID.With(co, "17", func(co *coro.Co) error { ... })  // direct style: a scope of the Co
//	local.Scope(requestID, "17", future)                       // poll style: around each poll
//
//	id, ok := requestID.Get(co)   // in a body, or in code that has its context.Context
//	id, ok := requestID.Get(cx)   // in a Poll
//
// The two styles see each other: a future that is awaited in a scope of a body finds the values of
// that scope. A scope inside another hides the outer value, which is visible again after the inner scope,
// however that ended.
//
// # What is not seen
//
// A task does not see the values of the task that spawned it, unless its spawner calls [Inherit]
// or [InheritBody], which take along all values at that point. (Then both tasks have the same
// values: the target of a pointer among them is shared, and needs a lock if tasks run in parallel.)
//
// A Drop method gets no context, so it sees no values. A future that needs a value in its Drop keeps it
// when it is polled. Deferred functions of a body see the values of the scopes that they are in.
//
// # Cost
//
// Tasks without values cost nothing. A scope allocates once, and not at each poll; a
// look-up walks the scopes from the inside outward.
//
// Other runtimes keep task-locals in the thread that polls. Here the core.Context and the Co hold them, so
// that they move with the task.
package local
