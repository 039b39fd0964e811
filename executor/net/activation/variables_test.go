package activation_test

import (
	"errors"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/moduvex/moduvex-go/executor/net/activation"
)

func TestVariablesDescribeTheSockets(t *testing.T) {
	self := strconv.Itoa(os.Getpid())
	for _, test := range []struct {
		name     string
		set      map[string]string
		want     []string
		variable string // of the error
	}{
		{"none", nil, nil, ""},
		{"no process", map[string]string{"LISTEN_FDS": "x"}, nil, ""},
		{"another process", map[string]string{"LISTEN_PID": strconv.Itoa(os.Getpid() + 1), "LISTEN_FDS": "2"}, nil, ""},
		{"no names", map[string]string{"LISTEN_PID": self, "LISTEN_FDS": "2"}, []string{"unknown", "unknown"}, ""},
		{"names", map[string]string{"LISTEN_PID": self, "LISTEN_FDS": "3", "LISTEN_FDNAMES": "a::a"}, []string{"a", "", "a"}, ""},
		{"an empty name", map[string]string{"LISTEN_PID": self, "LISTEN_FDS": "1", "LISTEN_FDNAMES": ""}, []string{""}, ""},
		{"no sockets", map[string]string{"LISTEN_PID": self, "LISTEN_FDS": "0", "LISTEN_FDNAMES": ""}, nil, ""},
		{"PID is a word", map[string]string{"LISTEN_PID": "self"}, nil, "LISTEN_PID"},
		{"PID is empty", map[string]string{"LISTEN_PID": ""}, nil, "LISTEN_PID"},
		{"PID is 0", map[string]string{"LISTEN_PID": "0"}, nil, "LISTEN_PID"},
		{"PID is negative", map[string]string{"LISTEN_PID": "-" + self}, nil, "LISTEN_PID"},
		{"no FDS", map[string]string{"LISTEN_PID": self}, nil, "LISTEN_FDS"},
		{"FDS is a word", map[string]string{"LISTEN_PID": self, "LISTEN_FDS": "2x"}, nil, "LISTEN_FDS"},
		{"FDS is negative", map[string]string{"LISTEN_PID": self, "LISTEN_FDS": "-1"}, nil, "LISTEN_FDS"},
		{"FDS is huge", map[string]string{"LISTEN_PID": self, "LISTEN_FDS": "2000000000"}, nil, "LISTEN_FDS"},
		{"too few names", map[string]string{"LISTEN_PID": self, "LISTEN_FDS": "2", "LISTEN_FDNAMES": "a"}, nil, "LISTEN_FDNAMES"},
		{"too many names", map[string]string{"LISTEN_PID": self, "LISTEN_FDS": "1", "LISTEN_FDNAMES": "a:b"}, nil, "LISTEN_FDNAMES"},
	} {
		names, err := activation.Read(test.set)
		var bad *activation.VariableError
		if errors.As(err, &bad) != (test.variable != "") || err != nil && (bad.Variable != test.variable || bad.Value != test.set[test.variable]) {
			t.Errorf("%s: %v, want an error of %q", test.name, err, test.variable)
		}
		if !slices.Equal(names, test.want) {
			t.Errorf("%s: %q, want %q", test.name, names, test.want)
		}
	}
}

// set sets the variables for this process, until the end of the test.
func set(t *testing.T, fds string) {
	t.Helper()
	t.Setenv("LISTEN_PID", strconv.Itoa(os.Getpid()))
	t.Setenv("LISTEN_PIDFDID", "1")
	t.Setenv("LISTEN_FDS", fds)
	t.Setenv("LISTEN_FDNAMES", "")
}

func TestTakeUnsetsTheVariablesOnRequest(t *testing.T) {
	for _, fds := range []string{"0", "bad"} {
		for _, unset := range []bool{false, true} {
			set(t, fds)
			all, err := activation.Take(unset)
			if len(all) != 0 || (err != nil) != (fds == "bad") {
				t.Errorf("%d sockets, %v", len(all), err)
			}
			for _, v := range []string{"LISTEN_PID", "LISTEN_PIDFDID", "LISTEN_FDS", "LISTEN_FDNAMES"} {
				if _, ok := os.LookupEnv(v); ok == unset {
					t.Errorf("%s is set: %v, after Take(%v)", v, ok, unset)
				}
			}
		}
	}
}
