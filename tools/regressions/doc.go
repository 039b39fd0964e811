// Package regressions holds the list of known mistakes of runtimes of this kind, README.md, and the test that compares
// it with the labels in the tests of the repository. It has no other code.
package regressions
