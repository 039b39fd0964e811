//go:build linux || freebsd || netbsd || openbsd || dragonfly

package stdnet

import "syscall"

// cloexec marks received descriptors.
const cloexec = syscall.MSG_CMSG_CLOEXEC
