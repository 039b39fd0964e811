//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package kqueue

// FDs returns p's descriptors.
func (p *Poller) FDs() []int {
	if p.rd < 0 {
		return []int{p.kq}
	}
	return []int{p.kq, p.rd, p.wr}
}
