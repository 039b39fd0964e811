package exchange_test

import (
	"bufio"
	"net/textproto"
	"strings"
	"testing"

	"github.com/moduvex/moduvex-go/compat/nethttp/internal/exchange"
	"github.com/moduvex/moduvex-go/executor/modetest"
)

// FuzzHostScan compares what a hostScan finds in a header, in two pieces, with what package textproto reads.
func FuzzHostScan(f *testing.F) {
	for _, s := range []string{
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nX: y\r\nhOST:a b\r\n\r\n", "GET / HTTP/1.1\r\nHost:\r\n a\r\n\r\n",
		"GET / HTTP/1.1\nHost: a\n b\n\n", "GET / HTTP/1.1\r\nHosts: a\r\n\r\n", "GET / HTTP/1.1\r\nX: y\r\n Host: a\r\n\r\nHost: b\r\n",
		"GET / HTTP/1.1\r\nHost: \r\n \r\n\t\r\n  a  \r\n\r\n", "a\r\nHost: [::1]:80\r\n\r\n", "a\nHo\rst: x\n\n", "a\nH\nHost: x\n\n",
	} {
		f.Add(s, uint16(20))
	}
	f.Fuzz(func(t *testing.T, s string, at uint16) {
		if !modetest.First() {
			return
		}
		r := textproto.NewReader(bufio.NewReaderSize(strings.NewReader(s), 1<<16))
		if _, err := r.ReadLine(); err != nil || len(s) > 1<<15 {
			return
		}
		h, err := r.ReadMIMEHeader()
		hosts := h["Host"]
		if err != nil || len(hosts) > 1 {
			return // such a request is refused before
		}
		var scan exchange.HostScan
		n := min(int(at), len(s))
		scan.Feed([]byte(s[:n]))
		scan.Feed([]byte(s[n:]))
		found, invalid := scan.Found()
		if found != (len(hosts) == 1) || found && invalid == exchange.ValidHost(hosts[0]) {
			t.Errorf("%q split at %d: found %t, invalid %t; the values are %q", s, n, found, invalid, hosts)
		}
	})
}
