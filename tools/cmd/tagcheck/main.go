// Command tagcheck says whether a tag may be released: it must name a released
// module of modules.txt and a version, in the form folder/vX.Y.Z, that version
// must be the module's next one, and the module's CHANGELOG.md must have a
// section for it. The section is printed: it becomes the release's text.
//
// Usage:
//
//	tagcheck [-root dir] tag
package main

import (
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/moduvex/moduvex-go/tools/internal/modlist"
)

func main() {
	root := flag.String("root", ".", "the repository's root `dir`")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: tagcheck [-root dir] tag")
		os.Exit(2)
	}
	notes, err := check(*root, flag.Arg(0))
	if err != nil {
		fmt.Fprintf(os.Stderr, "tagcheck: %v\n", err)
		os.Exit(1)
	}
	fmt.Println(notes)
}

// check returns the release's text for a tag that may be released.
func check(root, tag string) (string, error) {
	list, err := modlist.Load(root)
	if err != nil {
		return "", err
	}
	dir, version := path.Split(tag)
	dir = strings.TrimSuffix(dir, "/")
	if dir == "" {
		return "", fmt.Errorf("%s: the root is no module; tags are of the form folder/vX.Y.Z", tag)
	}
	m, ok := list.ByDir(dir)
	switch {
	case !ok:
		return "", fmt.Errorf("%s: %s has no module %s", tag, modlist.FileName, dir)
	case !m.Released:
		return "", fmt.Errorf("%s: %s:%d says that %s is not released", tag, modlist.FileName, m.Line, dir)
	case semver.Canonical(version) != version:
		return "", fmt.Errorf("%s: %q is not a version of the form vX.Y.Z", tag, version)
	case version != m.Version:
		return "", fmt.Errorf("%s: %s:%d says that the next version of %s is %s", tag, modlist.FileName, m.Line, dir, m.Version)
	}
	name := filepath.Join(root, filepath.FromSlash(dir), "CHANGELOG.md")
	text, err := os.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("%s: %w", tag, err)
	}
	notes, ok := section(string(text), strings.TrimPrefix(version, "v"))
	if !ok {
		return "", fmt.Errorf("%s: %s/CHANGELOG.md has no section ## [%s]", tag, dir, strings.TrimPrefix(version, "v"))
	}
	if notes == "" {
		return "", fmt.Errorf("%s: the section ## [%s] of %s/CHANGELOG.md is empty", tag, strings.TrimPrefix(version, "v"), dir)
	}
	return notes, nil
}

// section returns the text below the heading of a version, up to the next
// heading of that rank or the link references at the end.
func section(changelog, version string) (string, bool) {
	var out strings.Builder
	found := false
	for line := range strings.Lines(changelog) {
		if strings.HasPrefix(line, "## ") {
			if found {
				break
			}
			found = strings.HasPrefix(line, "## ["+version+"]")
			continue
		}
		if found && !strings.HasPrefix(line, "[") {
			out.WriteString(line)
		}
	}
	return strings.TrimSpace(out.String()), found
}
