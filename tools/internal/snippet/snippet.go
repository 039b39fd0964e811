// Package snippet keeps the code in Markdown files equal to the source files that it is taken from.
//
// A block of code follows a line that names its source, a file or a region of one:
//
//	<!-- code: executor/example/first/main.go -->
//	<!-- code: executor/example/guide/lines_test.go#lines -->
//
// A file is shown from its package clause on. A region stands between lines of the form
//
//	//guide:begin lines
//	//guide:end lines
//
// and is shown without the indentation that all of its lines have.
package snippet

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	markerStart = "<!-- code: "
	markerEnd   = " -->"
	fence       = "```"
	begin       = "//guide:begin "
	end         = "//guide:end "
)

// Update returns the Markdown text doc with each named block replaced by its source, which it reads below root. The
// sources are those that doc names, each as in its marker.
func Update(root string, doc []byte) (updated []byte, sources []string, err error) {
	var out bytes.Buffer
	lines := strings.SplitAfter(string(doc), "\n")
	for i := 0; i < len(lines); i++ {
		out.WriteString(lines[i])
		source, ok := marker(lines[i])
		if !ok {
			continue
		}
		sources = append(sources, source)
		code, err := Source(root, source)
		if err != nil {
			return nil, nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		fmt.Fprintf(&out, "%sgo\n%s%s\n", fence, code, fence)
		if i+1 == len(lines) || !strings.HasPrefix(lines[i+1], fence) {
			continue // a new marker, without a block so far
		}
		open := i + 1
		for i += 2; i < len(lines) && strings.TrimRight(lines[i], "\n") != fence; i++ {
		}
		if i >= len(lines) {
			return nil, nil, fmt.Errorf("line %d: the block of code does not end", open+1)
		}
	}
	return out.Bytes(), sources, nil
}

// marker returns the source that a line names.
func marker(line string) (source string, ok bool) {
	if source, ok = strings.CutPrefix(strings.TrimSpace(line), markerStart); !ok {
		return "", false
	}
	return strings.CutSuffix(source, markerEnd)
}

// Source returns the code of "file" or "file#region", below root.
func Source(root, source string) (string, error) {
	name, region, isRegion := strings.Cut(source, "#")
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		return "", err
	}
	if !isRegion {
		if at := strings.Index("\n"+string(text), "\npackage "); at >= 0 {
			return string(text[at:]), nil
		}
		return "", fmt.Errorf("%s has no package clause", name)
	}
	var code []string
	inside, found := false, false
	for line := range strings.Lines(string(text)) {
		switch strings.TrimSpace(line) {
		case begin + region:
			inside, found = true, true
			continue
		case end + region:
			inside = false
			continue
		}
		if inside && !isMark(line) {
			code = append(code, line)
		}
	}
	switch {
	case !found:
		return "", fmt.Errorf("%s has no region %s", name, region)
	case inside:
		return "", fmt.Errorf("the region %s of %s does not end", region, name)
	}
	return strings.Trim(dedent(code), "\n") + "\n", nil
}

// Regions returns the names of the regions of a source file.
func Regions(text string) (names []string) {
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), begin); ok {
			names = append(names, name)
		}
	}
	return names
}

// isMark reports whether a line begins or ends a region.
func isMark(line string) bool {
	line = strings.TrimSpace(line)
	return strings.HasPrefix(line, begin) || strings.HasPrefix(line, end)
}

// dedent joins lines without the tabs that all of them begin with.
func dedent(lines []string) string {
	tabs := -1
	for _, l := range lines {
		if strings.TrimSpace(l) == "" {
			continue
		}
		if n := len(l) - len(strings.TrimLeft(l, "\t")); tabs < 0 || n < tabs {
			tabs = n
		}
	}
	var b strings.Builder
	for _, l := range lines {
		if strings.TrimSpace(l) == "" {
			b.WriteString("\n")
			continue
		}
		b.WriteString(l[tabs:])
	}
	return b.String()
}
