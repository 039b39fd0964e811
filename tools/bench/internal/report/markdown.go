package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// WriteMarkdown writes the tables.
func (r *Report) WriteMarkdown(to io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Benchmarks\n\n%v. Rounds: %d.\n\n", r.Machine, r.Rounds)
	b.WriteString("Shown are medians over the rounds and, in brackets, the least and the most. Each measurement is a\n" +
		"process of its own; contenders alternate within a round. Ratios are made round by round, to goroutines\n" +
		"with the same GOMAXPROCS; where each worker has a root of its own (core), to the quicker of one driving\n" +
		"goroutine and as many as there are processors.\n")
	if r.Small {
		b.WriteString("\nThis run was small: it shows that everything works, and its figures mean nothing.\n")
	}
	r.writeTargets(&b)
	for _, w := range workloads {
		r.writeWorkload(&b, w.name, w.title)
	}
	r.writeGrowth(&b)
	_, err := to.Write(b.Bytes())
	return err
}

func (r *Report) writeWorkload(b *bytes.Buffer, workload, title string) {
	cases := r.main(workload)
	if len(cases) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## %s, %s\n", workload, title)
	if workload == spec.W11 {
		r.writeWeb(b)
	}
	for len(cases) > 0 {
		variant := cases[0].Variant()
		n := 0
		for n < len(cases) && cases[n].Variant() == variant {
			n++
		}
		if b.WriteByte('\n'); variant != "" {
			fmt.Fprintf(b, "### %s\n\n", variant)
		}
		r.writeCases(b, workload, cases[:n])
		r.writeLimits(b, cases[:n])
		cases = cases[n:]
	}
}

func (r *Report) writeCases(b *bytes.Buffer, workload string, cases []spec.Case) {
	cols := slices.DeleteFunc(columns(workload), func(col column) bool { // which no case has
		return !slices.ContainsFunc(cases, func(c spec.Case) bool { return r.values(c, col.metric) != nil })
	})
	heads := []string{"contender", "workers"}
	for i, col := range cols {
		if heads = append(heads, col.head); hasRatio(i, col) {
			heads = append(heads, "ratio")
		}
	}
	t := table{heads: heads, left: 1}
	for _, c := range cases {
		row := []string{c.Who(), strconv.Itoa(c.Workers)}
		for i, col := range cols {
			if row = append(row, r.cell(c, col)); !hasRatio(i, col) {
				continue
			}
			cell := ""
			if ratio, ok := r.ratio(c, c.Twins(), col.metric); ok && c != c.Twin() {
				cell = span(ratio, 1, "x")
			}
			row = append(row, cell)
		}
		t.rows = append(t.rows, row)
	}
	t.write(b)
}

// writeLimits says of which cases the rate is not the server's.
func (r *Report) writeLimits(b *bytes.Buffer, cases []spec.Case) {
	for _, c := range cases {
		if limit := r.limit(c); limit != "" {
			fmt.Fprintf(b, "\n**The rate of %s was %s.**\n", c.Who(), limit)
		}
	}
}

// hasRatio says whether column i of a table is followed by one of its ratios: what the workload is about
// is, and so is processor time, which a busy machine disturbs less.
func hasRatio(i int, col column) bool { return i == 0 || col.metric == spec.CPUNs }

func (r *Report) cell(c spec.Case, col column) string {
	s, ok := r.summary(c, col.metric)
	if !ok {
		return ""
	}
	return span(s, col.factor, "")
}

func (r *Report) writeTargets(b *bytes.Buffer) {
	vs := r.verdicts()
	if len(vs) == 0 {
		return
	}
	met := 0
	t := table{heads: []string{"workload", "case", "workers", "figure", "target", "measured", "verdict"}, left: 4}
	for _, v := range vs {
		col := head(v.workload, v.metric)
		figure, sign, factor, unit := col.head, "<=", col.factor, ""
		if v.to != nil {
			figure, factor, unit = figure+" / "+v.toName, 1, "x"
		}
		if v.atLeast {
			sign = ">="
		}
		verdict := "ok"
		if v.ok {
			met++
		} else {
			verdict = fmt.Sprintf("**miss by %.0f %%**", v.by*100)
		}
		if v.limit != "" {
			verdict += ", " + v.limit
		}
		name := v.workload
		if variant := v.c.Variant(); variant != "" {
			name += ", " + variant
		}
		t.rows = append(t.rows, []string{name, v.c.Who(), strconv.Itoa(v.c.Workers), figure,
			fmt.Sprintf("%s %s%s", sign, number(v.bound*factor), unit), span(v.value, factor, unit), verdict})
	}
	fmt.Fprintf(b, "\n## Targets\n\n%d of %d are met.\n\n", met, len(vs))
	t.write(b)
}

func (r *Report) writeGrowth(b *bytes.Buffer) {
	gs := r.grown()
	if len(gs) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## Growth: the cost of a unit at ten times the size\n\nThe project wants at most %gx.\n\n", maxGrowth)
	t := table{heads: []string{"workload", "case", "workers", "figure", "size", "cost", "at 10x", "growth", "verdict"}, left: 4}
	for _, g := range gs {
		col := head(g.small.Workload, g.metric)
		verdict := ""
		if g.small.IsOurs() {
			if verdict = "ok"; g.factor() > maxGrowth {
				verdict = fmt.Sprintf("**miss by %.0f %%**", (g.factor()/maxGrowth-1)*100)
			}
		}
		t.rows = append(t.rows, []string{g.small.Workload, g.small.Who(), strconv.Itoa(g.small.Workers), col.head,
			thousands(strconv.Itoa(g.small.Live)) + " of " + thousands(strconv.Itoa(g.small.Units)),
			span(g.from, col.factor, ""), span(g.to, col.factor, ""), number(g.factor()) + "x", verdict})
	}
	b.WriteString("Size is how many there are at a time, and in all. What does not fit in memory at ten times the size\nis compared with a tenth.\n\n")
	t.write(b)
}

// A table is written so that it can be read as it is, too.
type table struct {
	heads []string
	rows  [][]string
	left  int // columns that are aligned to the left
}

func (t table) write(b *bytes.Buffer) {
	widths := make([]int, len(t.heads))
	for _, row := range append([][]string{t.heads}, t.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)), 3)
		}
	}
	line := func(row []string) {
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-len([]rune(cell)))
			if i < t.left {
				fmt.Fprintf(b, "| %s%s ", cell, pad)
			} else {
				fmt.Fprintf(b, "| %s%s ", pad, cell)
			}
		}
		b.WriteString("|\n")
	}
	line(t.heads)
	for i, w := range widths {
		if i < t.left {
			b.WriteString("|" + strings.Repeat("-", w+2))
		} else {
			b.WriteString("|" + strings.Repeat("-", w+1) + ":")
		}
	}
	b.WriteString("|\n")
	for _, row := range t.rows {
		line(row)
	}
}
