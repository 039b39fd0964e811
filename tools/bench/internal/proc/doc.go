// Package proc provides what measurements need of the operating system: processor time and memory of the
// process itself, the processors that a child may use, and room for descriptors. If a system does not
// report a value, functions return errors that wrap errors.ErrUnsupported, or a figure that is less
// than 0.
package proc
