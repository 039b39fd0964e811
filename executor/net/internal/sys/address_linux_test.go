package sys_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"golang.org/x/sys/unix"
)

// address is a raw address of a Unix socket.
func address(name string) []byte {
	return append(binary.NativeEndian.AppendUint16(nil, unix.AF_UNIX), name...)
}

// names are what the system has, and what it is here.
var names = []struct{ raw, text string }{
	{"", ""},
	{"/run/x\x00", "/run/x"},
	{"/run/x", "/run/x"},
	{"x\x00leftovers", "x"},
	{strings.Repeat("p", 107) + "\x00", strings.Repeat("p", 107)},
	{strings.Repeat("p", 108), strings.Repeat("p", 108)},
	{strings.Repeat("\xff", 108), strings.Repeat("\xff", 108)},
	{"\x00", "@"},
	{"\x00abc", "@abc"},
	{"\x00a\x00b", "@a\x00b"},
	{"\x00a\x00\x00", "@a\x00\x00"},
	{"\x00\x00", "@\x00"},
	{"\x00@", "@@"},
	{"\x00" + strings.Repeat("n", 107), "@" + strings.Repeat("n", 107)},
	{"\x00" + strings.Repeat("\x00", 107), "@" + strings.Repeat("\x00", 107)},
	{"@abc\x00", "./@abc"},
	{"@" + strings.Repeat("p", 107), "./@" + strings.Repeat("p", 107)},
	{"./@abc/x\x00", "./@abc/x"},
}

func TestNamesAreWhatTheSystemHas(t *testing.T) {
	for _, test := range names {
		raw := address(test.raw)
		if got := sys.NameIn(raw, uint32(len(raw))); got != test.text {
			t.Errorf("%q is read as %q, want %q", test.raw, got, test.text)
			continue
		}
		if test.text == "" {
			continue
		}
		if err := sys.CheckName(test.text); err != nil {
			t.Errorf("a name of the system's is refused: %v", err)
		}
		sent := sys.AddressOf(test.text)
		if got := sys.NameIn(sent, uint32(len(sent))); got != test.text {
			t.Errorf("%q is sent as %q, which is %q", test.text, sent, got)
		}
	}
	// The system counts the NUL behind a path of full length, for which there is no room.
	raw := address(strings.Repeat("p", 108))
	if got := sys.NameIn(raw, uint32(len(raw)+1)); got != strings.Repeat("p", 108) {
		t.Errorf("a path of full length is read as %q", got)
	}
}

