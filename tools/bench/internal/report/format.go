package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
	"github.com/moduvex/moduvex-go/tools/bench/internal/stats"
)

// workloads are all, in the order of a report, with a title and what a unit is.
var workloads = []struct{ name, title string }{
	{spec.W1, "spawn and join: 1,000 tasks with a typed result, joined, again and again; per task"},
	{spec.W2, "yield: 1,000 tasks; per yield"},
	{spec.W3, "ping-pong: two tasks, two channels of capacity one; per round trip"},
	{spec.W4, "chained spawn: each task spawns the next; per task"},
	{spec.W5, "mpsc: 4 producers, a channel of 1,024, one consumer; per message"},
	{spec.W6, "timers: tasks that sleep, all spawned at once"},
	{spec.W7, "parked tasks: memory of each; waking and joining all, per task"},
	{spec.W8, "TCP echo, 64 bytes, closed loop, one request in flight per connection"},
	{spec.W9, "mutex: 8 tasks that lock, add, unlock; per lock"},
	{spec.W10, "abort: tasks that sleep for ever, aborted and joined; per task"},
	{spec.W11, "HTTP keep-alive connections: net/http and compat/nethttp"},
	{spec.GC, "garbage collection with parked tasks; per collection"},
}

// A column shows a metric.
type column struct {
	metric, head string
	factor       float64 // from the metric to what is shown
}

// columns are those of a workload's table; the first is what the workload is about.
func columns(workload string) []column {
	memory := column{spec.RSS, "peak RSS MB", 1}
	switch workload {
	case spec.W6:
		return []column{{spec.CPUSeconds, "CPU s", 1}, {spec.BeyondMs, "ms beyond the longest sleep", 1},
			{spec.LateMs, "p99 late ms", 1}, memory}
	case spec.W7:
		return []column{{spec.Ns, "ns", 1}, {spec.CPUNs, "CPU ns", 1}, {spec.TaskBytes, "resident B per task", 1}, memory}
	case spec.W8:
		return []column{{spec.CPUNs, "server CPU s per million", 1e-3}, {spec.Rate, "requests/s", 1}, {spec.P50Us, "p50 µs", 1},
			{spec.P99Us, "p99 µs", 1}, {spec.P999Us, "p99.9 µs", 1}, {spec.TaskBytes, "B per idle connection", 1},
			{spec.RSS, "idle RSS MB", 1}, {spec.LoadNs, "load CPU s per million", 1e-3},
			{spec.ServerBusy, "server busy %", 1}, {spec.LoadBusy, "load busy %", 1}}
	case spec.W11:
		return []column{{spec.TaskBytes, "B per idle connection", 1}, {spec.HeapBytes, "heap and stacks B per connection", 1},
			{spec.CPUNs, "server CPU s per million", 1e-3}, {spec.Rate, "requests/s", 1}, {spec.P50Us, "p50 µs", 1},
			{spec.P99Us, "p99 µs", 1}, {spec.GoCount, "goroutines", 1}, {spec.ParkedPart, "parked %", 1}, {spec.RSS, "idle RSS MB", 1},
			{spec.LoadNs, "load CPU s per million", 1e-3}, {spec.ServerBusy, "server busy %", 1}, {spec.LoadBusy, "load busy %", 1}}
	case spec.GC:
		return []column{{spec.GCCPUMs, "CPU ms", 1}, {spec.GCWallMs, "wall ms", 1}, {spec.PauseUs, "longest pause µs", 1},
			{spec.TaskBytes, "resident B per task", 1}}
	}
	return []column{{spec.Ns, "ns", 1}, {spec.CPUNs, "CPU ns", 1}, {spec.Allocs, "allocs", 1}, {spec.AllocBytes, "B allocated", 1}, memory}
}

// head returns how a metric is called in a workload's table.
func head(workload, metric string) column {
	for _, c := range columns(workload) {
		if c.metric == metric {
			return c
		}
	}
	if metric == spec.CPUNs {
		return column{metric, "CPU ns", 1}
	}
	return column{metric, metric, 1}
}

// number writes v with three digits, or all that it has before the point.
func number(v float64) string {
	switch {
	case v == 0 || math.IsNaN(v) || math.IsInf(v, 0):
		return strconv.FormatFloat(v, 'g', -1, 64)
	case math.Abs(v) >= 100:
		return thousands(strconv.FormatFloat(v, 'f', 0, 64))
	case math.Abs(v) < 0.001:
		return "0"
	}
	digits := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	s := strconv.FormatFloat(v, 'f', min(max(digits, 0), 3), 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// thousands puts commas into a number without a point.
func thousands(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// span writes a summary: the median, and how far the rounds lie apart.
func span(s stats.Summary, factor float64, unit string) string {
	text := number(s.Median*factor) + unit
	if s.Min != s.Max {
		text += fmt.Sprintf(" (%s–%s)", number(s.Min*factor), number(s.Max*factor))
	}
	return text
}
