package main

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/moduvex/moduvex-go/core/coro"
)

// A source is a connection that there is something to read from at once.
type source struct{ io.Reader }

func (s source) Read(_ *coro.Co, b []byte) (int, error) { return s.Reader.Read(b) }

// parse returns the commands of a text, as "name|arg|arg", and the error that ends it.
func parse(text io.Reader) (commands []string, err error) {
	var p parser
	for {
		args, err := p.next()
		if err != nil {
			return commands, err
		}
		if len(args) > 0 {
			var words []string
			for _, a := range args {
				words = append(words, string(a))
			}
			commands = append(commands, strings.Join(words, "|"))
			continue
		}
		if err := p.read(nil, source{text}); err != nil {
			return commands, err
		}
	}
}

func TestParser(t *testing.T) {
	long := strings.Repeat("x", 3*minRead)
	for _, tc := range []struct{ text, want, err string }{
		{"", "", "EOF"},
		{"*1\r\n$4\r\nPING\r\n", "PING", "EOF"},
		{"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$4\r\na\r\nb\r\n", "SET|k|a\r\nb", "EOF"},
		{"*2\r\n$3\r\nGET\r\n$0\r\n\r\n", "GET|", "EOF"},
		{"*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n", "PING ECHO|hi", "EOF"},
		{"*2\r\n$4\r\nECHO\r\n$12288\r\n" + long + "\r\n*1\r\n$1\r\nX\r\n", "ECHO|" + long + " X", "EOF"},
		{"*0\r\n*-1\r\n\r\nPING\r\n", "PING", "EOF"},
		{"PING\n", "PING", "EOF"},
		{"  SET k  \"a \\\"b\\\" \\x41\\n\"\r\n", "SET|k|a \"b\" A\n", "EOF"},
		{"SET k 'it\\'s \\n' \"\"\r\n", "SET|k|it's \\n|", "EOF"},
		{"*1\r\n$4\r\nPI", "", "EOF"},

		{"*x\r\n", "", "ERR Protocol error: invalid multibulk length"},
		{"*1048577\r\n", "", "ERR Protocol error: invalid multibulk length"},
		{"*1\r\nPING\r\n", "", "ERR Protocol error: expected '$', got 'P'"},
		{"*1\r\n\r\n", "", "ERR Protocol error: expected '$', got ''"},
		{"*1\r\n$-1\r\n", "", "ERR Protocol error: invalid bulk length"},
		{"*1\r\n$67108865\r\n", "", "ERR Protocol error: invalid bulk length"},
		{"*1\r\n$1000000000000000000000\r\n", "", "ERR Protocol error: invalid bulk length"},
		{"SET k \"a\r\n", "", "ERR Protocol error: unbalanced quotes in request"},
		{"SET k \"a\"b\r\n", "", "ERR Protocol error: unbalanced quotes in request"},
		{strings.Repeat("x", maxLine+1), "", "ERR Protocol error: too big inline request"},
		{"*1\r\n$" + strings.Repeat("1", maxLine+1), "", "ERR Protocol error: too big bulk count string"},
		{"PING\r\n*x\r\n", "PING", "ERR Protocol error: invalid multibulk length"},
	} {
		for name, r := range map[string]io.Reader{
			"at once":      strings.NewReader(tc.text),
			"byte by byte": iotest.OneByteReader(strings.NewReader(tc.text)),
		} {
			commands, err := parse(r)
			if got := strings.Join(commands, " "); got != tc.want || err.Error() != tc.err {
				t.Errorf("%.80q, %s: %.80q, %v; want %.80q, %s", tc.text, name, got, err, tc.want, tc.err)
			}
		}
	}
}

// How the bytes come makes no difference, and no input makes the parser panic.
func FuzzParser(f *testing.F) {
	f.Add("*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n*1\r\n$4\r\nPING\r\n")
	f.Add("SET k \"a \\x41\" 'b'\r\n*0\r\n*1\r\n$-1\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		want, wantErr := parse(strings.NewReader(text))
		got, err := parse(iotest.OneByteReader(strings.NewReader(text)))
		if strings.Join(got, "\x00") != strings.Join(want, "\x00") || err.Error() != wantErr.Error() {
			t.Errorf("%q, %v byte by byte; %q, %v at once", got, err, want, wantErr)
		}
	})
}
