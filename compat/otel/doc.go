// Package otel provides the metrics of runtimes as instruments of go.opentelemetry.io/otel.
package otel
