package exchange_test

import (
	"fmt"
	"net/http"
	"net/textproto"
	"testing"

	"github.com/moduvex/moduvex-go/compat/nethttp/internal/exchange"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
)

// Package http tells of each byte whether it may be in a name: it canonicalizes valid names only.
func TestNamesOfHeadersHaveTheBytesOfTokens(t *testing.T) {
	if !modetest.First() {
		return
	}
	for c := range 256 {
		name := "x" + string([]byte{byte(c)})
		canonical := textproto.CanonicalMIMEHeaderKey(name)[0] == 'X'
		if exchange.ValidName(name) != canonical {
			t.Errorf("%q: %t", name, !canonical)
		}
		if valid := c >= ' ' && c != 0x7f || c == '\t'; exchange.ValidValue(name) != valid {
			t.Errorf("as a value, %q: %t", name, !valid)
		}
	}
	if exchange.ValidName("") {
		t.Error("no name is valid")
	}
}

// http.Server takes a token of Connection into account if hasToken finds it.
func TestTokensAreThoseOfPackageHTTP(t *testing.T) {
	rt := newRuntime(t, executor.Options{})
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Close) })
	std, own := goroutines(t, &http.Server{Handler: h}), tasks(t, rt, &http.Server{Handler: h}, options{})
	for _, v := range []string{"close", "Close", "x close", "x,close", "x\tclose", "xclose", "close;x", "closed", "\"close\"", "x, close ,y",
		"clo\xc5\xbfe", "close\x80", "", " ", ",", "keep-alive, close"} {
		raw := get("x", "Connection: "+v) + sentinel
		if got, want := plain(talk(t, own.addr, raw, false)), plain(talk(t, std.addr, raw, false)); got != want {
			t.Errorf("%q: %s", v, difference(got, want))
		}
	}
}
