//go:build unix && !(linux || freebsd || netbsd || openbsd || dragonfly)

package stdnet

// cloexec is 0: received descriptors are marked afterwards.
const cloexec = 0
