package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// stream is what go test -json says, shortened: package p has a test with two subtests, one that
// passes, one that fails and one that is skipped.
const stream = `{"Action":"run","Package":"example.test/a/b/x/p","Test":"TestA"}
{"Action":"run","Package":"example.test/a/b/x/p","Test":"TestA/one"}
{"Action":"output","Package":"example.test/a/b/x/p","Test":"TestA/one","Output":"one is wrong\n"}
{"Action":"run","Package":"example.test/a/b/x/p","Test":"TestA/two"}
{"Action":"pass","Package":"example.test/a/b/x/p","Test":"TestA/two"}
{"Action":"fail","Package":"example.test/a/b/x/p","Test":"TestA/one"}
{"Action":"fail","Package":"example.test/a/b/x/p","Test":"TestA"}
{"Action":"run","Package":"example.test/a/b/x/p","Test":"TestB"}
{"Action":"pass","Package":"example.test/a/b/x/p","Test":"TestB"}
{"Action":"run","Package":"example.test/a/b/x/p","Test":"TestC"}
{"Action":"fail","Package":"example.test/a/b/x/p","Test":"TestC"}
{"Action":"run","Package":"example.test/a/b/x/p","Test":"TestD"}
{"Action":"skip","Package":"example.test/a/b/x/p","Test":"TestD"}
{"Action":"output","Package":"example.test/a/b/x/p","Output":"FAIL\n"}
{"Action":"fail","Package":"example.test/a/b/x/p","Elapsed":1.5}
`

