//go:build linux && amd64

package emulators

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// want is the output of each probe on the real systems, by their manuals.
const want = `pipe: nothing; read 3; read 3
flags: read 1, read 1, read 1; read 1, nothing, read 1; read 1, nothing, read 1; read 1, nothing, read 1
timer: timer 1; nothing
user: nothing; user 0; nothing
receipt: 3 <nil>, true "errno 0", true "bad file descriptor", true "no such file or directory"
eof: read 2 eof; write eof
shutdown: nothing; eof
lowat: nothing; read 3 eof
dropped: no such file or directory; nothing
signal: user defined signal 1, user defined signal 2, user defined signal 1, user defined signal 2, user defined signal 1, user defined signal 2
preempt: runtime error: invalid memory address or nil pointer dereference
child: "echo: echo\n" <nil>
garbled: invalid argument
`

func TestTheEmulatorsRunGoPrograms(t *testing.T) {
	cc := "gcc"
	if env := os.Getenv("CC"); env != "" {
		cc = env
	}
	if _, err := exec.LookPath(cc); err != nil {
		t.Skip("no C compiler")
	}
	for goos, emulator := range map[string]string{"freebsd": "bsdrun", "darwin": "machorun"} {
		t.Run(emulator, func(t *testing.T) {
			dir := t.TempDir()
			bin, probe := filepath.Join(dir, emulator), filepath.Join(dir, "probe")
			run(t, exec.Command("sh", filepath.Join(emulator, "build.sh"), bin))
			build := exec.Command("go", "build", "-o", probe, "./testdata/probe")
			build.Env = append(os.Environ(), "GOOS="+goos, "GOARCH=amd64", "CGO_ENABLED=0")
			run(t, build)

			var names []string
			for line := range strings.Lines(want) {
				name, _, _ := strings.Cut(line, ":")
				names = append(names, name)
			}
			if got := run(t, exec.Command(bin, append([]string{probe}, names...)...)); got != want {
				t.Errorf("the probes say\n%s\nwant\n%s", got, want)
			}
			// The emulator fails if its program fails.
			if err := exec.Command(bin, probe, "nonsense").Run(); err == nil {
				t.Error("a program that fails does not make its emulator fail")
			}
			if out, err := exec.Command(bin, "/bin/sh").CombinedOutput(); err == nil || !strings.HasPrefix(string(out), emulator+": ") {
				t.Errorf("a program for another system: %v, %q", err, out)
			}
		})
	}
}

// run runs c and returns its output.
func run(t *testing.T, c *exec.Cmd) string {
	t.Helper()
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", c.Args, err, out)
	}
	return string(out)
}
