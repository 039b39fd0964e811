package main

import "strconv"

const unbalanced = protocolError("unbalanced quotes in request")

// splitInline splits a line into words. A word may be in quotes: with escapes in double ones, as it is in single ones.
func splitInline(line []byte) (words [][]byte, err error) {
	for {
		for len(line) > 0 && isSpace(line[0]) {
			line = line[1:]
		}
		if len(line) == 0 {
			return words, nil
		}
		var word []byte
		if word, line, err = splitWord(line); err != nil {
			return nil, err
		}
		words = append(words, word)
	}
}

// splitWord returns the first word of a line, which does not begin with a blank, and what follows it.
func splitWord(line []byte) (word, rest []byte, err error) {
	word = []byte{}
	for len(line) > 0 && !isSpace(line[0]) {
		if q := line[0]; q != '"' && q != '\'' {
			word, line = append(word, q), line[1:]
			continue
		}
		if word, line, err = unquote(word, line[1:], line[0]); err != nil {
			return nil, nil, err
		}
		if len(line) > 0 && !isSpace(line[0]) {
			return nil, nil, unbalanced // text right behind a quote
		}
	}
	return word, line, nil
}

// unquote appends to word what is in quotes at the beginning of line, whose opening quote is gone.
func unquote(word, line []byte, quote byte) (quoted, rest []byte, err error) {
	for len(line) > 0 {
		c := line[0]
		switch {
		case c == quote:
			return word, line[1:], nil
		case c != '\\' || len(line) < 2:
		case quote == '\'':
			if line[1] == '\'' {
				c, line = '\'', line[1:]
			}
		default:
			if b, n := escape(line[1:]); n > 0 {
				c, line = b, line[n:]
			}
		}
		word, line = append(word, c), line[1:]
	}
	return nil, nil, unbalanced
}

// escape returns the byte that an escape denotes, and how many bytes follow its backslash.
func escape(s []byte) (b byte, n int) {
	switch s[0] {
	case 'n':
		return '\n', 1
	case 'r':
		return '\r', 1
	case 't':
		return '\t', 1
	case 'b':
		return '\b', 1
	case 'a':
		return '\a', 1
	case 'x':
		if len(s) >= 3 {
			if v, err := strconv.ParseUint(string(s[1:3]), 16, 8); err == nil {
				return byte(v), 3
			}
		}
	}
	return s[0], 1
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }
