package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// WriteFigures writes a line for each target that does not depend on the size of the plan: a name, the figure, its bound,
// and ok or miss; a rate that is not the server's is marked. Such a target is a ratio to a case that was measured in the same
// rounds, or the time or memory of one task. A name has the workload, the style, the number of workers, with two of them the
// mode, the number of connections, and the metric if it is not a ratio of times.
func (r *Report) WriteFigures(to io.Writer) error {
	for _, v := range r.verdicts() {
		if v.to == nil && v.metric != spec.TaskBytes && v.metric != spec.Ns {
			continue
		}
		relation, said := "<=", "ok"
		if v.atLeast {
			relation = ">="
		}
		if !v.ok {
			said = "miss"
		}
		if v.limit != "" {
			said += ", " + v.limit
		}
		if _, err := fmt.Fprintf(to, "%-26s %8.3g %s %-6.3g %s\n", v.name(), v.value.Median, relation, v.bound, said); err != nil {
			return err
		}
	}
	return nil
}

// name is the name of a figure, such as W7.poll.2.core.bytes, W8.direct.1.1000.cpu_ns or
// W11.idle.nethttp.TLS.2.bytes.ratio.
func (v verdict) name() string {
	parts := []string{v.c.Workload, v.c.Style, strconv.Itoa(v.c.Workers)}
	if v.workload == spec.W11 {
		parts = slices.DeleteFunc([]string{v.c.Workload, v.c.Part, v.c.Contender, v.c.Style, strconv.Itoa(v.c.Workers)},
			func(p string) bool { return p == "" })
	}
	if v.c.Mode != "" {
		parts = append(parts, v.c.Mode)
	}
	if v.workload == spec.W8 || v.c.Part == spec.Load {
		parts = append(parts, strconv.Itoa(v.c.Live))
	}
	if v.metric != spec.Ns || v.to == nil {
		parts = append(parts, v.metric)
	}
	if v.workload == spec.W11 && v.to != nil {
		parts = append(parts, "ratio")
	}
	return strings.Join(parts, ".")
}
