package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
)

// The measures of a picture, in pixels.
const (
	labelWidth = 240
	barWidth   = 460
	valueWidth = 180
	barHeight  = 16
	barStep    = 22
	topHeight  = 44
)

type svgRect struct {
	XMLName xml.Name `xml:"rect"`
	X       float64  `xml:"x,attr"`
	Y       float64  `xml:"y,attr"`
	Width   float64  `xml:"width,attr"`
	Height  float64  `xml:"height,attr"`
	Fill    string   `xml:"fill,attr"`
}

type svgText struct {
	XMLName xml.Name `xml:"text"`
	X       float64  `xml:"x,attr"`
	Y       float64  `xml:"y,attr"`
	Anchor  string   `xml:"text-anchor,attr,omitempty"`
	Weight  string   `xml:"font-weight,attr,omitempty"`
	Text    string   `xml:",chardata"`
}

type svgPicture struct {
	XMLName xml.Name `xml:"http://www.w3.org/2000/svg svg"`
	Width   int      `xml:"width,attr"`
	Height  int      `xml:"height,attr"`
	Font    string   `xml:"font-family,attr"`
	Size    int      `xml:"font-size,attr"`
	Things  []any
}

// A Picture is a file with bars.
type Picture struct {
	Name  string
	title string
	col   column
	cases []spec.Case
}

// Pictures returns one for each table of a workload.
func (r *Report) Pictures() (ps []Picture) {
	for _, w := range workloads {
		for _, c := range r.main(w.name) {
			name := w.name
			title, _, _ := strings.Cut(w.title, ":")
			title = w.name + ", " + title
			if v := c.Variant(); v != "" {
				name += "-" + strings.NewReplacer(",", "", " ", "-").Replace(v)
				title += ": " + v
			}
			name += ".svg"
			if len(ps) == 0 || ps[len(ps)-1].Name != name {
				ps = append(ps, Picture{Name: name, title: title, col: head(w.name, spec.Primary(c))})
			}
			p := &ps[len(ps)-1]
			p.cases = append(p.cases, c)
		}
	}
	return ps
}

// WriteSVG draws a bar for each contender of p, as long as the median, with a line from the least to the
// most.
func (r *Report) WriteSVG(to io.Writer, p Picture) error {
	longest := 0.0
	for _, c := range p.cases {
		if s, ok := r.summary(c, p.col.metric); ok {
			longest = max(longest, s.Max)
		}
	}
	if longest == 0 {
		longest = 1
	}
	height := topHeight + barStep*len(p.cases) + 8
	pic := svgPicture{Width: labelWidth + barWidth + valueWidth, Height: height, Font: "sans-serif", Size: 12}
	pic.Things = append(pic.Things,
		svgRect{Width: float64(pic.Width), Height: float64(height), Fill: "#ffffff"},
		svgText{X: 10, Y: 18, Weight: "bold", Text: p.title},
		svgText{X: 10, Y: 34, Text: p.col.head + ", less is better"})
	for i, c := range p.cases {
		s, ok := r.summary(c, p.col.metric)
		if !ok {
			continue
		}
		y := float64(topHeight + barStep*i)
		at := func(v float64) float64 { return v / longest * barWidth }
		pic.Things = append(pic.Things,
			svgText{X: labelWidth - 8, Y: y + 12, Anchor: "end", Text: fmt.Sprintf("%s, %d", c.Who(), c.Workers)},
			svgRect{X: labelWidth, Y: y, Width: at(s.Median), Height: barHeight, Fill: fill(c)},
			svgRect{X: labelWidth + at(s.Min), Y: y + barHeight/2 - 1, Width: max(at(s.Max-s.Min), 1), Height: 2, Fill: "#333333"},
			svgText{X: labelWidth + at(s.Max) + 6, Y: y + 12, Text: span(s, p.col.factor, "")})
	}
	if _, err := io.WriteString(to, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(to)
	enc.Indent("", "\t")
	if err := enc.Encode(pic); err != nil {
		return fmt.Errorf("report: %s: %w", p.Name, err)
	}
	_, err := io.WriteString(to, "\n")
	return err
}

func fill(c spec.Case) string {
	switch c.Contender {
	case spec.Moduvex, spec.Served, spec.ServedCo:
		return "#2a7de1"
	case spec.Goroutines, spec.NetHTTP:
		return "#8a8f98"
	case spec.RawC, spec.RawGo:
		return "#2f9e62"
	}
	return "#c9a24b"
}
