//go:build dragonfly || netbsd || openbsd

package sys

import "errors"

// PeerCredentials cannot be had without cgo here.
func PeerCredentials(int) (Credentials, error) { return Credentials{}, errors.ErrUnsupported }
