package report

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// The marks around the part of a README that [Report.Readme] writes.
const (
	readmeBegin = "<!-- bench: begin; make bench-readme writes what follows -->"
	readmeEnd   = "<!-- bench: end -->"
)

// ErrNoMarks is the error of Readme for a text without the marks.
var ErrNoMarks = errors.New("report: no lines " + readmeBegin + " and " + readmeEnd)

// Readme returns text with the summary of r between the marks.
func (r *Report) Readme(text string) (string, error) {
	before, rest, ok := strings.Cut(text, readmeBegin)
	_, after, ok2 := strings.Cut(rest, readmeEnd)
	if !ok || !ok2 {
		return "", ErrNoMarks
	}
	return before + readmeBegin + "\n" + r.Fragment() + readmeEnd + after, nil
}

// Fragment is the summary for a README.
func (r *Report) Fragment() string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%v; medians, rounds: %d. A pair of figures is one worker / two. With two workers the best\nof the modes is shown, and of the ways in which goroutines do it too.\n\n", r.Machine, r.Rounds)
	t := table{heads: []string{"workload", "unit", "goroutines", "best other", "poll style", "direct style"}, left: 2}
	for _, w := range workloads {
		if w.name == spec.W8 || w.name == spec.W11 || w.name == spec.GC || len(r.main(w.name)) == 0 {
			continue
		}
		title, _, _ := strings.Cut(w.title, ":")
		for i, col := range columns(w.name) {
			if i > 0 && !(w.name == spec.W6 && col.metric != spec.CPUSeconds) && !(w.name == spec.W7 && col.metric == spec.TaskBytes) {
				continue
			}
			t.rows = append(t.rows, []string{
				w.name + " " + title, col.head,
				r.best(w.name, col, func(c spec.Case) bool { return c.Contender == spec.Goroutines && c.Style == spec.Plain }),
				r.best(w.name, col, func(c spec.Case) bool { return c.Contender != spec.Goroutines && c.Contender != spec.Moduvex }),
				r.best(w.name, col, func(c spec.Case) bool { return c.Contender == spec.Moduvex && c.Style == spec.Poll }),
				r.best(w.name, col, func(c spec.Case) bool { return c.Contender == spec.Moduvex && c.Style == spec.Direct }),
			})
		}
	}
	t.write(&b)
	r.fragmentEcho(&b)
	r.writeWeb(&b)
	r.fragmentLosses(&b)
	return b.String()
}

// best returns the least of a figure for one worker and for two.
func (r *Report) best(workload string, col column, of func(spec.Case) bool) string {
	var parts []string
	for _, workers := range []int{1, 2} {
		least, found := 0.0, false
		for _, c := range r.main(workload) {
			if s, ok := r.summary(c, col.metric); ok && c.Workers == workers && of(c) && (!found || s.Median < least) {
				least, found = s.Median, true
			}
		}
		if found {
			parts = append(parts, number(least*col.factor))
		}
	}
	return strings.Join(parts, " / ")
}

// fragmentEcho is the echo server on one core.
func (r *Report) fragmentEcho(b *bytes.Buffer) {
	t := table{heads: []string{"W8 TCP echo on one core", "figure"}, left: 2}
	var whos []string
	var sizes []int
	figures := map[string]spec.Case{}
	for _, c := range r.main(spec.W8) {
		if !c.Pinned {
			continue
		}
		if !slices.Contains(whos, c.Who()) {
			whos = append(whos, c.Who())
		}
		if !slices.Contains(sizes, c.Live) {
			sizes = append(sizes, c.Live)
		}
		figures[fmt.Sprint(c.Who(), c.Live)] = c
	}
	if len(sizes) == 0 {
		return
	}
	t.heads = append(t.heads, whos...)
	for i, n := range sizes {
		cols := []column{head(spec.W8, spec.CPUNs), head(spec.W8, spec.Rate), head(spec.W8, spec.P99Us)}
		if i == len(sizes)-1 {
			cols = append(cols, head(spec.W8, spec.TaskBytes))
		}
		for _, col := range cols {
			row := []string{thousands(fmt.Sprint(n)) + " connections", col.head}
			for _, who := range whos {
				cell := ""
				if s, ok := r.summary(figures[fmt.Sprint(who, n)], col.metric); ok {
					cell = number(s.Median * col.factor)
				}
				row = append(row, cell)
			}
			t.rows = append(t.rows, row)
		}
	}
	b.WriteByte('\n')
	t.write(b)
}

// fragmentLosses says where goroutines win, a line for each workload.
func (r *Report) fragmentLosses(b *bytes.Buffer) {
	var names []string
	lost := map[string][]string{}
	for _, w := range workloads {
		for _, c := range r.main(w.name) {
			ratio, ok := r.ratio(c, c.Twins(), spec.Primary(c))
			if !c.IsOurs() || !ok || ratio.Median <= 1 {
				continue
			}
			name := w.name
			if v := c.Variant(); v != "" {
				name += " with " + v
			}
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
			lost[name] = append(lost[name], fmt.Sprintf("%s %d (%sx)", strings.TrimPrefix(c.Who(), spec.Moduvex+" "), c.Workers, number(ratio.Median)))
		}
	}
	if len(names) == 0 {
		b.WriteString("\nGoroutines win in none of these.\n")
		return
	}
	b.WriteString("\nWhere goroutines win, by the first figure of each workload, with the style, the mode and the number of workers:\n\n")
	for _, name := range names {
		fmt.Fprintf(b, "- %s: %s\n", name, strings.Join(lost[name], ", "))
	}
}
