// Package prometheus provides the metrics of runtimes as a collector for github.com/prometheus/client_golang.
package prometheus
