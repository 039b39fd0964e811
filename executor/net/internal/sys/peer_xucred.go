//go:build darwin || freebsd

package sys

import "golang.org/x/sys/unix"

// PeerCredentials returns those of the process that connected or listened, at that time. The number of the process is
// known on Darwin only.
func PeerCredentials(fd int) (Credentials, error) {
	u, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return Credentials{}, err
	}
	c := Credentials{PID: peerPID(fd), UID: int(u.Uid)}
	if u.Ngroups > 0 {
		c.GID = int(u.Groups[0])
	}
	return c, nil
}
