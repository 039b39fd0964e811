package echo

import "time"

// Histogram is a histogram for tests.
type Histogram struct{ h histogram }

func (h *Histogram) Add(d time.Duration)              { h.h.add(d) }
func (h *Histogram) Quantile(q float64) time.Duration { return h.h.quantile(q) }
func Bucket(v uint64) int                             { return bucket(v) }
func Bound(i int) time.Duration                       { return bound(i) }
