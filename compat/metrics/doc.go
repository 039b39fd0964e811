// Package metrics provides the metrics of a runtime in terms of the standard library.
package metrics
