package nethttp_test

import (
	"fmt"
	"net/http"
	"strings"
)

// A part of the table has a server of its own.
type part struct {
	name string
	set  []func(*http.Server)
	rows []row

	// asFirst says that net/http has a higher bound for the header of a further request, by what it has read of it at
	// once. Here that is the bound of a first one.
	asFirst bool
}

// table is all rows.
func table() []part {
	return []part{
		{name: "framing", rows: framingRows()},
		{name: "lines", rows: lineRows()},
		{name: "headers", rows: headerRows()},
		{name: "connections", rows: connRows()},
		{name: "pipelines", rows: pipelineRows()},
		{name: "endings", rows: endingRows()},
		{name: "sizes", rows: sizeRows(), set: []func(*http.Server){func(s *http.Server) { s.MaxHeaderBytes = smallHeader }}},
		{name: "sizes at the bound", rows: boundRows(), asFirst: true, set: []func(*http.Server){func(s *http.Server) { s.MaxHeaderBytes = smallHeader }}},
		{name: "defaults of sizes", rows: largeRows()},
		{name: "sizes above the default", rows: aboveRows(), asFirst: true},
		{name: "no OPTIONS of the server", rows: optionsRows(), set: []func(*http.Server){
			func(s *http.Server) { s.DisableGeneralOptionsHandler = true },
		}},
	}
}

