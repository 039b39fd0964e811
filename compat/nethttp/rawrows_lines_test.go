package nethttp_test

import "strings"

// get makes a request from the lines behind its first one.
func get(header ...string) string {
	return "GET /get HTTP/1.1\r\n" + strings.Join(append(header, "\r\n"), "\r\n")
}

// startRow makes a request of a first line.
func startRow(line string) row { return row{"the line " + line, line + "\r\nHost: x\r\n\r\n"} }

// lineRows are about the first line of a request.
func lineRows() []row {
	rows := []row{
		{"an empty line first", "\r\nGET /get HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"two empty lines first", "\r\n\r\nGET /get HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"a bare LF first", "\nGET /get HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"lines that end with LF", "GET /get HTTP/1.1\nHost: x\n\n"},
		{"a first line that ends with LF", "GET /get HTTP/1.1\nHost: x\r\n\r\n"},
		{"an empty line of LF", "GET /get HTTP/1.1\r\nHost: x\r\n\n"},
		{"a first line that ends with CR", "GET /get HTTP/1.1\rHost: x\r\n\r\n"},
		{"a first line with two CR", "GET /get HTTP/1.1\r\r\nHost: x\r\n\r\n"},
		{"a NUL in the path", "GET /g\x00t HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"a NUL first", "\x00GET /get HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"a path with bytes above 127", "GET /g\xc3\xa4t HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"a long path", "GET /" + strings.Repeat("x", 10_000) + " HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"a long method", strings.Repeat("M", 10_000) + " /get HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"a TLS hello", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03"},
		{"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
		{"the preface of HTTP/2 with settings", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"},
		{"half the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\n"},
		{"CONNECT", "CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n"},
		{"CONNECT without a port", "CONNECT example.org HTTP/1.1\r\nHost: example.org\r\n\r\n"},
		{"CONNECT with a path", "CONNECT /path HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"an absolute URI", "GET http://example.org/get HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"an absolute URI without a Host", "GET http://example.org/get HTTP/1.1\r\n\r\n"},
		{"an absolute URI without a path", "GET http://example.org HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"an absolute URI with a user", "GET http://a:b@example.org/get HTTP/1.1\r\nHost: x\r\n\r\n"},
		{"OPTIONS of the server with a body", "OPTIONS * HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345"},
	}
	for _, line := range []string{
		"OPTIONS * HTTP/1.1", "OPTIONS /options HTTP/1.1", "GET * HTTP/1.1", "PUT /put HTTP/1.1", "DELETE /delete HTTP/1.1",
		"PATCH /patch HTTP/1.1", "TRACE /trace HTTP/1.1", "get /get HTTP/1.1", "M-SEARCH /x HTTP/1.1", "PRI /x HTTP/1.1",
		"G@T /get HTTP/1.1", "G(T /get HTTP/1.1", "G:T /get HTTP/1.1", " GET /get HTTP/1.1", "GET  /get HTTP/1.1",
		"GET /get  HTTP/1.1", "GET /get HTTP/1.1 ", "GET\t/get\tHTTP/1.1", "GET /get", "GET", "GET /get HTTP", "/get HTTP/1.1",
		"GET /get HTTP/1.0", "GET /get HTTP/0.9", "GET /get HTTP/1.2", "GET /get HTTP/2.0", "GET /get HTTP/3.0", "GET /get HTTP/1.10",
		"GET /get HTTP/01.1", "GET /get HTTP/1.", "GET /get http/1.1", "GET /get HTTP/ 1.1", "GET /get HTTP/1.1x", "GET /get XTTP/1.1",
		"GET /a b HTTP/1.1", "GET get HTTP/1.1", "GET //get HTTP/1.1", "GET /../get HTTP/1.1", "GET /%zz HTTP/1.1", "GET /%00 HTTP/1.1",
		"GET /get?a=b;c#d HTTP/1.1", "GET ?a HTTP/1.1", "GET #a HTTP/1.1", "GET example.org:80 HTTP/1.1", "GET http:// HTTP/1.1",
		"GET http://[::1 HTTP/1.1", "GET http://x:y/ HTTP/1.1", "GET \\get HTTP/1.1", "GET /get\x7f HTTP/1.1",
	} {
		rows = append(rows, startRow(line))
	}
	return rows
}

// headerRows are about the lines behind the first one.
func headerRows() []row {
	return []row{
		{"no Host", get()},
		{"an empty Host", get("Host:")},
		{"a Host of blanks", get("Host:   ")},
		{"two Hosts", get("Host: x", "Host: y")},
		{"two equal Hosts", get("Host: x", "Host: x")},
		{"a Host with a path", get("Host: x/y")},
		{"a Host with a blank", get("Host: x y")},
		{"a Host with a user", get("Host: a@x")},
		{"a Host with bytes above 127", get("Host: \xc3\xa4")},
		{"a Host with a NUL", get("Host: x\x00")},
		{"a Host with a port", get("Host: x:8080")},
		{"a Host with an address", get("Host: [::1]:80")},
		{"a Host with a quote", get(`Host: x"y`)},
		{"no Host in HTTP/1.0", "GET /get HTTP/1.0\r\n\r\n"},
		{"an empty Host in HTTP/1.0", "GET /get HTTP/1.0\r\nHost:\r\n\r\n"},
		{"two Hosts in HTTP/1.0", "GET /get HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n"},

		{"a line without a colon", get("Host: x", "Name")},
		{"a line without a name", get("Host: x", ": value")},
		{"a blank before a colon", get("Host: x", "Name : value")},
		{"a tab before a colon", get("Host: x", "Name\t: value")},
		{"a blank in a name", get("Host: x", "Na me: value")},
		{"a name with bytes above 127", get("Host: x", "N\xc3\xa4me: value")},
		{"a name with a NUL", get("Host: x", "Na\x00me: value")},
		{"a name in brackets", get("Host: x", "(Name): value")},
		{"a value with a NUL", get("Host: x", "Name: val\x00ue")},
		{"a value with a CR", get("Host: x", "Name: val\rue")},
		{"a value with a control character", get("Host: x", "Name: val\x01ue")},
		{"a value with bytes above 127", get("Host: x", "Name: v\xc3\xa4lue")},
		{"a value with DEL", get("Host: x", "Name: val\x7fue")},
		{"a value with a tab", get("Host: x", "Name: val\tue")},
		{"an empty value", get("Host: x", "Name:")},
		{"values of one name", get("Host: x", "Name: a", "name: b", "NAME: c")},
		{"a folded line", get("Host: x", "Name: val", " ue")},
		{"a line folded with a tab", get("Host: x", "Name: val", "\tue")},
		{"a folded Host", get("Host: x", " y")},
		{"a folded length", post("12345", "Content-Length:", " 5")},
		{"a folded first line", "GET /get HTTP/1.1\r\n Host: x\r\n\r\n"},
		{"a line of a blank", get("Host: x", " ")},
		{"a line that ends with LF", "GET /get HTTP/1.1\r\nHost: x\nName: value\r\n\r\n"},
		{"a line that ends with CR CR LF", "GET /get HTTP/1.1\r\nHost: x\r\r\nName: value\r\n\r\n"},
		{"an end of CR LF CR", "GET /get HTTP/1.1\r\nHost: x\r\n\r"},
		{"an end of LF CR LF", "GET /get HTTP/1.1\r\nHost: x\n\r\n"},
		{"a cookie", get("Host: x", "Cookie: a=b; c=d", "Cookie: e=f")},
		{"a referer and an agent", get("Host: x", "Referer: http://x/", "User-Agent: row")},
		{"a pragma", get("Host: x", "Pragma: no-cache")},
	}
}
