package regressions

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	root  = "../.."
	label = "Regression:"
)

var (
	mistakeLine = regexp.MustCompile(`^(\d+)\. (.+)$`)
	testLine    = regexp.MustCompile(`^   - (\S+\.go): (\w+)$`)
)

// check compares the text of a list with the functions of a tree, by "file: name", of which the value says whether they
// have the label. It returns what is wrong.
func check(list string, functions map[string]bool) (wrong []string) {
	listed := map[string]bool{}
	number, tests := 0, 0
	endOfMistake := func() {
		if number > 0 && tests == 0 {
			wrong = append(wrong, fmt.Sprintf("%d has no test", number))
		}
	}
	lines := bufio.NewScanner(strings.NewReader(list))
	for lines.Scan() {
		line := lines.Text()
		if m := mistakeLine.FindStringSubmatch(line); m != nil {
			endOfMistake()
			number, tests = number+1, 0
			if m[1] != fmt.Sprint(number) {
				wrong = append(wrong, fmt.Sprintf("the number %s should be %d", m[1], number))
			}
			continue
		}
		m := testLine.FindStringSubmatch(line)
		if m == nil {
			if strings.HasPrefix(strings.TrimSpace(line), "- ") {
				wrong = append(wrong, fmt.Sprintf("this line is not of the form \"   - file: function\": %q", line))
			}
			continue
		}
		tests++
		name := m[1] + ": " + m[2]
		listed[name] = true
		switch labelled, exists := functions[name]; {
		case !exists:
			wrong = append(wrong, fmt.Sprintf("%d: there is no %s in %s", number, m[2], m[1]))
		case !labelled:
			wrong = append(wrong, fmt.Sprintf("%d: the comment of %s has no %q", number, name, label))
		}
	}
	endOfMistake()
	for _, name := range slices.Sorted(maps.Keys(functions)) {
		if functions[name] && !listed[name] {
			wrong = append(wrong, fmt.Sprintf("%s has the label %q and is not in the list", name, label))
		}
	}
	if len(listed) == 0 {
		wrong = append(wrong, "the list names no test")
	}
	return wrong
}

// functions parses every Go file below dir and returns its functions, by "file: name", and whether their comments have
// the label.
func functions(dir string) (map[string]bool, error) {
	all := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		file, err := filepath.Rel(dir, path)
		for _, d := range syntax.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
				all[filepath.ToSlash(file)+": "+fn.Name.Name] = strings.Contains(fn.Doc.Text(), label)
			}
		}
		return err
	})
	return all, err
}

func TestTheListAndTheLabelsAgree(t *testing.T) {
	if _, err := os.Stat(filepath.Join(root, "core")); err != nil {
		t.Skip("the other modules are not here: ", err)
	}
	list, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	all, err := functions(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range check(string(list), all) {
		t.Error(w)
	}
}

func TestWhatIsWrongIsFound(t *testing.T) {
	const list = `# Regressions

1. One mistake.
   - a_test.go: TestOne
   - a_test.go: TestUnlabelled
   - a_test.go: TestMissing
3. Another.
   - of another form
`
	want := []string{
		`1: the comment of a_test.go: TestUnlabelled has no "Regression:"`,
		`1: there is no TestMissing in a_test.go`,
		`the number 3 should be 2`,
		`this line is not of the form "   - file: function": "   - of another form"`,
		`2 has no test`,
		`b_test.go: TestUnlisted has the label "Regression:" and is not in the list`,
	}
	got := check(list, map[string]bool{
		"a_test.go: TestOne":        true,
		"a_test.go: TestUnlabelled": false,
		"a_test.go: TestOther":      false,
		"b_test.go: TestUnlisted":   true,
	})
	if !slices.Equal(got, want) {
		t.Errorf("have\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := check("", nil); len(got) != 1 {
		t.Errorf("an empty list: %q", got)
	}
}
