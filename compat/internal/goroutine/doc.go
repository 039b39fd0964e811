// Package goroutine tells the goroutine that calls from others, in a nanosecond.
package goroutine
