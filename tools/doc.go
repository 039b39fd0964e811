// Package tools holds the commands and checks that keep this repository's
// modules honest: packing and testing each one by itself (cmd/alone), checking
// a release tag (cmd/tagcheck), comparing the failures of tests on an emulated
// system with a list of what is known (cmd/knownfail), running commands with Wine
// (cmd/onwine), and enforcing the import
// direction and the files every module owes (deptest). Package lincheck checks histories of core/sync
// for linearizability.
//
// The module is never released. It also pins, as Go tools, the linters that
// the Makefile runs; nothing else in the repository depends on it.
package tools
