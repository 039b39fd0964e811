// Package kqmodel has no code in Go: it holds what the runners bsdrun and machorun share, in C, and their
// tests. README.md says what the model of kqueue can do, and what not.
package kqmodel
