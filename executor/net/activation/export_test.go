package activation

// Read returns the names of the descriptors that the variables describe.
func Read(variables map[string]string) ([]string, error) {
	return read(func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	})
}
