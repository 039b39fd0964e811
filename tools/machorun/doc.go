// Package machorun has no code in Go: the folder holds a runner for darwin/amd64 programs on Linux, in C.
// README.md says what it does and what its limits are; package kqmodel tests it.
package machorun
