package nethttp_test

import (
	"fmt"
	"net/http"
	"strings"
)

// smallHeader is the MaxHeaderBytes of a server; net/http reads some thousand bytes more, as slackHeader says.
const (
	smallHeader = 1000
	slackHeader = 4096
)

// sized makes a request whose first line and header have n bytes.
func sized(n int) string {
	request := "GET /get HTTP/1.1\r\nHost: x\r\nName: "
	return request + strings.Repeat("x", n-len(request)-4) + "\r\n\r\n"
}

// boundRows are at the bound of a small header.
func boundRows() []row {
	const bound = smallHeader + slackHeader
	return headersOf(bound-2, bound-1, bound, bound+1, bound+2)
}

func headersOf(sizes ...int) (rows []row) {
	for _, n := range sizes {
		rows = append(rows,
			row{fmt.Sprint("a header of ", n, " bytes"), sized(n)},
			row{fmt.Sprint("a path of ", n, " bytes"), "GET /" + strings.Repeat("x", n-33) + " HTTP/1.1\r\nHost: x\r\n\r\n"},
			row{fmt.Sprint("a header of ", n, " bytes without an end"), strings.TrimRight(sized(n), "\r\n")},
		)
	}
	return rows
}

// sizeRows are around the bound of a small header.
func sizeRows() []row {
	const bound = smallHeader + slackHeader
	rows := headersOf(smallHeader-1, smallHeader, smallHeader+1, slackHeader-1, slackHeader, slackHeader+1, 2*bound, 10*bound, 100_000)
	return append(rows,
		row{"a small header and a large body", post(strings.Repeat("x", 2*bound), fmt.Sprint("Content-Length: ", 2*bound))},
		row{"headers at the bound, one after the other", strings.Repeat(sized(bound-1), 3)},
		row{"lines without an end", "GET /get HTTP/1.1\r\n" + strings.Repeat("A: b\r\n", bound)},
		row{"many empty lines", strings.Repeat("\r\n", bound)},
		row{"a chunk's trailer beyond the bound", chunked("0\r\n" + strings.Repeat("A: b\r\n", bound) + "\r\n")},
	)
}

// aboveRows are above the bound that net/http has by default.
func aboveRows() []row {
	return []row{{"a header above the default bound", sized(http.DefaultMaxHeaderBytes + slackHeader + 1)}}
}

// largeRows are around the bound that net/http has by default.
func largeRows() []row {
	const bound = http.DefaultMaxHeaderBytes + slackHeader
	return []row{
		{"a header at the default bound", sized(bound - 1)},
		{"a header far above the default bound", sized(3 * bound / 2)},
		{"2,000 lines", "GET /get HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("Name: value\r\n", 2000) + "\r\n"},
		{"10,000 names", "GET /get HTTP/1.1\r\nHost: x\r\n" + names(10_000) + "\r\n"},
	}
}

func names(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "Name-%d: value\r\n", i)
	}
	return b.String()
}
