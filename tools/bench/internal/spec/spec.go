// Package spec provides the names of what is measured: a [Case] is one measurement, a [Sample] what a process that ran
// it found, and a [Plan] all the cases of a run.
package spec

import (
	"fmt"
	"slices"
	"strings"
)

// The contenders.
const (
	Moduvex    = "moduvex"
	Free       = "moduvex-free" // W8: goroutines over connections of compat/stdnet
	Goroutines = "goroutines"
	Ants       = "ants"
	Conc       = "conc"
	Pond       = "pond"
	Netpoll    = "netpoll"
	RawGo      = "epoll loop in Go"
	RawC       = "epoll loop in C"

	// W11.
	NetHTTP  = "net/http"
	Served   = "nethttp"       // compat/nethttp, whose handlers run on goroutines
	ServedCo = "nethttp-tasks" // compat/nethttp, whose handlers run in tasks
)

// The styles of this runtime's tasks, and the ways in which goroutines do the same.
const (
	Poll      = "poll"
	Direct    = "direct"
	Plain     = ""           // goroutines as one would write it; of this, ratios are made
	WaitGroup = "WaitGroup"  // W1, without results
	AfterFunc = "AfterFunc"  // W6, without goroutines
	Channel   = "channel"    // W9, a channel as the lock
	CtxOnly   = "no timer"   // W10, waiting for the context alone
	Empty     = "empty heap" // GC, with nothing alive
	TLS       = "TLS"        // W11, over TLS
)

// The modes with two workers.
const (
	Core   = "core"   // tasks stay; a root on each worker, which drives its share
	Steal  = "steal"  // tasks are stolen; one root
	Spread = "spread" // tasks stay, and those that talk to each other are on different workers
	// Drivers is a twin of Core: as many goroutines drive as there are processors.
	Drivers = "drivers"
)

// The workloads. GC is W7's tasks, parked, while the collector runs.
const (
	W1  = "W1"
	W2  = "W2"
	W3  = "W3"
	W4  = "W4"
	W5  = "W5"
	W6  = "W6"
	W7  = "W7"
	W8  = "W8"
	W9  = "W9"
	W10 = "W10"
	W11 = "W11"
	GC  = "GC"
)

// The parts of W11.
const (
	Idle  = "idle"  // connections that wait after one request: their memory
	Load  = "load"  // wrk, a closed loop
	Mixed = "mixed" // half of many connections send a request now and then
)

// A Case is one measurement: it is comparable, and goes to the process that runs it as JSON.
type Case struct {
	Workload  string
	Part      string `json:",omitempty"` // of W11
	Contender string
	Style     string `json:",omitempty"`
	Workers   int    // of the runtime, and GOMAXPROCS
	Mode      string `json:",omitempty"`

	// Live is how many tasks, pairs, producers or connections there are at a time.
	Live int
	// Units is how many operations there are in all: what the cost is divided by. 0 is as many as there are in a span.
	Units int
	// SpanMs is the longest sleep of W6, and the time of W11's requests, in milliseconds.
	SpanMs int `json:",omitempty"`
	// Pinned gives the server of W8 and W11 one core and the load another.
	Pinned bool `json:",omitempty"`
}

// Who is the contender, its style and its mode, without the workers.
func (c Case) Who() string {
	parts := []string{c.Contender}
	for _, p := range []string{c.Style, c.Mode} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, " ")
}

// String names the case, for people and for -run.
func (c Case) String() string {
	s := c.Workload
	if c.Part != "" {
		s += "/" + c.Part
	}
	s = fmt.Sprintf("%s/%s/%d", s, strings.ReplaceAll(c.Who(), " ", "-"), c.Workers)
	if c.Pinned {
		s += "/pinned"
	}
	if c.Part == Load {
		return fmt.Sprintf("%s/%dx%dms", s, c.Live, c.SpanMs)
	}
	return fmt.Sprintf("%s/%dx%d", s, c.Live, c.Units)
}

// IsOurs says that the contender is this runtime as its users get it, which has targets.
func (c Case) IsOurs() bool {
	return c.Contender == Moduvex || c.Contender == Served || c.Contender == ServedCo
}

