package main

import (
	"fmt"
	"regexp"
	"strings"
)

// entry is a line of the list.
type entry struct {
	where  string // file:line
	pkg    string
	test   string
	reason string
	notRun bool // left out by -skip

	pkgRE, testRE *regexp.Regexp

	applies bool // a package of it was tested to the end
	failed  int  // tests that it excused
	passed  int  // tests that it would have excused
	skipped int
}

// String is how a report names the entry.
func (e *entry) String() string { return e.pkg + " " + e.test }

func parseList(name, text string) ([]*entry, error) {
	var entries []*entry
	seen := make(map[string]string)
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		where := fmt.Sprintf("%s:%d", name, n)
		words := strings.Fields(line)
		if len(words) < 3 {
			return nil, fmt.Errorf("%s: want a package, a test and a reason", where)
		}
		e := &entry{where: where, pkg: words[0], reason: strings.Join(words[2:], " ")}
		e.test, e.notRun = strings.CutPrefix(words[1], "!")
		if !isTest(e.test) && e.test != "*" {
			return nil, fmt.Errorf("%s: %q is no name of a test", where, e.test)
		}
		if first := seen[e.String()]; first != "" {
			return nil, fmt.Errorf("%s: %s is in %s already", where, e, first)
		}
		seen[e.String()] = where
		e.pkgRE = regexp.MustCompile("^(.*/)?" + glob(e.pkg) + "$")
		e.testRE = testPattern(e.test)
		entries = append(entries, e)
	}
	return entries, nil
}

// testPattern matches a test of that name, and its subtests.
func testPattern(name string) *regexp.Regexp { return regexp.MustCompile("^" + glob(name) + "(/.*)?$") }

// glob is a regular expression for a word in which * matches any text.
func glob(word string) string {
	return strings.ReplaceAll(regexp.QuoteMeta(word), `\*`, ".*")
}

func (e *entry) covers(pkg, test string) bool {
	return e.pkgRE.MatchString(pkg) && e.testRE.MatchString(test)
}

// skipPattern is the argument of go test -skip for the entries with a !. That flag splits its pattern at
// slashes and matches each level by itself, so alternatives go one per whole pattern.
func skipPattern(entries []*entry) string {
	var out []string
	for _, e := range entries {
		if !e.notRun {
			continue
		}
		levels := strings.Split(e.test, "/")
		for i, l := range levels {
			levels[i] = "^" + glob(l) + "$"
		}
		out = append(out, strings.Join(levels, "/"))
	}
	return strings.Join(out, "|")
}
