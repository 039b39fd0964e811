package exchange_test

import (
	"fmt"
	"strings"
)

// A rawCase is what a client sends.
type rawCase struct {
	name, raw string
	closes    bool // the client ends its direction; else a further request follows
}

// sentinel is the last request of a connection, which ends it.
const sentinel = "GET /end HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"

// get is a simple request.
func get(path string, lines ...string) string { return request("GET", path, "", lines...) }

func request(method, path, body string, lines ...string) string {
	head := method + " /" + path + " HTTP/1.1\r\nHost: h\r\n"
	for _, l := range lines {
		head += l + "\r\n"
	}
	return head + "\r\n" + body
}

func post(path, body string, lines ...string) string {
	return request("POST", path, body, append(lines, fmt.Sprint("Content-Length: ", len(body)))...)
}

func chunks(path string, body string, lines ...string) string {
	return request("POST", path, body, append(lines, "Transfer-Encoding: chunked")...)
}

func rawCases() []rawCase {
	long := strings.Repeat("y", 300<<10)
	cases := []rawCase{
		{name: "hello", raw: get("hello")},
		{name: "no bytes", closes: true},
		{name: "half a line", raw: "GET /hel", closes: true},
		{name: "half a header", raw: "GET /hello HTTP/1.1\r\nHo", closes: true},
		{name: "a line", raw: "GET /hello HTTP/1.1\r\n", closes: true},
		{name: "newlines first", raw: "\r\n\r\n" + get("hello")},
		{name: "newlines after POST", raw: post("request", "abc") + "\r\n" + get("hello")},
		{name: "many newlines after POST", raw: post("request", "abc") + "\r\n\r\n\r\n" + get("hello")},
		{name: "newline after POST, and the end", raw: post("request", "abc") + "\r\n", closes: true},
		{name: "few bytes after a request", raw: get("hello") + "GET", closes: true},
		{name: "newline after GET", raw: get("hello") + "\r\n" + get("hello")},
		{name: "bare LF", raw: "GET /request HTTP/1.1\nHost: h\n\n"},
		{name: "pipelined", raw: get("hello?1") + get("hello?2") + post("request", "abc") + get("hello?3")},
		{name: "no host", raw: "GET /hello HTTP/1.1\r\n\r\n"},
		{name: "no host, a header", raw: "GET /hello HTTP/1.1\r\nX-Host: a\r\nHosts: b\r\n\r\n"},
		{name: "no host in HTTP/1.0", raw: "GET /request HTTP/1.0\r\n\r\n"},
		{name: "empty host", raw: "GET /request HTTP/1.1\r\nHost:\r\n\r\n"},
		{name: "empty host with spaces", raw: "GET /request HTTP/1.1\r\nHost:  \t \r\n\r\n"},
		{name: "two hosts", raw: "GET /request HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
		{name: "two equal hosts", raw: "GET /request HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"},
		{name: "malformed host", raw: "GET /request HTTP/1.1\r\nHost: a b\r\n\r\n"},
		{name: "malformed host with a slash", raw: "GET /request HTTP/1.1\r\nHost: a/b\r\n\r\n"},
		{name: "malformed host in HTTP/1.0", raw: "GET /request HTTP/1.0\r\nHost: a\"b\r\n\r\n"},
		{name: "host in lower case", raw: "GET /request HTTP/1.1\r\nhoST: a:80\r\n\r\n"},
		{name: "host with a space before the colon", raw: "GET /request HTTP/1.1\r\nHost : a\r\n\r\n"},
		{name: "folded host", raw: "GET /request HTTP/1.1\r\nHost: a\r\n b\r\n\r\n"},
		{name: "folded empty host", raw: "GET /request HTTP/1.1\r\nHost:\r\n b\r\n\r\n"},
		{name: "absolute", raw: "GET http://a/request HTTP/1.1\r\nHost: b\r\n\r\n"},
		{name: "absolute without host", raw: "GET http://a/request HTTP/1.1\r\n\r\n"},
		{name: "absolute with an empty host", raw: "GET http://a/request HTTP/1.1\r\nHost:\r\n\r\n"},
		{name: "absolute with a malformed host", raw: "GET http://a/request HTTP/1.1\r\nHost: a b\r\n\r\n"},
		{name: "absolute with a folded host", raw: "GET http://a/request HTTP/1.1\r\nX: y\r\nHost: \r\n a\r\n\r\n"},
		{name: "absolute with a folded malformed host", raw: "GET http://a/request HTTP/1.1\r\nHost: c\r\n\t a\r\n\r\n"},
		{name: "absolute with a fold after another header", raw: "GET http://a/request HTTP/1.1\r\nHost: c\r\nX: y\r\n z /\r\n\r\n"},
		{name: "absolute in HTTP/1.0", raw: "GET http://a/request HTTP/1.0\r\n\r\n"},
		{name: "absolute in HTTP/1.0 with a malformed host", raw: "GET http://a/request HTTP/1.0\r\nHost: <\r\n\r\n"},
		{name: "connect", raw: "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n"},
		{name: "connect without host", raw: "CONNECT h:443 HTTP/1.1\r\n\r\n"},
		{name: "connect with a malformed host", raw: "CONNECT h:443 HTTP/1.1\r\nHost: ^\r\n\r\n"},
		{name: "preface", raw: "PRI * HTTP/2.0\r\n\r\n"},
		{name: "preface with a host", raw: "PRI * HTTP/2.0\r\nHost: a\r\n\r\n"},
		{name: "HTTP/2.0", raw: "GET /hello HTTP/2.0\r\nHost: a\r\n\r\n"},
		{name: "HTTP/0.9", raw: "GET /hello HTTP/0.9\r\nHost: a\r\n\r\n"},
		{name: "HTTP/1.2", raw: "GET /request HTTP/1.2\r\nHost: a\r\n\r\n"},
		{name: "HTTP/1.10", raw: "GET /request HTTP/1.10\r\nHost: a\r\n\r\n"},
		{name: "no version", raw: "GET /hello\r\n\r\n"},
		{name: "no method", raw: " /hello HTTP/1.1\r\nHost: a\r\n\r\n"},
		{name: "invalid method", raw: "G(T /hello HTTP/1.1\r\nHost: a\r\n\r\n"},
		{name: "two spaces", raw: "GET  /hello HTTP/1.1\r\nHost: a\r\n\r\n"},
		{name: "malformed URL", raw: "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n"},
		{name: "URL with a space", raw: "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"},
		{name: "URL with a control character", raw: "GET /a\x01b HTTP/1.1\r\nHost: a\r\n\r\n"},
		{name: "header without a colon", raw: "GET /hello HTTP/1.1\r\nHost: a\r\nX\r\n\r\n"},
		{name: "header without a name", raw: "GET /hello HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n"},
		{name: "header name with a space", raw: get("request", "X Y: z")},
		{name: "header name with a bracket", raw: get("request", "X(Y: z")},
		{name: "header name with a high byte", raw: get("request", "X\xff: z")},
		{name: "header value with a zero", raw: get("request", "X: \x00")},
		{name: "header value with a control character", raw: get("request", "X: a\x1fb")},
		{name: "header value with DEL", raw: get("request", "X: \x7f")},
		{name: "header value with CR", raw: get("request", "X: a\rb")},
		{name: "header value with a high byte", raw: get("request", "X: \xff")},
		{name: "header first line folded", raw: "GET /hello HTTP/1.1\r\n Host: a\r\n\r\n"},
		{name: "folded header", raw: get("request", "X: a\r\n  b")},
		{name: "many headers", raw: get("request", strings.Split(strings.TrimSpace(strings.Repeat("X-A: b\n", 500)), "\n")...)},
		{name: "long header", raw: get("request", "X: "+strings.Repeat("a", 10_000))},
		{name: "long header without host", raw: "GET /hello HTTP/1.1\r\nX: " + strings.Repeat("a", 10_000) + "\r\n\r\n"},
		{name: "host after a long header", raw: "GET http://a/request HTTP/1.1\r\nX: " + strings.Repeat("a", 10_000) + "\r\nHost: b c\r\n\r\n"},
		{name: "too long a header", raw: get("hello", "X: "+strings.Repeat("a", 40_000))},
		{name: "too long a line", raw: get(strings.Repeat("a", 40_000))},
		{name: "TE gzip", raw: request("POST", "hello", "", "Transfer-Encoding: gzip")},
		{name: "TE chunked twice", raw: request("POST", "hello", "0\r\n\r\n", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked")},
		{name: "TE list", raw: request("POST", "hello", "0\r\n\r\n", "Transfer-Encoding: gzip, chunked")},
		{name: "TE identity", raw: request("POST", "hello", "", "Transfer-Encoding: identity")},
		{name: "TE in upper case", raw: request("POST", "request", "3\r\nabc\r\n0\r\n\r\n", "Transfer-Encoding: CHUNKED")},
		{name: "TE and CL", raw: request("POST", "request", "3\r\nabc\r\n0\r\n\r\n", "Content-Length: 3", "Transfer-Encoding: chunked")},
		{name: "TE in HTTP/1.0", raw: "POST /request HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", closes: true},
		{name: "TE empty", raw: request("POST", "hello", "", "Transfer-Encoding:")},
		{name: "two lengths", raw: request("POST", "request", "abc", "Content-Length: 3", "Content-Length: 4")},
		{name: "two equal lengths", raw: request("POST", "request", "abc", "Content-Length: 3", "Content-Length: 3")},
		{name: "negative length", raw: request("POST", "request", "abc", "Content-Length: -3")},
		{name: "length with a plus", raw: request("POST", "request", "abc", "Content-Length: +3")},
		{name: "huge length", raw: request("POST", "hello", "abc", "Content-Length: 99999999999999999999")},
		{name: "empty length", raw: request("POST", "request", "", "Content-Length:")},
		{name: "GET with a body", raw: request("GET", "request", "abc", "Content-Length: 3")},
		{name: "body short", raw: request("POST", "request", "abc", "Content-Length: 5"), closes: true},
		{name: "chunks", raw: chunks("request", "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")},
		{name: "chunks with trailers", raw: chunks("request", "3\r\nabc\r\n0\r\nX-T: u\r\nX-V: w\r\n\r\n", "Trailer: X-T, X-V")},
		{name: "chunks with undeclared trailers", raw: chunks("request", "3\r\nabc\r\n0\r\nX-T: u\r\n\r\n")},
		{name: "chunks with a bad trailer name", raw: chunks("request", "0\r\n\r\n", "Trailer: Content-Length")},
		{name: "chunks with a malformed trailer", raw: chunks("request", "3\r\nabc\r\n0\r\nX T\r\n\r\n")},
		{name: "chunks with a long trailer", raw: chunks("request", "3\r\nabc\r\n0\r\nX: "+strings.Repeat("a", 5000)+"\r\n\r\n")},
		{name: "chunk with a bad size", raw: chunks("request", "x\r\nabc\r\n0\r\n\r\n")},
		{name: "chunk without its end", raw: chunks("request", "3\r\nabcd\r\n0\r\n\r\n")},
		{name: "chunks cut", raw: chunks("request", "3\r\nab"), closes: true},
		{name: "chunks cut before the trailer", raw: chunks("request", "3\r\nabc\r\n0\r\n"), closes: true},
		{name: "bad chunks unread", raw: chunks("hello", "x\r\nabc\r\n0\r\n\r\n")},
		{name: "bad trailer unread", raw: chunks("hello", "3\r\nabc\r\n0\r\nX T\r\n\r\n")},
		{name: "body unread", raw: post("hello", "abc")},
		{name: "body read in part", raw: post("part", "abcdef")},
		{name: "body too short for its part", raw: post("part", "ab")},
		{name: "body closed", raw: post("closeBody", "abc")},
		{name: "long body closed", raw: post("closeBody", long)},
		{name: "long chunks closed", raw: chunks("closeBody", fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(long), long))},
		{name: "long body unread", raw: post("hello", long)},
		{name: "long chunks unread", raw: chunks("hello", fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(long), long))},
		{name: "200 KB unread", raw: post("hello", long[:200<<10])},
		{name: "256 KB unread", raw: post("hello", long[:256<<10])},
		{name: "256 KB and a byte read in part", raw: post("part", long[:256<<10+4])},
		{name: "long body read", raw: post("request", long)},
		{name: "limited", raw: post("limited", "0123456789")},
		{name: "limit exceeded", raw: post("limited", "0123456789a")},
		{name: "limit exceeded by far", raw: post("limited", long)},
		{name: "limit exceeded late", raw: post("limitedLate", "0123456789a")},
		{name: "limit exceeded after a flush", raw: post("limitedDuplex", "0123456789a")},
		{name: "switch", raw: get("switch", "Connection: close")},
		{name: "switch and keep", raw: get("switch", "Connection: upgrade")},
		{name: "echo", raw: post("echo", "abc")},
		{name: "echo in chunks", raw: chunks("echo", "3\r\nabc\r\n0\r\n\r\n")},
		{name: "echo of much", raw: post("echo", long)},
		{name: "echo in duplex", raw: chunks("echo?duplex", "3\r\nabc\r\n0\r\n\r\n")},
		{name: "form", raw: post("form", "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nvalue\r\n--b--\r\n", "Content-Type: multipart/form-data; boundary=b")},
		{name: "100-continue", raw: post("request", "abc", "Expect: 100-continue")},
		{name: "100-continue in upper case", raw: post("request", "abc", "Expect: 100-Continue")},
		{name: "100-continue in chunks", raw: chunks("request", "3\r\nabc\r\n0\r\n\r\n", "Expect: 100-continue")},
		{name: "100-continue without a body", raw: get("request", "Expect: 100-continue")},
		{name: "100-continue unread", raw: post("hello", "abc", "Expect: 100-continue")},
		{name: "100-continue read in part", raw: post("part", "abcdef", "Expect: 100-continue")},
		{name: "100-continue closed", raw: post("closeBody", "abc", "Expect: 100-continue")},
		{name: "100-continue by the handler", raw: post("hints", "abc", "Expect: 100-continue")},
		{name: "100-continue in HTTP/1.0", raw: "POST /request HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc"},
		{name: "another expectation", raw: post("request", "abc", "Expect: wonders")},
		{name: "empty expectation", raw: post("request", "abc", "Expect:")},
		{name: "close", raw: get("hello", "Connection: close")},
		{name: "close in a list", raw: get("hello", "Connection: x, CLOSE")},
		{name: "keep-alive", raw: get("hello", "Connection: keep-alive")},
		{name: "HTTP/1.0", raw: "GET /hello HTTP/1.0\r\n\r\n"},
		{name: "HTTP/1.0 keep-alive", raw: "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"},
		{name: "HTTP/1.0 keep-alive of the handler", raw: "GET /keep HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"},
		{name: "HTTP/1.0 keep-alive of the handler only", raw: "GET /keep HTTP/1.0\r\n\r\n"},
		{name: "HTTP/1.0 keep-alive of much", raw: "GET /large?n=5000&step=5000 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"},
		{name: "HTTP/1.0 keep-alive HEAD", raw: "HEAD /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"},
		{name: "HTTP/1.0 keep-alive 204", raw: "GET /status?code=204 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"},
		{name: "HTTP/1.0 trailers", raw: "GET /trailers HTTP/1.0\r\n\r\n"},
		{name: "HTTP/1.0 flush", raw: "GET /flush HTTP/1.0\r\n\r\n"},
		{name: "HTTP/1.0 bad length", raw: "GET /badLength HTTP/1.0\r\n\r\n"},
		{name: "HTTP/1.0 hints", raw: "GET /hints HTTP/1.0\r\n\r\n"},
		{name: "HEAD", raw: request("HEAD", "hello", "")},
		{name: "HEAD nothing", raw: request("HEAD", "nothing", "")},
		{name: "HEAD large", raw: request("HEAD", "large?n=9000&step=1000", "")},
		{name: "HEAD of a length", raw: request("HEAD", "large?n=0&step=1000&length=70", "")},
		{name: "HEAD file", raw: request("HEAD", "file", "")},
		{name: "HEAD flush", raw: request("HEAD", "flush", "")},
		{name: "OPTIONS *", raw: "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"},
		{name: "OPTIONS * with a body", raw: "OPTIONS * HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"},
		{name: "OPTIONS * with a long body", raw: "OPTIONS * HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n" + long[:5000]},
		{name: "GET *", raw: "GET * HTTP/1.1\r\nHost: h\r\n\r\n"},
		{name: "not found", raw: get("absent")},
		{name: "nothing", raw: get("nothing")},
		{name: "redirect", raw: get("redirect")},
		{name: "sniffed", raw: get("writeString")},
		{name: "flush", raw: get("flush")},
		{name: "flush first", raw: get("flushfirst")},
		{name: "flush with a body unread", raw: post("flush", "abc")},
		{name: "trailers", raw: get("trailers")},
		{name: "late trailers", raw: get("lateTrailers")},
		{name: "early trailers", raw: get("earlyTrailers")},
		{name: "hints", raw: get("hints")},
		{name: "mutate", raw: get("mutate")},
		{name: "superfluous", raw: get("superfluous")},
		{name: "bad length of a response", raw: get("badLength")},
		{name: "HEAD bad length", raw: request("HEAD", "badLength", "")},
		{name: "more than the length", raw: get("tooMuch")},
		{name: "less than the length", raw: get("large?n=5&step=5&length=10")},
		{name: "bad code", raw: get("badCode")},
		{name: "panic", raw: get("panic")},
		{name: "panic after a body", raw: get("panic?body=abc")},
		{name: "panic after a flush", raw: get("panic?body=abc&flush")},
		{name: "panic with a body unread", raw: post("panic", "abc")},
		{name: "abort", raw: get("abort")},
		{name: "exit", raw: get("exit")},
		{name: "panic with much unread", raw: post("panic", long)},
		{name: "context", raw: post("done", "abc")},
		{name: "read deadline", raw: request("POST", "readDeadline", "ab", "Content-Length: 10")},
		{name: "file", raw: get("file")},
		{name: "range", raw: get("file", "Range: bytes=10-20")},
		{name: "ranges", raw: get("file", "Range: bytes=10-20,30-40")},
		{name: "long range", raw: get("file", "Range: bytes=1000-300000")},
		{name: "not modified", raw: get("file", "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT")},
		{name: "copy", raw: get("copy")},
		{name: "copy of a length", raw: get("copy?length")},
	}
	for _, code := range []int{100, 101, 102, 103, 199, 200, 201, 204, 205, 206, 299, 301, 304, 404, 418, 500, 599, 600, 999} {
		cases = append(cases, rawCase{name: fmt.Sprint("status ", code), raw: get(fmt.Sprintf("status?code=%d", code))},
			rawCase{name: fmt.Sprint("status and body ", code), raw: get(fmt.Sprintf("status?code=%d&body=abc", code))},
			rawCase{name: fmt.Sprint("HEAD status ", code), raw: request("HEAD", fmt.Sprintf("status?code=%d", code), "")})
	}
	for _, q := range []string{"Connection=close", "Connection=keep-alive", "Connection=x,close", "Connection=upgrade&Upgrade=y",
		"Content-Length=3&body=abc", "Content-Length=4&body=abc", "Content-Length=&body=abc", "Content-Type=nil&body=abc",
		"Content-Type=&body=abc", "Content-Encoding=gzip&body=abc", "Date=nil&body=abc", "Date=today&body=abc",
		"Transfer-Encoding=chunked&body=abc", "Transfer-Encoding=identity&body=abc", "Transfer-Encoding=gzip&body=abc",
		"Transfer-Encoding=gzip&Content-Length=3&body=abc", "Transfer-Encoding=identity&Content-Length=3&body=abc",
		"X=a&X=b", "X=a%0d%0aY:%20b", "X%20Y=z&B=c", "X=%20%20a%20", "Trailer=A&A=b&body=abc", "Z=1&A=2&M=3", "X=%ff"} {
		for _, method := range []string{"GET", "HEAD"} {
			cases = append(cases, rawCase{name: method + " with " + q, raw: request(method, "header?"+q, "")},
				rawCase{name: method + " in HTTP/1.0 with " + q, raw: method + " /header?" + q + " HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"})
		}
	}
	for _, n := range []int{1, 511, 512, 2047, 2048, 2049, 4095, 4096, 5000, 100_000} {
		for _, step := range []int{7, 1000, 1 << 20} {
			if n/step > 1000 {
				continue
			}
			cases = append(cases, rawCase{name: fmt.Sprintf("%d bytes by %d", n, step), raw: get(fmt.Sprintf("large?n=%d&step=%d", n, step))},
				rawCase{name: fmt.Sprintf("%d bytes by %d of a length", n, step), raw: get(fmt.Sprintf("large?n=%d&step=%d&length=%d", n, step, n))})
		}
	}
	return cases
}
