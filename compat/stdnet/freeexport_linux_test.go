package stdnet

// Splices reports whether the system moves the bytes of x, or to it, in a copy.
func Splices(x any) bool {
	_, ok := endOf(x)
	return ok
}
