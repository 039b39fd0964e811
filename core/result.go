package core

// A Result is the output of a future that can fail: a value, or the error that says why there is
// none. A value beside an error is valid only where the documentation of the future says so.
type Result[T any] struct {
	Value T
	Err   error
}

// Get returns the value and the error, for a caller that returns both or checks the error first.
func (r Result[T]) Get() (T, error) { return r.Value, r.Err }
