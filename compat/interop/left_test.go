package interop_test

import (
	"maps"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain opens a socket first: package net then has the descriptors that it never closes.
func TestMain(m *testing.M) {
	if target := os.Getenv(h2specEnv); target != "" {
		runH2spec(target)
		return
	}
	setGRPCLogger()
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err == nil {
		l.Close()
	}
	goleak.VerifyTestMain(m)
}

// checkLeft fails the test if there are more goroutines or descriptors at its end than now.
func checkLeft(t *testing.T) {
	t.Helper()
	goroutines := goleak.IgnoreCurrent()
	checkDescriptors(t, func(string) bool { return true })
	t.Cleanup(func() {
		if err := goleak.Find(goroutines); err != nil {
			t.Errorf("goroutines are left: %v", err)
		}
	})
}

// notOfPollers excludes what a worker makes when it first needs it, and keeps until its runtime ends.
func notOfPollers(target string) bool {
	return target != "anon_inode:[eventpoll]" && target != "anon_inode:[eventfd]"
}

// checkDescriptors fails the test if there are more descriptors of some kind at its end than now.
func checkDescriptors(t *testing.T, counts func(target string) bool) {
	t.Helper()
	before := descriptors(t, counts)
	t.Cleanup(func() {
		var more []string
		if !eventually(func() bool {
			runtime.GC() // package net keeps pipes for splice until the garbage collector drops them
			more = more[:0]
			now := descriptors(t, counts)
			for _, fd := range slices.Sorted(maps.Keys(now)) {
				if before[fd] != now[fd] {
					more = append(more, fd+" "+now[fd])
				}
			}
			return len(now) <= len(before)
		}) {
			t.Errorf("descriptors are left: %q", more)
		}
	})
}

// descriptors returns what each descriptor of this process is, where the system tells.
func descriptors(t *testing.T, counts func(target string) bool) map[string]string {
	t.Helper()
	const dir = "/proc/self/fd"
	names, err := os.ReadDir(dir)
	if err != nil && runtime.GOOS == "linux" {
		t.Fatal(err)
	}
	fds := map[string]string{}
	for _, name := range names {
		target, err := os.Readlink(filepath.Join(dir, name.Name()))
		if err == nil && counts(target) { // that of dir itself is closed
			fds[name.Name()] = target
		}
	}
	return fds
}

// eventually waits until a condition holds, and returns false if it does not within testTimeout.
func eventually(holds func() bool) bool {
	for end := time.Now().Add(testTimeout); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}
