package interop_test

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
	"testing"
)

// killWithParent makes the system kill the program of cmd when the thread that starts it ends.
func killWithParent(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = new(syscall.SysProcAttr)
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
}

// An account is a user as which a program runs that refuses to be root's.
type account struct{ uid, gid int }

// unprivileged returns an account that is not root's: that of the test, or the first of names that exists.
func unprivileged(t *testing.T, names ...string) account {
	t.Helper()
	if os.Getuid() != 0 {
		return account{os.Getuid(), os.Getgid()}
	}
	for _, name := range names {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err1 == nil && err2 == nil {
			return account{uid, gid}
		}
	}
	t.Fatalf("none of the users %q exists", names)
	return account{}
}

// owns gives files to the account.
func (a account) owns(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := os.Chown(name, a.uid, a.gid); err != nil {
			t.Fatal(err)
		}
	}
}

// command makes a command that runs as the account.
func (a account) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = "/" // which every user may read
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}}
	}
	return cmd
}
