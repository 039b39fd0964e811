// Package tools holds the commands and checks of this repository:
//
//   - cmd/alone packs each module and tests it by itself;
//   - cmd/tagcheck checks a release tag;
//   - cmd/knownfail compares the failures of tests on an emulated system with a list of known ones;
//   - cmd/onwine runs commands with Wine;
//   - cmd/covet finds mistakes in programs that use moduvex-go, as a tool of go vet;
//   - deptest enforces the direction of imports, the files that every module has, and the list of words;
//   - lincheck checks histories of locks and channels for linearizability;
//   - emulators run the tests of freebsd and darwin on Linux;
//   - regressions lists known mistakes and the tests that would find them.
//
// The module is never released. It also pins, as Go tools, the linters that
// the Makefile runs; nothing else in the repository depends on it.
package tools
