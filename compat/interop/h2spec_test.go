package interop_test

import (
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/summerwind/h2spec/config"
	"github.com/summerwind/h2spec/generic"
	"github.com/summerwind/h2spec/hpack"
	"github.com/summerwind/h2spec/http2"
	"github.com/summerwind/h2spec/spec"
)

// h2specEnv has the address that a child of this program tests instead of running its tests, and "tls" if it is encrypted.
const h2specEnv = "INTEROP_H2SPEC"

// h2specSections has the sections that the child runs, or nothing for all.
const h2specSections = "INTEROP_H2SPEC_SECTIONS"

// h2specTries is how often a case that net/http passes is tried again: some have a race with the end of the connection,
// and net/http passes them only mostly.
const h2specTries = 10

// A server passes each case of h2spec that net/http passes. Most of its time h2spec waits, so the servers are tested at a
// time.
func TestH2spec(t *testing.T) {
	cert := newCertificate(t)
	ways, sections := []string{"https", "http"}, ""
	if testing.Short() {
		ways, sections = ways[:1], "generic hpack" // what net/http fails, it fails after a timeout
	}
	for _, way := range ways {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			start := func(t *testing.T, k httpKind) (target string) {
				if way == "https" {
					return k.serve(t, hello, &cert).host + " tls"
				}
				return k.serve(t, hello, nil, unencrypted2).host
			}
			control := h2spec(t, start(t, httpControl), sections)
			t.Logf("net/http fails %q", slices.Sorted(maps.Keys(control)))
			for _, k := range tested() {
				t.Run(k.name, func(t *testing.T) {
					t.Parallel()
					target := start(t, k)
					for name := range h2spec(t, target, sections) {
						failed := !control[name]
						for i := 0; failed && i < h2specTries; i++ {
							failed = h2spec(t, target, strings.Fields(name)[0])[name]
						}
						if failed {
							t.Errorf("fails: %s", name)
						}
					}
				})
			}
		})
	}
}

// h2spec returns the cases that a server fails, of some sections or of all. It writes to standard output, and may end its process:
// it runs in a child.
func h2spec(t *testing.T, target, sections string) (failed map[string]bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), h2specEnv+"="+target, h2specSections+"="+sections)
	failed = map[string]bool{}
	passed := 0
	for line := range strings.Lines(string(run(t, cmd))) {
		result, name, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch result {
		case "h2spec passed":
			passed++
		case "h2spec failed":
			failed[name] = true
		}
	}
	if sections == "" && passed < 100 || passed+len(failed) == 0 {
		t.Fatalf("%d cases pass, and %d fail", passed, len(failed))
	}
	return failed
}

// runH2spec is the child.
func runH2spec(target string) {
	target, encrypted := strings.CutSuffix(target, " tls")
	host, port, err := net.SplitHostPort(target)
	if err != nil {
		panic(err)
	}
	c := &config.Config{Host: host, Path: "/", Timeout: 2 * time.Second, MaxHeaderLen: 4000, Strict: true, TLS: encrypted, Insecure: true}
	if c.Port, err = strconv.Atoi(port); err != nil {
		panic(err)
	}
	c.Sections = strings.Fields(os.Getenv(h2specSections))
	for _, group := range []*spec.TestGroup{generic.Spec(), http2.Spec(), hpack.Spec()} {
		group.Test(c)
		printH2spec(group)
	}
}

func printH2spec(group *spec.TestGroup) {
	for i, test := range append(group.Tests, group.StrictTests...) {
		if test.Result == nil || test.Result.Skipped {
			continue
		}
		result := "passed"
		if test.Result.Failed {
			result = "failed"
		}
		fmt.Printf("\nh2spec %s: %s/%d %s\n", result, group.ID(), i+1, test.Desc)
	}
	for _, g := range group.Groups {
		printH2spec(g)
	}
}
