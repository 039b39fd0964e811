package exchange

import (
	"net/http"
	"net/textproto"
	"slices"
	"strings"
)

// fields are the lines of a header as they were at one moment, sorted by name. The memory is used again for the next
// response.
type fields struct {
	list   []field
	values []string // of all fields
}

type field struct {
	name   string
	values []string
	out    bool // it is not sent
}

// take copies h.
func (f *fields) take(h http.Header) {
	f.reset()
	for name, values := range h {
		from := len(f.values)
		f.values = append(f.values, values...)
		f.list = append(f.list, field{name: name, values: f.values[from:len(f.values):len(f.values)]})
	}
	if len(f.list) > 1 {
		slices.SortFunc(f.list, func(a, b field) int { return strings.Compare(a.name, b.name) })
	}
}

// mostKept bounds the fields and values that reset keeps memory for. Nearly all responses have fewer.
const mostKept = 64

// reset forgets everything.
func (f *fields) reset() {
	if cap(f.list) > mostKept || cap(f.values) > mostKept {
		*f = fields{}
	}
	clear(f.list)
	clear(f.values)
	f.list, f.values = f.list[:0], f.values[:0]
}

// find returns the field with a name, or nil.
func (f *fields) find(name string) *field {
	for i := range f.list {
		if x := &f.list[i]; x.name == name && !x.out {
			return x
		}
	}
	return nil
}

// has reports whether there is a field, be it without a value.
func (f *fields) has(name string) bool { return f.find(name) != nil }

// first returns the first value of a field, or "".
func (f *fields) first(name string) string {
	if x := f.find(name); x != nil && len(x.values) > 0 {
		return x.values[0]
	}
	return ""
}

func (f *fields) remove(name string) {
	if x := f.find(name); x != nil {
		x.out = true
	}
}

// newlinesToSpaces keeps a value from ending its line.
var newlinesToSpaces = strings.NewReplacer("\n", " ", "\r", " ")

// append appends the lines. It leaves out those whose name is invalid.
func (f *fields) append(b []byte) []byte {
	for i := range f.list {
		if x := &f.list[i]; !x.out && validName(x.name) {
			for _, v := range x.values {
				if strings.ContainsAny(v, "\r\n") {
					v = newlinesToSpaces.Replace(v)
				}
				b = appendLine(b, x.name, textproto.TrimString(v))
			}
		}
	}
	return b
}

func appendLine(b []byte, name, value string) []byte {
	b = append(b, name...)
	b = append(b, ": "...)
	b = append(b, value...)
	return append(b, "\r\n"...)
}

// lists reports whether a field has a token among values that commas separate.
func (f *fields) lists(name, token string) bool {
	x := f.find(name)
	return x != nil && hasListToken(x.values, token)
}
