// Package regressions lists mistakes that runtimes of this kind are known to make, each seen in one, with
// the tests here that would find them. The tests themselves say "Regression:" and what went wrong.
//
// Who renames or moves such a test changes [List]: a test checks that all of them exist, and say so.
package regressions
