package report

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// webTargets are those of W11, whose cases have no mode. Those under wrk are for a server with a core of its own: one that
// shares the processors with wrk has ratios that differ from run to run.
func webTargets() (ts []target) {
	add := func(contender, style, part, metric string, bound float64) {
		ts = append(ts, target{workload: spec.W11, contender: contender, style: style, part: part, metric: metric,
			to: twins, toName: spec.NetHTTP, bound: bound, pinned: part == spec.Load})
	}
	plain := func(contender string, bound float64) {
		ts = append(ts, target{workload: spec.W11, contender: contender, part: spec.Idle, metric: spec.TaskBytes, bound: bound})
	}
	add(spec.Served, "", spec.Idle, spec.TaskBytes, 1./12)
	plain(spec.Served, 1400)
	plain(spec.ServedCo, 500)
	add(spec.Served, spec.TLS, spec.Idle, spec.TaskBytes, 1/2.5)
	for _, contender := range []string{spec.Served, spec.ServedCo} {
		cpu := 1.
		if contender == spec.ServedCo {
			cpu = 0.85
		}
		add(contender, "", spec.Load, spec.CPUNs, cpu)
		add(contender, "", spec.Load, spec.P99Us, 1)
		add(contender, "", spec.Mixed, spec.CPUNs, 1)
	}
	return ts
}

// webServers are the columns of W11's table, and ratios are to the first.
var webServers = []string{spec.NetHTTP, spec.Served, spec.ServedCo}

// writeWeb writes one table of all parts of W11, if there are any, with the ratios of each figure to that of net/http.
func (r *Report) writeWeb(b *bytes.Buffer) {
	t := table{heads: []string{"W11 HTTP keep-alive", "figure"}, left: 2}
	for i, server := range webServers {
		if t.heads = append(t.heads, server); i > 0 {
			t.heads = append(t.heads, "ratio")
		}
	}
	var seen []spec.Case
	for _, c := range r.main(spec.W11) {
		twin := c.Twin()
		if slices.Contains(seen, twin) {
			continue
		}
		seen = append(seen, twin)
		for _, metric := range webMetrics(c) {
			t.rows = append(t.rows, r.webRow(twin, head(spec.W11, metric)))
		}
	}
	if len(t.rows) > 0 {
		b.WriteByte('\n')
		t.write(b)
	}
}

// webMetrics are the rows of a case: what its part is about first.
func webMetrics(c spec.Case) []string {
	switch c.Part {
	case spec.Load:
		return []string{spec.CPUNs, spec.Rate, spec.P50Us, spec.P99Us}
	case spec.Mixed:
		return []string{spec.CPUNs, spec.P99Us, spec.GoCount}
	}
	return []string{spec.TaskBytes, spec.HeapBytes, spec.GoCount}
}

// webRow is a figure of all servers, of which twin is net/http.
func (r *Report) webRow(twin spec.Case, col column) []string {
	row := []string{webName(twin), col.head}
	for i, server := range webServers {
		c := twin
		c.Contender = server
		cell := ""
		if s, ok := r.summary(c, col.metric); ok {
			cell = number(s.Median * col.factor)
		}
		if row = append(row, cell); i == 0 {
			continue
		}
		cell = ""
		if s, ok := r.ratio(c, c.Twins(), col.metric); ok {
			cell = number(s.Median) + "x"
		}
		row = append(row, cell)
	}
	return row
}

// webName says in words what a case is.
func webName(c spec.Case) string {
	n := thousands(strconv.Itoa(c.Live))
	switch {
	case c.Part == spec.Idle && c.Style == spec.TLS:
		return n + " idle, TLS"
	case c.Part == spec.Idle:
		return n + " idle"
	case c.Part == spec.Mixed:
		return n + ", half of them a request in " + number(float64(c.SpanMs)/1e3*float64(c.Live/2)/float64(max(1, c.Units))) + " s"
	case c.Pinned:
		return "wrk with " + n + ", one core"
	}
	return "wrk with " + n + ", two workers"
}
