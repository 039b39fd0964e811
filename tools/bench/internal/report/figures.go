package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// WriteFigures writes a line for each target that does not depend on the size of the plan: a name, the figure, its bound,
// and ok or miss. Such a target is a ratio to the goroutine twin, which was measured in the same rounds, or the memory of a
// parked task. A name has the workload, the style, the number of workers, with two of them the mode, and the metric if it
// is not the time.
func (r *Report) WriteFigures(to io.Writer) error {
	for _, v := range r.verdicts() {
		if v.to == nil && v.metric != spec.TaskBytes {
			continue
		}
		relation, said := "<=", "ok"
		if v.atLeast {
			relation = ">="
		}
		if !v.ok {
			said = "miss"
		}
		if _, err := fmt.Fprintf(to, "%-26s %8.3g %s %-6.3g %s\n", v.name(), v.value.Median, relation, v.bound, said); err != nil {
			return err
		}
	}
	return nil
}

// name is the name of a figure, such as W7.poll.2.core.bytes.
func (v verdict) name() string {
	parts := []string{v.c.Workload, v.c.Style, strconv.Itoa(v.c.Workers)}
	if v.c.Mode != "" {
		parts = append(parts, v.c.Mode)
	}
	if v.metric != spec.Ns {
		parts = append(parts, v.metric)
	}
	return strings.Join(parts, ".")
}
