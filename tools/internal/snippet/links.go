package snippet

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// codes matches code: blocks, and spans within a line.
var codes = regexp.MustCompile("(?ms)^```.*?^```$|`[^`\n]*`")

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// DeadLinks returns what is wrong with the links of the Markdown text, which is a file of the folder root: those to
// files and to headings that there are not. It leaves code and links to other sites alone.
func DeadLinks(root, text string) (wrong []string) {
	for _, m := range link.FindAllStringSubmatch(codes.ReplaceAllString(text, ""), -1) {
		target := m[1]
		if strings.Contains(target, "://") {
			continue
		}
		file, heading, _ := strings.Cut(target, "#")
		there, where := text, "there is"
		if file != "" {
			path := filepath.Join(root, filepath.FromSlash(file))
			info, err := os.Stat(path)
			if err != nil {
				wrong = append(wrong, file+" is missing")
				continue
			}
			if heading == "" || info.IsDir() {
				continue
			}
			data, err := os.ReadFile(path)
			if err != nil {
				wrong = append(wrong, err.Error())
				continue
			}
			there, where = string(data), file+" has"
		}
		if !slices.Contains(anchors(there), heading) {
			wrong = append(wrong, where+" no heading #"+heading)
		}
	}
	return wrong
}

var notInAnchor = regexp.MustCompile(`[^\p{L}\p{N} _-]`)

// anchors returns the names that links use for the headings of a Markdown text.
func anchors(text string) (names []string) {
	code := false
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, fence) {
			code = !code
		}
		title := strings.TrimLeft(line, "#")
		if code || len(title) == len(line) || !strings.HasPrefix(title, " ") {
			continue
		}
		name := notInAnchor.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), "")
		names = append(names, strings.ReplaceAll(name, " ", "-"))
	}
	return names
}
