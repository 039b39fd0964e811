package nethttp_test

import "strings"

// post makes a request with a body, from the lines of a header.
func post(body string, header ...string) string {
	return "POST /post HTTP/1.1\r\nHost: x\r\n" + strings.Join(header, "\r\n") + "\r\n\r\n" + body
}

// chunked makes a request with a body in chunks.
func chunked(body string) string { return post(body, "Transfer-Encoding: chunked") }

// smuggled is the request that an attacker hides behind another one.
const smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"

// framingRows are about where a body ends: requests that two servers of a chain may understand in different ways.
func framingRows() []row {
	return []row{
		{"a length and chunks", post("0\r\n\r\n"+smuggled, "Content-Length: 44", "Transfer-Encoding: chunked")},
		{"chunks and a length", post("0\r\n\r\n"+smuggled, "Transfer-Encoding: chunked", "Content-Length: 5")},
		{"chunks and a length of 0", post("0\r\n\r\n", "Transfer-Encoding: chunked", "Content-Length: 0")},
		{"chunks with capitals", post("0\r\n\r\n"+smuggled, "Transfer-Encoding: Chunked")},
		{"chunks with a tab", post("0\r\n\r\n"+smuggled, "Transfer-Encoding:\tchunked")},
		{"chunks with blanks behind", post("0\r\n\r\n"+smuggled, "Transfer-Encoding: chunked  ")},
		{"chunks with a vertical tab", post("0\r\n\r\n"+smuggled, "Transfer-Encoding: \vchunked")},
		{"xchunked", post("0\r\n\r\n"+smuggled, "Transfer-Encoding: xchunked")},
		{"chunks and gzip", post("0\r\n\r\n", "Transfer-Encoding: gzip, chunked")},
		{"gzip", post("12345", "Transfer-Encoding: gzip")},
		{"identity", post("12345", "Transfer-Encoding: identity", "Content-Length: 5")},
		{"chunks, identity", post("0\r\n\r\n", "Transfer-Encoding: chunked, identity")},
		{"chunks twice in a line", post("0\r\n\r\n", "Transfer-Encoding: chunked, chunked")},
		{"chunks twice in two lines", post("0\r\n\r\n", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked")},
		{"chunks and x in two lines", post("0\r\n\r\n", "Transfer-Encoding: chunked", "Transfer-Encoding: x")},
		{"an empty transfer encoding", post("0\r\n\r\n", "Transfer-Encoding: ")},
		{"quoted chunks", post("0\r\n\r\n", `Transfer-Encoding: "chunked"`)},
		{"chunks with a parameter", post("0\r\n\r\n", "Transfer-Encoding: chunked;a=b")},
		{"a blank before the colon of chunks", post("0\r\n\r\n"+smuggled, "Transfer-Encoding : chunked")},
		{"a blank before the name of chunks", post("0\r\n\r\n"+smuggled, " Transfer-Encoding: chunked")},
		{"chunks in HTTP/1.0", "POST /post HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled},
		{"chunks and a length in HTTP/1.0", "POST /post HTTP/1.0\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"},
		{"chunks in a GET", "GET /get HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"},
		{"chunks in a HEAD", "HEAD /head HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"},

		{"two equal lengths", post("12345", "Content-Length: 5", "Content-Length: 5")},
		{"two lengths", post("12345", "Content-Length: 5", "Content-Length: 4")},
		{"two lengths in a line", post("12345", "Content-Length: 5, 5")},
		{"a length of 0 and one of 5", post("12345", "Content-Length: 0", "Content-Length: 5")},
		{"a length with a sign", post("12345", "Content-Length: +5")},
		{"a negative length", post("12345", "Content-Length: -5")},
		{"a hexadecimal length", post("12345", "Content-Length: 0x5")},
		{"a length with zeros", post("12345", "Content-Length: 0005")},
		{"a length with a blank inside", post("12345", "Content-Length: 1 5")},
		{"a length with blanks around", post("12345", "Content-Length:   5  ")},
		{"a length that overflows", post("12345", "Content-Length: 99999999999999999999")},
		{"the largest length", post("12345", "Content-Length: 9223372036854775807")},
		{"a length with letters", post("12345", "Content-Length: five")},
		{"an empty length", post("12345", "Content-Length: ")},
		{"a length of a GET", "GET /get HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345"},
		{"a length of a HEAD", "HEAD /head HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345"},
		{"a length in HTTP/1.0", "POST /post HTTP/1.0\r\nContent-Length: 5\r\n\r\n12345"},
		{"a POST without a length", post("", "A: b")},
		{"a body longer than its length", post("1234567890", "Content-Length: 5")},
		{"a body shorter than its length", post("123", "Content-Length: 5")},
		{"an underscore in the length's name", post("12345", "Content_Length: 5")},

		{"chunks", chunked("3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n")},
		{"hexadecimal digits of both cases", chunked("a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n")},
		{"a chunk's size with zeros", chunked("0003\r\nabc\r\n0\r\n\r\n")},
		{"a chunk's size with many zeros", chunked("00000000000000003\r\nabc\r\n0\r\n\r\n")},
		{"a chunk's size with a prefix", chunked("0x3\r\nabc\r\n0\r\n\r\n")},
		{"a chunk's size with a sign", chunked("+3\r\nabc\r\n0\r\n\r\n")},
		{"a negative size of a chunk", chunked("-3\r\nabc\r\n0\r\n\r\n")},
		{"letters for a chunk's size", chunked("xyz\r\nabc\r\n0\r\n\r\n")},
		{"an empty size of a chunk", chunked("\r\nabc\r\n0\r\n\r\n")},
		{"a huge chunk", chunked("7fffffffffffffff\r\nabc")},
		{"a chunk's size that overflows", chunked("ffffffffffffffffff\r\nabc\r\n0\r\n\r\n")},
		{"a chunk that is too long", chunked("3\r\nabcdef\r\n0\r\n\r\n")},
		{"a chunk that is too short", chunked("6\r\nabc\r\n0\r\n\r\n")},
		{"a chunk without an end", chunked("3\r\nabc0\r\n\r\n")},
		{"a chunk with another end", chunked("3\r\nabcXX0\r\n\r\n")},
		{"a chunk that ends with LF", chunked("3\r\nabc\n0\r\n\r\n")},
		{"a chunk's size that ends with LF", chunked("3\nabc\r\n0\r\n\r\n")},
		{"a chunk's size that ends with CR", chunked("3\rabc\r\n0\r\n\r\n")},
		{"blanks behind a chunk's size", chunked("3  \r\nabc\r\n0\r\n\r\n")},
		{"blanks before a chunk's size", chunked("  3\r\nabc\r\n0\r\n\r\n")},
		{"a chunk's extension", chunked("3;name=value\r\nabc\r\n0\r\n\r\n")},
		{"a quoted extension", chunked("3;name=\"va;lue\"\r\nabc\r\n0;last\r\n\r\n")},
		{"an extension with a CR", chunked("3;a\rb\r\nabc\r\n0\r\n\r\n")},
		{"an extension with an LF", chunked("3;a\nabc\r\n0\r\n\r\n")},
		{"a long extension", chunked("3;" + strings.Repeat("x", 5000) + "\r\nabc\r\n0\r\n\r\n")},
		{"many extensions", chunked(strings.Repeat("1;"+strings.Repeat("x", 100)+"\r\na\r\n", 300) + "0\r\n\r\n")},
		{"no last chunk", chunked("3\r\nabc\r\n")},
		{"no end after the last chunk", chunked("3\r\nabc\r\n0\r\n")},
		{"a last chunk of many zeros", chunked("3\r\nabc\r\n0000\r\n\r\n")},
		{"a trailer", post("3\r\nabc\r\n0\r\nAfter: all\r\n\r\n", "Trailer: After", "Transfer-Encoding: chunked")},
		{"a trailer that was not announced", chunked("3\r\nabc\r\n0\r\nAfter: all\r\n\r\n")},
		{"a length as a trailer", post("0\r\nContent-Length: 5\r\n\r\n", "Trailer: Content-Length", "Transfer-Encoding: chunked")},
		{"a malformed trailer", chunked("0\r\nAfter all\r\n\r\n")},
		{"a trailer without an end", chunked("0\r\nAfter: all\r\n")},
		{"a large trailer", chunked("0\r\n" + strings.Repeat("After: "+strings.Repeat("x", 100)+"\r\n", 100) + "\r\n")},
		{"many small chunks", chunked(strings.Repeat("1\r\na\r\n", 1000) + "0\r\n\r\n")},
		{"a large body", post(strings.Repeat("x", 100_000), "Content-Length: 100000")},
		{"a large chunk", chunked("186a0\r\n" + strings.Repeat("x", 100_000) + "\r\n0\r\n\r\n")},
	}
}
