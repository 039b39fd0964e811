package sys

import (
	"net"
	"strconv"
	"strings"
	"syscall"
)

// A Name is the address of a Unix socket as the system returns it, in memory of the caller.
//
// Its text is that of package net: an abstract name begins with @ where the system has a NUL, and a missing name is
// empty. A path that begins with @, which package net does not distinguish from an abstract name, begins with ./@,
// which is the same file. So each text names one address, and a program can send to each address that a system
// reports.
//
//	address of the system     text
//	nothing                   empty
//	NUL x y                   @xy        any bytes may follow the first, NULs at the end included
//	x y                       xy         a path, up to its NUL or to the end of the address
//	@ x y                     ./@xy
type Name struct {
	bytes [maxName]byte
	n     int
}

// maxName has room for the longest path or abstract name of any system, and for a prefix.
const maxName = len(here) + 108

// here is the prefix of a path that looks like an abstract name.
const here = "./"

// Bytes returns the text of the name.
func (n *Name) Bytes() []byte { return n.bytes[:n.n] }

// String returns Bytes as a string.
func (n *Name) String() string { return string(n.Bytes()) }

// parse reads the bytes of an address that follow its family: as many as the system has reported. It truncates an
// address that is longer than any name.
func (n *Name) parse(b []byte) {
	n.n = 0
	switch {
	case len(b) == 0:
	case b[0] == 0 && Abstract:
		n.put("@", b[1:])
	case b[0] == 0:
	case b[0] == '@' && Abstract:
		n.put(here, untilNUL(b))
	default:
		n.put("", untilNUL(b))
	}
}

func (n *Name) put(prefix string, b []byte) {
	n.n = copy(n.bytes[:], prefix)
	n.n += copy(n.bytes[n.n:], b)
}

func untilNUL(b []byte) []byte {
	for i, c := range b {
		if c == 0 {
			return b[:i]
		}
	}
	return b
}

// CheckName returns an error for a text that cannot be the name of a socket on this system. The error names the text,
// and is a *net.AddrError and syscall.EINVAL.
func CheckName(name string) error {
	switch {
	case name == "":
		return ErrNoName
	case IsAbstract(name):
		if len(name) > maxPath {
			return badName("an abstract name has at most "+strconv.Itoa(maxPath)+" bytes", name)
		}
	case strings.IndexByte(name, 0) >= 0:
		return badName("a path has no NUL", name)
	case len(path(name)) > maxPath:
		return badName("a path of a socket has at most "+strconv.Itoa(maxPath)+" bytes", name)
	}
	return nil
}

// IsAbstract reports whether name is an abstract one. It may begin with a NUL instead of @.
func IsAbstract(name string) bool {
	return Abstract && name != "" && (name[0] == '@' || name[0] == 0)
}

// TextOf returns the text of the address that the system reports for a socket of this name.
func TextOf(name string) string {
	if IsAbstract(name) && name[0] == 0 {
		return "@" + name[1:]
	}
	return name
}

// path returns the bytes of a text that is a path, without a prefix.
func path(name string) string {
	if Abstract && strings.HasPrefix(name, here+"@") {
		return name[len(here):]
	}
	return name
}

// ErrNoName is the error of an empty name.
var ErrNoName error = badName("a name must not be empty", "")

// An addressError is the error of an invalid address.
type addressError struct{ *net.AddrError }

func badName(why, addr string) error { return addressError{&net.AddrError{Err: why, Addr: addr}} }

func (e addressError) Unwrap() []error { return []error{e.AddrError, syscall.EINVAL} }