// connRows are about whether a connection goes on.
func connRows() []row {
	rows := []row{
		{"HTTP/1.0 that keeps alive", "GET /length HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"},
		{"HTTP/1.0 that keeps alive with capitals", "GET /length HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"},
		{"HTTP/1.0 that keeps alive without a length", "GET /chunks HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"},
		{"HTTP/1.0 that closes", "GET /length HTTP/1.0\r\nConnection: close\r\n\r\n"},
		{"HTTP/1.0 twice", "GET /length HTTP/1.0\r\n\r\nGET /length HTTP/1.0\r\n\r\n"},
		{"HTTP/1.0 twice that keeps alive", strings.Repeat("GET /length HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 2)},
		{"HTTP/1.0 with a HEAD that keeps alive", "HEAD /length HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"},
		{"close", "GET /get HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"},
		{"close with capitals", "GET /get HTTP/1.1\r\nHost: x\r\nConnection: CLOSE\r\n\r\n"},
		{"close among others", "GET /get HTTP/1.1\r\nHost: x\r\nConnection: te, close\r\n\r\n"},
		{"close and keep-alive", "GET /get HTTP/1.1\r\nHost: x\r\nConnection: close, keep-alive\r\n\r\n"},
		{"keep-alive", "GET /get HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n"},
		{"close in two lines", "GET /get HTTP/1.1\r\nHost: x\r\nConnection: te\r\nConnection: close\r\n\r\n"},
		{"close of a POST", post("12345", "Connection: close", "Content-Length: 5")},
		{"close of a POST that is not read", "POST /unread HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\n12345"},
		{"an upgrade that no handler does", "GET /get HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"},
		{"an upgrade to HTTP/2", "GET /get HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n"},

		{"expect", post("12345", "Expect: 100-continue", "Content-Length: 5")},
		{"expect with capitals", post("12345", "Expect: 100-Continue", "Content-Length: 5")},
		{"expect with chunks", post("3\r\nabc\r\n0\r\n\r\n", "Expect: 100-continue", "Transfer-Encoding: chunked")},
		{"expect without a body", get("Host: x", "Expect: 100-continue")},
		{"expect with a length of 0", post("", "Expect: 100-continue", "Content-Length: 0")},
		{"expect in HTTP/1.0", "POST /post HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n12345"},
		{"expect that is not read", "POST /unread HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n12345"},
		{"expect of which a part is read", "POST /part HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n12345"},
		{"expect something else", post("12345", "Expect: wonders", "Content-Length: 5")},
		{"expect two things", post("12345", "Expect: 100-continue, wonders", "Content-Length: 5")},
		{"expect something else in HTTP/1.0", "GET /get HTTP/1.0\r\nExpect: wonders\r\n\r\n"},
		{"an empty expectation", get("Host: x", "Expect:")},

		{"a body that is not read", "POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345"},
		{"chunks that are not read", "POST /unread HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"},
		{"a body of which a part is read", "POST /part HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345"},
		{"malformed chunks that are not read", "POST /unread HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"},
		{"a short body that is not read", "POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n123"},
		{"a trailer that is not read", "POST /unread HTTP/1.1\r\nHost: x\r\nTrailer: A\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n"},
		{"a body at the bound of what is discarded", "POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 262144\r\n\r\n" + strings.Repeat("x", 262144)},
		{"a body beyond the bound of what is discarded", "POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 262145\r\n\r\n" + strings.Repeat("x", 262145)},
	}
	for _, path := range []string{"/chunks", "/length", "/204", "/304", "/close", "/large", "/trailer"} {
		for _, method := range []string{"GET", "HEAD", "POST"} {
			rows = append(rows, row{"the answer to " + method + " " + path, method + " " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"})
		}
		rows = append(rows, row{"the answer of HTTP/1.0 to " + path, "GET " + path + " HTTP/1.0\r\n\r\n"})
	}
	return rows
}

// pipelineRows are requests that are written at a time.
func pipelineRows() []row {
	const one, body = "GET /get HTTP/1.1\r\nHost: x\r\n\r\n", "POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345"
	rows := []row{
		{"a POST and a GET", body + one},
		{"a GET and a POST", one + body},
		{"a POST, CR LF and a GET", body + "\r\n" + one},
		{"a POST, two CR LF and a GET", body + "\r\n\r\n" + one},
		{"a POST, three CR LF and a GET", body + "\r\n\r\n\r\n" + one},
		{"a POST, an LF and a GET", body + "\n" + one},
		{"a POST, a CR and a GET", body + "\r" + one},
		{"a GET, CR LF and a GET", one + "\r\n" + one},
		{"a POST that is not read, and a GET", "POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345" + one},
		{"a POST of which a part is read, and a GET", "POST /part HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345" + one},
		{"chunks and a GET", chunked("3\r\nabc\r\n0\r\n\r\n") + one},
		{"chunks with a trailer, and a GET", chunked("3\r\nabc\r\n0\r\nAfter: all\r\n\r\n") + one},
		{"a GET and nonsense", one + "nonsense\r\n\r\n"},
		{"a GET and a byte", one + "G"},
		{"a GET and three bytes", one + "GET"},
		{"a GET and four bytes", one + "GET "},
		{"a GET and half a request", one + "GET /get HTTP/1.1\r\nHo"},
		{"a close and a GET", "GET /close HTTP/1.1\r\nHost: x\r\n\r\n" + one},
		{"a client's close and a GET", "GET /get HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" + one},
		{"an expectation and a GET", post("12345", "Expect: 100-continue", "Content-Length: 5") + one},
		{"large answers", strings.Repeat("GET /large HTTP/1.1\r\nHost: x\r\n\r\n", 20)},
		{"HEAD and GET", "HEAD /large HTTP/1.1\r\nHost: x\r\n\r\n" + one},
	}
	for n := 2; n <= 20; n++ {
		rows = append(rows, row{fmt.Sprint(n, " requests"), strings.Repeat(one+body, n/2) + strings.Repeat(one, n%2)})
	}
	return rows
}

// endingRows are requests that the client does not end.
func endingRows() []row {
	var rows []row
	const whole = "POST /post HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345"
	for n := range len(whole) {
		rows = append(rows, row{fmt.Sprint(n, " bytes"), whole[:n]})
	}
	return append(rows,
		row{"one CR", "\r"}, row{"one LF", "\n"}, row{"one CR LF", "\r\n"}, row{"two CR LF", "\r\n\r\n"}, row{"one blank", " "},
		row{"one NUL", "\x00"}, row{"four NUL", "\x00\x00\x00\x00"})
}

// optionsRows are for a server whose handler gets OPTIONS *.
func optionsRows() []row {
	return []row{
		{"OPTIONS of the server for the handler", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"OPTIONS of the server in HTTP/1.0 for the handler", "OPTIONS * HTTP/1.0\r\n\r\n"},
	}
}
