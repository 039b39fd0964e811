package main

import (
	"strconv"
	"strings"
)

// A reply is what a command, or a part of one, returns to its client.
type reply struct {
	kind kind
	text string // of simple, failure and bulk
	n    int64  // of integer
}

type kind byte

const (
	null    kind = iota // a value that there is not
	simple              // a word such as OK
	failure             // an error
	integer
	bulk // a value
)

var ok = reply{kind: simple, text: "OK"}

func value(s string) reply     { return reply{kind: bulk, text: s} }
func number(n int64) reply     { return reply{kind: integer, n: n} }
func failed(text string) reply { return reply{kind: failure, text: text} }

// oneLine keeps what a client has sent from ending the line of an error that quotes it.
var oneLine = strings.NewReplacer("\r", " ", "\n", " ")

// append appends the reply as the protocol has it.
func (r reply) append(b []byte) []byte {
	switch r.kind {
	case simple:
		b = append(append(b, '+'), r.text...)
	case failure:
		b = append(append(b, '-'), oneLine.Replace(r.text)...)
	case integer:
		b = strconv.AppendInt(append(b, ':'), r.n, 10)
	case bulk:
		b = strconv.AppendInt(append(b, '$'), int64(len(r.text)), 10)
		b = append(append(b, "\r\n"...), r.text...)
	default:
		b = append(b, "$-1"...)
	}
	return append(b, "\r\n"...)
}

// appendArray appends the head of an array, whose n replies follow.
func appendArray(b []byte, n int) []byte {
	return append(strconv.AppendInt(append(b, '*'), int64(n), 10), "\r\n"...)
}
