//go:build !linux

package interop_test

import (
	"os/exec"
	"testing"
)

func killWithParent(*exec.Cmd) {}

// An account is a user as which a program runs that refuses to be root's.
type account struct{}

// unprivileged returns the account of the test.
func unprivileged(*testing.T, ...string) account { return account{} }

func (account) owns(*testing.T, ...string) {}

func (account) command(name string, args ...string) *exec.Cmd { return exec.Command(name, args...) }
