// Guide writes the code of the repository into the Markdown files that show it: see package snippet.
//
//	guide README.md GUIDE.md core/README.md
//
// It runs in the root of the repository.
package main

import (
	"fmt"
	"os"

	"github.com/moduvex/moduvex-go/tools/internal/snippet"
)

func main() {
	for _, name := range os.Args[1:] {
		if err := update(name); err != nil {
			fmt.Fprintf(os.Stderr, "guide: %s: %v\n", name, err)
			os.Exit(1)
		}
	}
}

func update(name string) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	updated, _, err := snippet.Update(".", text)
	if err != nil || string(updated) == string(text) {
		return err
	}
	return os.WriteFile(name, updated, 0o644)
}
