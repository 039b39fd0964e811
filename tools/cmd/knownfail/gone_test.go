package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A test that is not run says nothing of itself. A line for one that is gone is noticed all the same.
func TestAListedTestThatIsNotRunMustExist(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":          "module example.test/p\n\ngo 1.25\n",
		"p_test.go":       "package p\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) {}\n\nfunc (helper) TestMethod() {}\n\ntype helper struct{}\n",
		"x_test.go":       "package p_test\n\nfunc ExampleB() {}\n\nfunc notATestC() {}\n\nvar _ = \"TestD\"\n",
		"tagged_test.go":  "//go:build special\n\npackage p\n\nimport \"testing\"\n\nfunc FuzzTagged(f *testing.F) {}\n",
		"w_plan9_test.go": "package p\n\nimport \"testing\"\n\nfunc TestPlan9(t *testing.T) {}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	t.Setenv("GOWORK", "off")
	t.Setenv("GOFLAGS", "")
	const events = `{"Action":"output","Package":"example.test/p","Output":"PASS\n"}
{"Action":"pass","Package":"example.test/p"}
`
	for _, c := range []struct {
		line      string
		env, args []string
		gone      bool
	}{
		{line: "p !TestA why"},
		{line: "p !Test* why"},
		{line: "p !TestA/a_subtest why"}, // which is not looked for
		{line: "p !ExampleB why"},
		{line: "example.test/p !TestA why"},
		{line: "p !TestB why", gone: true},
		{line: "p !TestB/a_subtest why", gone: true},
		{line: "p !TestAB why", gone: true},
		{line: "p !TestD why", gone: true},
		{line: "p !TestMethod why", gone: true},
		{line: "q !TestB why"},   // which is not tested here
		{line: "*/p !TestB why"}, // nor need this one be
		{line: "p !FuzzTagged why", gone: true},
		{line: "p !FuzzTagged why", args: []string{"-v", "-tags=special"}},
		{line: "p !FuzzTagged why", args: []string{"--tags", "special", "."}},
		{line: "p !TestPlan9 why", gone: true},
		{line: "p !TestPlan9 why", env: []string{"GOOS=plan9", "GOARCH=amd64"}},
	} {
		entries, err := parseList("list", c.line)
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		r := newResults(entries, &out, false)
		if err := r.read(strings.NewReader(events)); err != nil {
			t.Fatal(err)
		}
		if r.gone, err = r.missing("go", append(os.Environ(), c.env...), c.args); err != nil {
			t.Errorf("%s: %v", c.line, err)
			continue
		}
		ok := r.report(false)
		if said := strings.Contains(out.String(), "LISTED, but there is no such test"); ok == c.gone || said != c.gone {
			t.Errorf("%s, with %v %v: all is well: %v, want %v\n%s", c.line, c.env, c.args, ok, !c.gone, &out)
		}
	}
}
