package covet_test

import (
	"fmt"

	"github.com/moduvex/moduvex-go/tools/internal/covet"
)

func ExampleAnalyzers() {
	for _, a := range covet.Analyzers() {
		fmt.Println(a.Name)
	}
	// Output:
	// coctx
	// coescape
	// conested
	// rangeerr
	// droptask
	// copytimer
}
