//go:build !linux

package stdnet

import "io"

func spliceFrom(*conn, io.Reader) (n int64, handled bool, err error) { return 0, false, nil }
func spliceTo(*conn, io.Writer) (n int64, handled bool, err error)   { return 0, false, nil }
