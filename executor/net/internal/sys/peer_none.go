//go:build dragonfly || netbsd || openbsd

package sys

import "errors"

// PeerCredentials fails: on this system it needs cgo.
func PeerCredentials(int) (Credentials, error) { return Credentials{}, errors.ErrUnsupported }
