// Package guide holds the programs of GUIDE.md that use compat, as examples that go test compiles and runs. It exports nothing.
package guide
