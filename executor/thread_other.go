//go:build !linux

package executor

import "errors"

const canBind = false

func bindTo([]int) error { return errors.ErrUnsupported }
