//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package kqueue

import "golang.org/x/sys/unix"

// verdict is what the kernel's errors for a plan mean.
type verdict struct {
	have  configs       // the filters that the kernel has; if err is not nil, those that it may have
	ended [filters]bool // the filters that it refused since the other end of a pipe is gone
	err   error         // why the change has failed as a whole, or nil
}

// judge computes the verdict on the changes of list, which lead to want; errs has an error or nil for each.
//
//	| change                   | error                     | meaning                                               |
//	| any                      | nil                       | made                                                  |
//	| delete                   | ENOENT                    | made: the kernel has deleted the filter itself        |
//	| add                      | EPIPE                     | not installed; the end of the pipe is to be reported  |
//	| add of a guard or except | that of an unsuited file  | not installed: the file has no such filter            |
//	| any                      | another                   | the change fails as a whole                           |
//
// A change that would leave no filter fails too, with the first error of its additions: nothing would ever be reported.
func judge(list []change, errs []error, want configs) verdict {
	v := verdict{have: want}
	watched := false
	var refusal error // the first of an addition
	for i, c := range list {
		err := errs[i]
		add := c.action != evDelete
		if add && err != nil && refusal == nil {
			refusal = err
		}
		switch {
		case err == nil:
			watched = watched || add
		case !add && err == unix.ENOENT:
		case add && err == unix.EPIPE:
			v.have[c.f], v.ended[c.f] = config{}, true
			watched = true
		case add && (c.guard || c.f == except) && isUnsuited(err):
			v.have[c.f] = config{}
		case v.err == nil:
			v.err = err
		}
	}
	if v.err == nil && !watched {
		v.err = refusal
	}
	return v
}

// isUnsuited reports whether err says that a kind of file has no such filter.
func isUnsuited(err error) bool {
	switch err {
	case unix.EINVAL, unix.ENODEV, unix.ENXIO, unix.ENOTTY, unix.EOPNOTSUPP, unix.EPERM, unix.EACCES:
		return true
	}
	return err == unix.ENOTSUP // equal to EOPNOTSUPP on some of these systems
}
