package snippet_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/moduvex/moduvex-go/tools/internal/snippet"
)

var repository = filepath.Join("..", "..", "..")

// Documents are the Markdown files that show code of the repository.
var documents = []string{
	"README.md", "GUIDE.md", "core/README.md", "executor/README.md",
	"reactor/README.md", "reactor/epoll/README.md", "reactor/kqueue/README.md", "reactor/iocp/README.md",
}

func TestDocumentsShowTheirSources(t *testing.T) {
	var shown []string
	for _, name := range documents {
		text, err := os.ReadFile(filepath.Join(repository, name))
		if err != nil {
			t.Fatal(err)
		}
		updated, sources, err := snippet.Update(repository, text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if string(updated) != string(text) {
			t.Errorf("%s shows other code than its sources have: run make guide", name)
		}
		if len(sources) == 0 {
			t.Errorf("%s shows no code", name)
		}
		if blocks := strings.Count(string(text), "\n```go\n"); blocks != len(sources) {
			t.Errorf("%s has %d blocks of Go, of which %d have a source", name, blocks, len(sources))
		}
		shown = append(shown, sources...)
	}

	// What is marked is shown.
	folder := "executor/example/guide"
	files, err := os.ReadDir(filepath.Join(repository, folder))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if filepath.Ext(f.Name()) != ".go" || f.Name() == "doc.go" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(repository, folder, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, region := range snippet.Regions(string(text)) {
			if source := folder + "/" + f.Name() + "#" + region; !slices.Contains(shown, source) {
				t.Errorf("no document shows %s", source)
			}
		}
	}
}

// A link in a document leads to a file of the repository, and to a heading of it.
func TestDocumentsLinkToWhatThereIs(t *testing.T) {
	for _, name := range documents {
		text, err := os.ReadFile(filepath.Join(repository, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, wrong := range snippet.DeadLinks(filepath.Join(repository, filepath.Dir(name)), string(text)) {
			t.Errorf("%s: %s", name, wrong)
		}
	}
}

const source = `// Command x is a program.
package main

func main() {
	//guide:begin body
	if true {
		//guide:begin inner
		println(1)

		println(2)
		//guide:end inner
	}
	//guide:end body
}

//guide:begin open
`

func TestUpdate(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "x.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	body := "```go\nif true {\n\tprintln(1)\n\n\tprintln(2)\n}\n```\n"
	for name, tc := range map[string]struct{ doc, want, err string }{
		"no marker":          {"text\n```go\nx\n```\n", "text\n```go\nx\n```\n", ""},
		"region":             {"<!-- code: x.go#body -->\n```go\nold\n```\nafter\n", "<!-- code: x.go#body -->\n" + body + "after\n", ""},
		"region, no block":   {"<!-- code: x.go#body -->\nafter\n", "<!-- code: x.go#body -->\n" + body + "after\n", ""},
		"region in a region": {"<!-- code: x.go#inner -->\n", "<!-- code: x.go#inner -->\n```go\nprintln(1)\n\nprintln(2)\n```\n", ""},
		"file":               {"<!-- code: x.go -->\n", "<!-- code: x.go -->\n```go\n" + source[strings.Index(source, "package"):] + "```\n", ""},
		"no file":            {"a\n<!-- code: y.go -->\n", "", "line 2: "},
		"no region":          {"<!-- code: x.go#none -->\n", "", "x.go has no region none"},
		"region is open":     {"<!-- code: x.go#open -->\n", "", "the region open of x.go does not end"},
		"block is open":      {"<!-- code: x.go#body -->\n```go\nold\n", "", "line 2: the block of code does not end"},
	} {
		got, _, err := snippet.Update(root, []byte(tc.doc))
		switch {
		case tc.err == "" && (err != nil || string(got) != tc.want):
			t.Errorf("%s: %q, %v; want %q", name, got, err, tc.want)
		case tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err)):
			t.Errorf("%s: %v, want %s", name, err, tc.err)
		}
	}
}

func TestDeadLinks(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "a.md"), []byte("# One heading, or two\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := "## Here\n[a](a.md) [b](a.md#one-heading-or-two) [c](https://example.org/x) [d](#here)\n" +
		"[e](b.md) [f](a.md#three) [g](#there)\n`x[i](y)`\n```go\nx[i](y)\n```\n"
	want := []string{"b.md is missing", "a.md has no heading #three", "there is no heading #there"}
	if got := snippet.DeadLinks(root, text); !slices.Equal(got, want) {
		t.Errorf("have %q\nwant %q", got, want)
	}
}
