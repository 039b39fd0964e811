package executor

// ModulePath is what the paths of all packages of this project begin with.
const ModulePath = modulePath

// PlaceOfPanic is the place that the log has of a panic with this stack.
func PlaceOfPanic(stack string) string { return placeIn(afterPanic([]byte(stack))) }