func TestNamesThatCannotBeAreRefused(t *testing.T) {
	for _, name := range []string{
		"", strings.Repeat("p", sys.MaxPath+1), "/run/x\x00y", "x\x00", "@" + strings.Repeat("n", sys.MaxPath),
		"\x00" + strings.Repeat("n", sys.MaxPath), "./@" + strings.Repeat("p", sys.MaxPath), "./@a\x00",
	} {
		err := sys.CheckName(name)
		var ae *net.AddrError
		if !errors.As(err, &ae) || ae.Addr != name || !errors.Is(err, syscall.EINVAL) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// What the system may write, whatever length it reports, is read without going beyond it.
func TestEveryLengthOfEveryFamilyIsRead(t *testing.T) {
	raw := bytes.Repeat([]byte("\x01"), 128)
	for family := range uint16(64) {
		binary.NativeEndian.PutUint16(raw, family)
		for size := range uint32(129) {
			name, e := sys.NameIn(raw, size), sys.EndpointIn(raw, size)
			if want := max(0, min(int(size)-2, 108)); family == unix.AF_UNIX && len(name) != want ||
				family != unix.AF_UNIX && name != "" {
				t.Errorf("family %d of %d bytes has a name of %d", family, size, len(name))
			}
			whole := family == unix.AF_INET && size >= unix.SizeofSockaddrInet4 ||
				family == unix.AF_INET6 && size >= unix.SizeofSockaddrInet6
			if whole == (e == sys.Endpoint{}) {
				t.Errorf("family %d of %d bytes is %v", family, size, e.AddrPort())
			}
		}
	}
}

func TestEndpointsThatCannotBeAreRefused(t *testing.T) {
	for _, zone := range []string{"no such thing", "4294967296", "99999999999999999999", "-1", "1e3"} {
		ap := netip.AddrPortFrom(netip.MustParseAddr("fe80::1").WithZone(zone), 1)
		var zones sys.Zones
		_, err1 := sys.EndpointOf(ap)
		_, err2 := zones.Endpoint(ap)
		for _, err := range []error{err1, err2} {
			var ae *net.AddrError
			if !errors.As(err, &ae) || ae.Addr != ap.String() || !errors.Is(err, syscall.EINVAL) {
				t.Errorf("zone %q: %v", zone, err)
			}
		}
	}
	mapped := netip.AddrPortFrom(netip.MustParseAddr("::ffff:1.2.3.4").WithZone("1"), 1)
	if _, err := sys.EndpointOf(mapped); err == nil {
		t.Error("an IPv4 address has a zone")
	}
	if ifi, err := sys.ZoneInterface("1"); err != nil || ifi.Index != 1 {
		t.Errorf("zone 1 is %v, %v", ifi, err)
	}
	for _, zone := range []string{"no such thing", "0", "2147483648", "99999999999999999999"} {
		if ifi, err := sys.ZoneInterface(zone); err == nil {
			t.Errorf("zone %q is %v", zone, ifi)
		}
	}
}

func FuzzUnixAddress(f *testing.F) {
	for _, test := range names {
		raw := address(test.raw)
		f.Add(raw, uint32(len(raw)))
		f.Add(raw, uint32(len(raw)+1))
	}
	f.Add([]byte{unix.AF_INET, 0, 1, 2}, uint32(16))
	f.Fuzz(func(t *testing.T, raw []byte, size uint32) {
		name := sys.NameIn(raw, size)
		if name == "" {
			return
		}
		if err := sys.CheckName(name); err != nil {
			t.Fatalf("a name of the system's is refused: %v", err)
		}
		sent := sys.AddressOf(name)
		if got := sys.NameIn(sent, uint32(len(sent))); got != name {
			t.Fatalf("%q is sent as %q, which is %q", name, sent, got)
		}
	})
}

func FuzzName(f *testing.F) {
	for _, test := range names {
		f.Add(test.text)
	}
	f.Add("\x00x")
	f.Add("./@" + strings.Repeat("p", 108))
	f.Fuzz(func(t *testing.T, name string) {
		if sys.CheckName(name) != nil {
			return
		}
		sent := sys.AddressOf(name)
		if got := sys.NameIn(sent, uint32(len(sent))); got != sys.TextOf(name) {
			t.Fatalf("%q is sent as %q, which is %q", name, sent, got)
		}
	})
}

func FuzzInetAddress(f *testing.F) {
	for _, s := range []string{"127.0.0.1:80", "[::1]:443", "[fe80::1%7]:1", "[::ffff:1.2.3.4]:5", "[ff02::1%1]:9"} {
		e, err := sys.EndpointOf(netip.MustParseAddrPort(s))
		if err != nil {
			f.Skip(err)
		}
		raw := sys.RawEndpoint(e, e.Family())
		f.Add(raw, uint32(len(raw)))
		raw = sys.RawEndpoint(e, sys.Inet6)
		f.Add(raw, uint32(len(raw)))
	}
	f.Fuzz(func(t *testing.T, raw []byte, size uint32) {
		e := sys.EndpointIn(raw, size)
		back := sys.RawEndpoint(e, sys.Inet6)
		if got := sys.EndpointIn(back, uint32(len(back))); got != e {
			t.Fatalf("%v becomes %v", e.AddrPort(), got.AddrPort())
		}
		if ap := e.AddrPort(); !ap.IsValid() || ap.Port() != e.UDPAddr().AddrPort().Port() {
			t.Fatalf("%v is %v", e.UDPAddr(), ap)
		}
	})
}
