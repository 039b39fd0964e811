package deptest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/moduvex/moduvex-go/tools/internal/modlist"
)

// wordsFile has the list of words, below wordsHeading: a table whose last column names, in backquotes, what the
// repository does not say.
const (
	wordsFile    = "ARCHITECTURE.md"
	wordsHeading = "## Words"
)

// Words checks that no source or document uses a word that the table of words in ARCHITECTURE.md rules out: in a
// comment, a name or a text, in any case of letters. The section of the table itself is left out.
func Words(root string, _ modlist.List) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(root, wordsFile))
	if err != nil {
		return nil, err
	}
	before, section, after := cutSection(text)
	ruledOut, err := ruledOut(section)
	if err != nil {
		return nil, err
	}
	var wrong []string
	err = filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if entry.IsDir() {
			if name == ".git" || entry.Name() == "testdata" || name == "tools/bench/results" || name == "tools/deptest" {
				return filepath.SkipDir
			}
			return nil
		}
		if !isProse(entry.Name()) {
			return nil
		}
		text := slices.Concat(before, bytes.Repeat([]byte("\n"), bytes.Count(section, []byte("\n"))), after)
		if name != wordsFile {
			if text, err = os.ReadFile(file); err != nil {
				return err
			}
		}
		for i, line := range strings.Split(string(text), "\n") {
			if word := ruledOut.FindString(line); word != "" {
				wrong = append(wrong, fmt.Sprintf("%s:%d: %q: %s has another word", name, i+1, word, wordsFile))
			}
		}
		return nil
	})
	return wrong, err
}

// cutSection returns what is before the section of words, the section, and what is after it.
func cutSection(text []byte) (before, section, after []byte) {
	start := bytes.Index(text, []byte(wordsHeading+"\n"))
	if start < 0 {
		return text, nil, nil
	}
	length := len(text) - start
	if next := bytes.Index(text[start+len(wordsHeading):], []byte("\n## ")); next >= 0 {
		length = len(wordsHeading) + next
	}
	return text[:start], text[start : start+length], text[start+length:]
}

// ruledOut returns a pattern of the words in backquotes in the last column of the table.
func ruledOut(section []byte) (*regexp.Regexp, error) {
	quoted := regexp.MustCompile("`([^`]+)`")
	var words []string
	for line := range strings.Lines(string(section)) {
		columns := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(columns) < 3 {
			continue
		}
		for _, match := range quoted.FindAllStringSubmatch(columns[len(columns)-1], -1) {
			words = append(words, regexp.QuoteMeta(match[1]))
		}
	}
	if len(words) == 0 {
		return nil, errors.New(wordsFile + ": the section " + wordsHeading + " has no table that rules out a word")
	}
	return regexp.Compile(`(?i)\b(` + strings.Join(words, "|") + `)\b`)
}

// isProse reports whether a file has comments or text that people read.
func isProse(name string) bool {
	switch filepath.Ext(name) {
	case ".go", ".md", ".sh", ".yml", ".c", ".h":
		return true
	}
	return name == "Makefile"
}