// Variant tells cases of one workload apart that are not comparable with each other: the contenders
// of a variant are shown in one table. It is "" where a workload has one only.
func (c Case) Variant() string {
	where := "free"
	if c.Pinned {
		where = "one core"
	}
	switch {
	case c.Workload == W11 && c.Part != Load:
		return fmt.Sprintf("%d connections, %s", c.Live, c.Part)
	case c.Workload == W8 || c.Workload == W11:
		return fmt.Sprintf("%d connections, %s", c.Live, where)
	}
	return ""
}

// spreadLess is how much less W3 and W9 have to do when a message or a lock may wake another worker, which takes microseconds.
const spreadLess = 20

func (c Case) isLess() bool { return c.Mode == Spread && (c.Workload == W3 || c.Workload == W9) }

// Twin is the goroutine case that ratios of c are made of; that of W11 is net/http.
func (c Case) Twin() Case {
	t := c
	if c.Workload == W11 {
		t.Contender = NetHTTP
		return t
	}
	t.Contender, t.Style, t.Mode = Goroutines, Plain, ""
	if c.Workload == W8 && !c.Pinned {
		t.Workers = 2 // a bare loop has one thread, wherever it runs
	}
	if c.isLess() {
		t.Units *= spreadLess
	}
	return t
}

// Twins are the goroutine cases of which the quicker is what ratios of c are made of. Where c has a root on
// each worker, goroutines may have as many drivers too, or the one that they usually have.
func (c Case) Twins() []Case {
	t := c.Twin()
	if !c.hasDrivers() {
		return []Case{t}
	}
	many := t
	many.Mode = Drivers
	return []Case{t, many}
}

// Bare is the epoll loop in Go that c, a case of W8, is compared with.
func (c Case) Bare() Case {
	return Case{Workload: c.Workload, Contender: RawGo, Workers: 1, Live: c.Live, Units: c.Units, Pinned: c.Pinned}
}

func (c Case) hasDrivers() bool {
	return c.Mode == Core && c.Workers > 1 && slices.Contains([]string{W1, W7, W10}, c.Workload)
}

// A Sample is what one process found, by the names of metrics.
type Sample map[string]float64

// The metrics. All but Rate are better when lower.
const (
	Ns         = "ns"          // wall time per unit
	CPUNs      = "cpu_ns"      // processor time per unit; W8, W11: of the server
	Allocs     = "allocs"      // per unit
	AllocBytes = "alloc_bytes" // per unit
	RSS        = "rss_mb"      // resident at the peak, MB; W8: the server's, when idle
	BeyondMs   = "beyond_ms"   // W6: wall time beyond the longest sleep
	CPUSeconds = "cpu_s"       // W6: of the whole
	LateMs     = "late_p99_ms" // W6: 99 of 100 sleepers were no later
	TaskBytes  = "bytes"       // W7, GC: resident per parked task; W8, W11: per idle connection
	HeapBytes  = "heap_bytes"  // W11: heap and stacks in use per idle connection
	GoCount    = "goroutines"  // W11: of the server
	ParkedPart = "parked"      // W11: connections that the server reports as parked, in per cent
	Rate       = "rate"        // W8, W11: requests per second
	P50Us      = "p50_us"      // W8, W11: latency
	LoadNs     = "load_cpu_ns" // W8, W11: processor time of the load per request
	LoadBusy   = "load_busy"   // W8, W11: the load's processor time in per cent of the time
	ServerBusy = "server_busy" // W8, W11: the same of the server
	P99Us      = "p99_us"
	P999Us     = "p999_us"
	GCWallMs   = "gc_ms"          // GC: of a cycle, by the clock
	GCCPUMs    = "gc_cpu_ms"      // GC: of a cycle, marking, on all processors
	PauseUs    = "gc_pause_us"    // GC: the longest pause
	Collects   = "gc_collections" // GC: how many cycles were measured
)

// Paired after the name of a metric is its ratio to the twin's, of measurements that alternate every other second within one
// sample. It is steadier than the ratio of two samples.
const Paired = "/twin"

// Primary is the metric that the workload of c, or its part, is about.
func Primary(c Case) string {
	switch c.Workload {
	case W6:
		return CPUSeconds
	case W8:
		return CPUNs
	case W11:
		if c.Part == Idle {
			return TaskBytes
		}
		return CPUNs
	case GC:
		return GCCPUMs
	}
	return Ns
}
