package sys_test

import (
	"encoding/binary"
	"slices"
	"testing"
	"unsafe"

	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"golang.org/x/sys/unix"
)

// message is a control message that says that it has size bytes of data.
func message(level, kind int32, data []byte, size int) []byte {
	h := unix.Cmsghdr{Level: level, Type: kind}
	h.SetLen(unix.CmsgLen(size))
	b := slices.Clone(unsafe.Slice((*byte)(unsafe.Pointer(&h)), unix.SizeofCmsghdr))
	b = append(b, make([]byte, unix.CmsgLen(0)-len(b))...)
	b = append(b, data...)
	return append(b, make([]byte, unix.CmsgSpace(len(data))-unix.CmsgLen(len(data)))...)
}

func numbers(fds ...int32) (b []byte) {
	for _, fd := range fds {
		b = binary.NativeEndian.AppendUint32(b, uint32(fd))
	}
	return b
}

// controls are control messages, and the descriptors in them.
var controls = []struct {
	name    string
	control []byte
	passed  []int
	others  []int
}{
	{"none", nil, nil, nil},
	{"one", message(unix.SOL_SOCKET, unix.SCM_RIGHTS, numbers(1001), 4), []int{1001}, nil},
	{"three", message(unix.SOL_SOCKET, unix.SCM_RIGHTS, numbers(1001, 1002, 1003), 12), []int{1001, 1002, 1003}, nil},
	{"two messages", slices.Concat(message(unix.SOL_SOCKET, unix.SCM_RIGHTS, numbers(1001), 4),
		message(unix.SOL_SOCKET, unix.SCM_RIGHTS, numbers(1002), 4)), []int{1001, 1002}, nil},
	{"behind credentials", slices.Concat(message(unix.SOL_SOCKET, unix.SCM_CREDENTIALS, numbers(7, 8, 9), 12),
		message(unix.SOL_SOCKET, unix.SCM_RIGHTS, numbers(1001), 4)), []int{1001}, nil},
	{"behind a pidfd", slices.Concat(message(unix.SOL_SOCKET, unix.SCM_PIDFD, numbers(1009), 4),
		message(unix.SOL_SOCKET, unix.SCM_RIGHTS, numbers(1001), 4)), []int{1001}, []int{1009}},
	{"longer than there is", message(unix.SOL_SOCKET, unix.SCM_RIGHTS, numbers(1001, 1002), 4000), []int{1001, 1002}, nil},
	{"half a number", message(unix.SOL_SOCKET, unix.SCM_RIGHTS, numbers(1001, 1002), 6), []int{1001}, nil},
	{"no descriptor", message(unix.SOL_SOCKET, unix.SCM_RIGHTS, numbers(-1, 1002), 8), []int{1002}, nil},
	{"another level", message(unix.SOL_IP, unix.SCM_RIGHTS, numbers(1001), 4), nil, nil},
}

// However little room there is, each descriptor goes to the caller or is closed.
func TestEachDescriptorHasAnOwner(t *testing.T) {
	for _, test := range controls {
		for room := range 5 {
			fds := make([]int, room)
			n, full, closed := sys.Rights(test.control, fds)
			passed := test.passed
			want := min(len(passed), room)
			rest := slices.Concat(passed[want:], test.others)
			slices.Sort(rest)
			slices.Sort(closed)
			if !slices.Equal(fds[:n], passed[:want]) || !slices.Equal(closed, rest) || full != (len(passed) > room) {
				t.Errorf("%s, room for %d: got %v, closed %v, full %v", test.name, room, fds[:n], closed, full)
			}
		}
	}
}

func FuzzControlMessages(f *testing.F) {
	for _, test := range controls {
		f.Add(test.control, 2)
	}
	f.Fuzz(func(t *testing.T, control []byte, room int) {
		fds := make([]int, max(0, min(room, 300)))
		n, full, closed := sys.Rights(control, fds)
		for i, fd := range slices.Concat(fds[:n], closed) {
			if fd < 0 || i >= len(control)/4 {
				t.Fatalf("%d is no descriptor of %x", fd, control)
			}
		}
		if full && n < len(fds) {
			t.Fatalf("full with %d of %d", n, len(fds))
		}
	})
}
