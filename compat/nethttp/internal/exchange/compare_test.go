package exchange_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/moduvex/moduvex-go/executor"
)

// wanted are the responses of package http to all cases, and its log.
func wanted(t *testing.T, h http.Handler, cases []rawCase) (responses, logs []string) {
	s := goroutines(t, &http.Server{Handler: h, MaxHeaderBytes: 30_000})
	for _, c := range cases {
		s.log.reset()
		responses = append(responses, plain(talk(t, s.addr, c.sent(), c.closes)))
		logs = append(logs, plainLog(s.log.String()))
	}
	return responses, logs
}

// sent is all that the client sends.
func (c rawCase) sent() string {
	if c.closes {
		return c.raw
	}
	return c.raw + sentinel
}

func TestResponsesAndLogsAreThoseOfPackageHTTP(t *testing.T) {
	sparing(t)
	h, cases := mux(t), rawCases()
	responses, logs := wanted(t, h, cases)
	rt := newRuntime(t, executor.Options{})
	for _, way := range []struct {
		name string
		opts options
	}{{"reads", options{}}, {"headed", options{headed: true}}, {"bytes", options{choppy: true}}} {
		t.Run(way.name, func(t *testing.T) {
			s := tasks(t, rt, &http.Server{Handler: h, MaxHeaderBytes: 30_000}, way.opts)
			for i, c := range cases {
				if way.opts.choppy && (len(c.raw) > 20_000 || c.name == "read deadline") { // whose body has to be there
					continue
				}
				s.log.reset()
				if got := plain(talk(t, s.addr, c.sent(), c.closes)); got != responses[i] {
					t.Errorf("%s: %s", c.name, difference(got, responses[i]))
				}
				if got := plainLog(s.log.String()); got != logs[i] {
					t.Errorf("%s: the log is\n%s\nwant\n%s", c.name, got, logs[i])
				}
			}
		})
	}
}

// difference shows two texts from where they differ.
func difference(got, want string) string {
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	from := max(i-100, 0)
	cut := func(s string) string { return s[from:min(len(s), i+300)] }
	return fmt.Sprintf("%d bytes, want %d; from byte %d on\n%q\nwant\n%q", len(got), len(want), i, cut(got), cut(want))
}

func TestARequestMayBeSplitAnywhere(t *testing.T) {
	sparing(t)
	h := mux(t)
	cases := []rawCase{
		{name: "get", raw: get("request", "X: y")},
		{name: "absolute", raw: "GET http://a/request HTTP/1.1\r\nX: y\r\nHost: b\r\n\r\n"},
		{name: "absolute with a malformed host", raw: "GET http://a/request HTTP/1.1\r\nX: y\r\nHost: b c\r\n\r\n"},
		{name: "absolute with a folded host", raw: "GET http://a/request HTTP/1.1\r\nHost:\r\n b\r\nX: /\r\n\r\n"},
		{name: "no host", raw: "GET /request HTTP/1.1\r\nHot: x\r\nHostx: y\r\n\r\n"},
		{name: "empty host", raw: "GET /request HTTP/1.1\r\nHot: x\r\nHost:\r\n\r\n"},
		{name: "bare LF", raw: "GET http://a/request HTTP/1.1\nhost: b\n\n"},
		{name: "chunks", raw: chunks("request", "3\r\nabc\r\n0\r\nX: y\r\n\r\n")},
		{name: "pipelined", raw: post("request", "abc") + "\r\n" + get("hello")},
		{name: "continue", raw: post("request", "abc", "Expect: 100-continue")},
	}
	responses, _ := wanted(t, h, cases)
	rt := newRuntime(t, executor.Options{})
	for i, c := range cases {
		all := c.sent()
		for n := range len(all) {
			s := tasks(t, rt, &http.Server{Handler: h, MaxHeaderBytes: 30_000}, options{chop: n, headed: n%2 == 1})
			if got := plain(talk(t, s.addr, all, c.closes)); got != responses[i] {
				t.Fatalf("%s, split after %q: %s", c.name, all[:n], difference(got, responses[i]))
			}
		}
	}
}
