// Command covet finds mistakes in programs that use moduvex-go which the compiler, go vet and the tests of such a
// program do not see, because the code compiles and does something else. It is a tool of go vet, and runs alone, too:
//
//	go vet -vettool=$(which covet) ./...
//	covet ./...
//
// This module is never released, so covet is built in a clone of the repository:
//
//	go build -o covet ./tools/cmd/covet
//
// Without flags all checks run; a flag with the name of a check, such as -coctx, selects checks, and -coctx=false
// leaves one out. covet help lists the checks, and covet help coctx describes one. A comment
//
//	//covet:ignore reason
//
// at the end of a line, or on the line above it, silences that line; the reason is required.
package main

import (
	"golang.org/x/tools/go/analysis/multichecker"

	"github.com/moduvex/moduvex-go/tools/internal/covet"
)

func main() { multichecker.Main(covet.Analyzers()...) }
