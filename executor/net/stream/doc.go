// Package stream provides what byte streams in direct style have in common: the interfaces [Reader], [Writer] and
// [Duplex], and [Copy] and [CopyBidirectional], which copy between any two of them. The streams of packages tcp and
// unix implement all three interfaces, and so can types of your own.
//
//	n, err := stream.Copy(co, dst, src)
//
// The interfaces are those of package io with a *coro.Co as the first argument.
//
// Between two streams of packages tcp and unix, Copy moves bulk data inside the kernel where the system can do that
// (Linux). It does so only if it is given the streams themselves: a type that embeds a stream sees every byte, since
// it may override Read or Write.
package stream