// crashed is a process that died in TestB; a listed test ran before.
const crashed = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"run","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Test":"TestB","Output":"panic: bad\n"}
{"Action":"fail","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}
{"Action":"fail","Package":"p"}
`

// leaked is a package whose tests pass and which fails all the same.
const leaked = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"output","Package":"p","Output":"a goroutine was left behind\n"}
{"Action":"fail","Package":"p"}
`

// unfinished is a package that was killed while TestA ran.
const unfinished = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"panic: test timed out\n"}
{"Action":"fail","Package":"p"}
`

const notBuilt = `{"ImportPath":"p [p.test]","Action":"build-output","Output":"no such name\n"}
{"ImportPath":"p [p.test]","Action":"build-fail"}
{"Action":"output","Package":"p","Output":"FAIL\tp [build failed]\n"}
{"Action":"fail","Package":"p","FailedBuild":"p [p.test]"}
`

const passed = `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"pass","Package":"p"}
`

func TestResultsAgainstTheList(t *testing.T) {
	for _, tc := range []struct {
		name, list, events string
		strict             bool
		ok                 bool
		says               []string
	}{
		{name: "nothing is listed", events: stream,
			says: []string{"FAIL x/p", "not listed: x/p TestA\n", "not listed: x/p TestA/one\n", "not listed: x/p TestC\n", "one is wrong"}},
		{name: "everything is", list: "x/p TestA/one why so\np TestC because", events: stream, ok: true,
			says: []string{"ok   x/p 1.5s: 2 passed, 1 skipped, 3 known to fail", "known to fail: x/p TestA/one: why so", "known to fail: p TestC: because"}},
		{name: "a parent covers its subtests", list: "* TestA why\n* Test*C why", events: stream, ok: true},
		{name: "a subtest that passes covers nothing", list: "p TestA/two why\np TestC why", events: stream,
			says: []string{"PASSES though listed: p TestA/two (list:1)", "not listed: x/p TestA/one\n"}},
		{name: "another package", list: "y TestA why\np TestC why", events: stream, says: []string{"not listed: x/p TestA\n"}},
		{name: "a package is no suffix of a word", list: "* TestA why\np TestC why\n/p TestC why", events: stream, ok: true},
		{name: "listed and passing", list: "p TestA/one why\np TestC why\np TestB why", events: stream, ok: true,
			says: []string{"PASSES though listed: p TestB (list:3)"}},
		{name: "listed and passing, strictly", list: "p TestA why\np TestC why\np TestB why", events: stream, strict: true},
		{name: "listed and skipped", list: "p TestA why\np TestC why\np TestD why", events: stream, ok: true,
			says: []string{"skipped though listed: p TestD"}},
		{name: "listed and gone", list: "p TestA why\np TestC why\np TestE why", events: stream,
			says: []string{"LISTED, but no such test ran: p TestE (list:3)"}},
		{name: "listed for a package that did not run", list: "q TestE why", events: passed, ok: true},
		{name: "a crash is not excused", list: "p TestB why", events: crashed, says: []string{"not listed: p TestMain\n", "FAIL\tp"}},
		{name: "nor by a line for the package", list: "p TestMain why\np TestB why", events: crashed},
		{name: "a hang is not excused", list: "p TestA why", events: unfinished, says: []string{"test timed out"}},
		{name: "a package that fails outside its tests", events: leaked,
			says: []string{"not listed: p TestMain\n", "a goroutine was left behind"}},
		{name: "and is known to", list: "p TestMain why", events: leaked, ok: true, says: []string{"known to fail: p TestMain: why"}},
		{name: "a package that does not compile", list: "p TestMain why", events: notBuilt, says: []string{"no such name"}},
		{name: "a package that never ends", events: `{"Action":"run","Package":"p","Test":"TestA"}` + "\n", says: []string{"p did not end"}},
		{name: "a test that is not run", list: "p !TestB why", events: passed, ok: true, says: []string{"not run: p TestB: why"}},
		{name: "all is well", events: passed, ok: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			list := strings.ReplaceAll(tc.list, "/p TestC", "x/p TestC")
			list = strings.ReplaceAll(list, "xx/p", "x/p")
			entries, err := parseList("list", list)
			if err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			r := newResults(entries, &out, false)
			if err := r.read(strings.NewReader(tc.events)); err != nil {
				t.Fatal(err)
			}
			if ok := r.report(tc.strict); ok != tc.ok {
				t.Errorf("ok is %v, want %v", ok, tc.ok)
			}
			for _, want := range tc.says {
				if !strings.Contains(out.String(), want) {
					t.Errorf("does not say %q", want)
				}
			}
			if t.Failed() {
				t.Logf("it says:\n%s", &out)
			}
		})
	}
}

func TestAListWithMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"p TestA":                         "list:1: want a package, a test and a reason",
		"# c\n\np TestA why\np TestA why": "list:4: p TestA is in list:3 already",
		"p because of it":                 `list:1: "because" is no name of a test`,
	} {
		if _, err := parseList("list", text); err == nil || err.Error() != want {
			t.Errorf("%q: have %v, want %s", text, err, want)
		}
	}
}

// TestGoTest runs the real go test, to see that its words are understood.
func TestGoTest(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":    "module example.test/p\n\ngo 1.25\n",
		"p_test.go": "package p\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) { t.Run(\"x y\", func(t *testing.T) { t.Error(\"no\") }); t.Run(\"z\", func(*testing.T) {}) }\n\nfunc TestB(t *testing.T) { panic(\"never run\") }\n\nfunc TestC(t *testing.T) {}\n",
		"good":      "p TestA/x_y why\np !TestB why\n",
		"bad":       "p !TestB why\n",
		"gone":      "p TestA/x_y why\np !TestB why\np !TestD why\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	t.Setenv("GOWORK", "off")
	t.Setenv("GOFLAGS", "")
	if ok, err := run(options{list: "good", all: true}, []string{"."}); ok || err != nil {
		t.Errorf("with the test that should not be run: %v, %v", ok, err)
	}
	// The last of several is what counts: a system for which nothing can be run.
	if ok, err := run(options{list: "good", env: []string{"GOOS=none"}}, []string{"."}); ok && err == nil {
		t.Error("the environment was not passed on")
	}
	for list, want := range map[string]bool{"good": true, "bad": false, "gone": false} {
		if ok, err := run(options{list: list}, []string{"."}); ok != want || err != nil {
			t.Errorf("%s: %v, %v", list, ok, err)
		}
	}
	for _, arg := range []string{"./nowhere", "-timeout=long"} {
		if ok, err := run(options{list: "good"}, []string{arg}); ok && err == nil {
			t.Errorf("go test %s: all is well", arg)
		}
	}
}
