// Package emulators holds bsdrun and machorun, which run Go programs for freebsd/amd64 and darwin/amd64 on
// Linux, and kqmodel, the model of kqueue that both include. All three are written in C; the package has no Go
// code besides their test. README.md says what they can do, what they cannot, and when to delete them.
package emulators
