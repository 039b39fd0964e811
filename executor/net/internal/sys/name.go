package sys

import (
	"net"
	"strconv"
	"strings"
	"syscall"
)

// A Name is the address of a Unix socket as the system gives it, in memory that the caller brings.
//
// Its text is that of package net: an abstract name begins with @ where the system has a NUL, and no
// name at all is empty. A path that begins with @ itself, which package net cannot tell from an abstract
// name, begins with ./@ instead: the same file. So each text names one address, and each address that a
// system reports can be sent to as it stands.
//
//	what the system has       text
//	nothing                   empty
//	NUL x y                   @xy        any bytes may follow the first, NULs at the end included
//	x y                       xy         a path, up to its NUL or to the end of the address
//	@ x y                     ./@xy
type Name struct {
	bytes [maxName]byte
	n     int
}

// maxName has room for the longest path or abstract name of any system, and for what is put before it.
const maxName = len(here) + 108

// here goes before a path that would be taken for an abstract name.
const here = "./"

// Bytes is the text of the name.
func (n *Name) Bytes() []byte { return n.bytes[:n.n] }

// String is Bytes as a string.
func (n *Name) String() string { return string(n.Bytes()) }

// parse reads the bytes of an address that follow its family: as many as the system has reported. What
// is longer than any name is cut off.
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

// CheckName refuses a text that no socket of this system can have for its name. Its error names the text
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

// IsAbstract reports whether name is none of the file system's. It may begin with a NUL in place of @.
func IsAbstract(name string) bool {
	return Abstract && name != "" && (name[0] == '@' || name[0] == 0)
}

// TextOf is the text that the system's answer for a socket of this name becomes.
func TextOf(name string) string {
	if IsAbstract(name) && name[0] == 0 {
		return "@" + name[1:]
	}
	return name
}

// path is what a text that is a path is to the system.
func path(name string) string {
	if Abstract && strings.HasPrefix(name, here+"@") {
		return name[len(here):]
	}
	return name
}

// ErrNoName refuses an empty name.
var ErrNoName error = badName("a name must not be empty", "")

// addressError is the error for an address that cannot be.
type addressError struct{ *net.AddrError }

func badName(why, addr string) error { return addressError{&net.AddrError{Err: why, Addr: addr}} }

func (e addressError) Unwrap() []error { return []error{e.AddrError, syscall.EINVAL} }
