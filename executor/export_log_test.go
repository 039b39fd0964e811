package executor

// ModulePath is what the paths of all packages of this project begin with.
const ModulePath = modulePath

// PlaceOfPanic is the place that the log has of a panic with this stack, in a program of this module.
func PlaceOfPanic(stack, module string) string { return placeIn(afterPanic([]byte(stack)), module) }
