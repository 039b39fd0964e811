package deptest

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"

	"github.com/moduvex/moduvex-go/tools/internal/modlist"
)

var (
	link       = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	inlineCode = regexp.MustCompile("`[^`]*`")
	external   = regexp.MustCompile(`^[a-z]+:`)
)

// Links checks that every link of a Markdown file leads to a file or folder of the repository, and, if it has a
// fragment, to a heading. Links to other sites are not followed.
func Links(root string, _ modlist.List) ([]string, error) {
	var wrong []string
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "testdata"):
			return filepath.SkipDir
		case entry.IsDir() || filepath.Ext(file) != ".md":
			return nil
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		eachLine(string(text), func(number int, line string) {
			for _, match := range link.FindAllStringSubmatch(inlineCode.ReplaceAllString(line, ""), -1) {
				if fault := follow(file, match[1]); fault != "" {
					wrong = append(wrong, fmt.Sprintf("%s:%d: link to %s: %s", filepath.ToSlash(name), number, match[1], fault))
				}
			}
		})
		return nil
	})
	return wrong, err
}

// follow returns what is wrong with the target of a link in file, or "".
func follow(file, target string) string {
	if external.MatchString(target) {
		return ""
	}
	path, fragment, _ := strings.Cut(target, "#")
	to := file
	if path != "" {
		to = filepath.Join(filepath.Dir(file), filepath.FromSlash(path))
	}
	if _, err := os.Stat(to); err != nil {
		return "no such file"
	}
	if fragment == "" {
		return ""
	}
	text, err := os.ReadFile(to)
	if err != nil {
		return "a fragment of what is no file"
	}
	if !anchors(string(text))[fragment] {
		return "no such heading"
	}
	return ""
}

// anchors returns the fragments of the headings of a Markdown file: small letters, hyphens for spaces, no punctuation.
// A heading that repeats an earlier one gets a number.
func anchors(text string) map[string]bool {
	set := map[string]bool{}
	eachLine(text, func(_ int, line string) {
		heading := strings.TrimLeft(line, "#")
		if heading == line || !strings.HasPrefix(heading, " ") {
			return
		}
		anchor := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, strings.TrimSpace(heading))
		unique := anchor
		for n := 1; set[unique]; n++ {
			unique = fmt.Sprintf("%s-%d", anchor, n)
		}
		set[unique] = true
	})
	return set
}

// eachLine calls f with each line of a Markdown file that is not in a fenced or indented block of code, and its number.
func eachLine(text string, f func(number int, line string)) {
	fenced, number := false, 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.HasPrefix(strings.TrimSpace(line), "```"):
			fenced = !fenced
		case !fenced && !strings.HasPrefix(line, "    "):
			f(number, line)
		}
	}
}
