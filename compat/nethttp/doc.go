// Package nethttp provides an HTTP server that is net/http's own, and whose connections without a request hold no
// goroutine, no stack and no buffer.
package nethttp
