package metrics_test

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/moduvex/moduvex-go/compat/metrics"
	"github.com/moduvex/moduvex-go/executor"
	"github.com/moduvex/moduvex-go/executor/modetest"
)

// unpublished are the fields that are no metric, but tell which runtime or worker the others are of.
var unpublished = map[string]bool{
	"Metrics.Name": true, "Metrics.Since": true, "Metrics.Workers.ID": true, "Metrics.Workers.Name": true,
}

// A filler gives each number in a struct a value of its own.
type filler struct {
	t     *testing.T
	next  uint64
	where map[uint64]string // value to field
}

var (
	histogramType = reflect.TypeFor[executor.Histogram]()
	timeType      = reflect.TypeFor[time.Time]()
)

func (f *filler) fill(v reflect.Value, path string) {
	for i := range v.NumField() {
		field := v.Field(i)
		name := path + "." + v.Type().Field(i).Name
		switch {
		case unpublished[name]:
			continue
		case field.Type() == histogramType:
			field.FieldByName("Counts").Index(0).SetUint(f.number(name))
			continue
		}
		switch field.Kind() {
		case reflect.Uint64:
			field.SetUint(f.number(name))
		case reflect.Int:
			field.SetInt(int64(f.number(name)))
		case reflect.Bool:
			field.SetBool(true)
			f.where[1] = name
		case reflect.Struct:
			f.fill(field, name)
		case reflect.Slice:
			for j := range field.Len() {
				f.fill(field.Index(j), name)
			}
		default:
			f.t.Errorf("%s is a %v: say how it is published, or that it is not", name, field.Type())
		}
	}
}

func (f *filler) number(name string) uint64 {
	f.next++
	f.where[f.next] = name
	return f.next
}

// A field that is new in package executor makes this test fail until it is in the table.
func TestEveryFieldIsPublished(t *testing.T) {
	if !modetest.First() {
		return
	}
	f := &filler{t: t, next: 1, where: map[uint64]string{}}
	m := executor.Metrics{Workers: make([]executor.WorkerMetrics, 1)}
	f.fill(reflect.ValueOf(&m).Elem(), "Metrics")
	for s := range metrics.SnapshotOf(&m, metrics.Options{}).Samples() {
		value := s.Value
		if s.Histogram != nil {
			value = s.Histogram.Counts[0]
		}
		if s.Dotted == "moduvex.other_panics" {
			value += m.Workers[0].Panicked
		}
		if _, ok := f.where[value]; !ok {
			t.Errorf("%s is %d, which no field has", s.Name(), value)
		}
		delete(f.where, value)
	}
	for _, name := range f.where {
		// The totals are sums over the workers, which the receiver of the samples makes.
		if strings.HasPrefix(name, "Metrics.Stats.Counters.") || name == "Metrics.Stats.Registrations" {
			continue
		}
		t.Errorf("%s is not published", name)
	}
}

var tableLine = regexp.MustCompile(`(?m)^//\t(moduvex_\S+) +(counter|gauge|histogram) +(yes|no) +(\w+\.\w+)`)

func TestTheTableOfTheDocumentationIsTheTableOfTheCode(t *testing.T) {
	if !modetest.First() {
		return
	}
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	lines := tableLine.FindAllStringSubmatch(string(doc), -1)
	descs := metrics.Descs()
	if len(lines) != len(descs) {
		t.Fatalf("the documentation has %d metrics, the code %d", len(lines), len(descs))
	}
	for i, d := range descs {
		worker := map[bool]string{true: "yes", false: "no"}[d.PerWorker]
		if have, want := lines[i][1:4], []string{d.Name(), d.Kind.String(), worker}; !reflect.DeepEqual(have, want) {
			t.Errorf("the documentation has %v, the code %v", have, want)
		}
		if f := fieldOf(d); f != lines[i][4] {
			t.Errorf("%s is %s, and the documentation says %s", d.Name(), f, lines[i][4])
		}
	}
}

// fieldOf returns the field that d publishes: the one whose change changes the sample.
func fieldOf(d *metrics.Desc) (field string) {
	for _, typ := range []reflect.Type{reflect.TypeFor[executor.Counters](), reflect.TypeFor[executor.Stats](),
		reflect.TypeFor[executor.WorkerMetrics](), reflect.TypeFor[executor.Metrics]()} {
		for i := range typ.NumField() {
			m := executor.Metrics{Workers: make([]executor.WorkerMetrics, 1)}
			in := map[string]any{"Counters": &m.Workers[0].Counters, "Stats": &m.Stats, "WorkerMetrics": &m.Workers[0], "Metrics": &m}[typ.Name()]
			v := reflect.ValueOf(in).Elem().Field(i)
			switch {
			case v.Type() == histogramType:
				v.FieldByName("Counts").Index(0).SetUint(1)
			case v.Kind() == reflect.Uint64:
				v.SetUint(1)
			case v.Kind() == reflect.Int:
				v.SetInt(1)
			case v.Kind() == reflect.Bool:
				v.SetBool(true)
			case v.Kind() == reflect.Struct && v.Type() != timeType:
				if c, ok := v.Addr().Interface().(*executor.Counters); ok && typ.Name() == "Stats" {
					c.Panicked = 1 // of no worker
					if sampleOf(&m, d) == 1 {
						return "Stats.Panicked"
					}
				}
				continue
			default:
				continue
			}
			if sampleOf(&m, d) == 1 {
				return typ.Name() + "." + typ.Field(i).Name
			}
		}
	}
	return "no field"
}

func sampleOf(m *executor.Metrics, d *metrics.Desc) uint64 {
	for s := range metrics.SnapshotOf(m, metrics.Options{}).Samples() {
		if s.Desc == d {
			if s.Histogram != nil {
				return s.Histogram.Count()
			}
			return s.Value
		}
	}
	return 0
}

var dotted = regexp.MustCompile(`^moduvex(\.[a-z]+(_[a-z]+)*)+$`)

// strayWord is a word for what is named elsewhere. A user of Prometheus sees each help by itself.
var strayWord = regexp.MustCompile(`\b(it|there|such|this|these)\b`)

func TestNamesAreDistinctAndWellFormed(t *testing.T) {
	if !modetest.First() {
		return
	}
	seen := map[string]bool{}
	for _, d := range metrics.Descs() {
		if strayWord.MatchString(d.Help) {
			t.Errorf("the help of %s needs that of another metric: %s", d.Name(), d.Help)
		}
		if seen[d.Name()] || !dotted.MatchString(d.Dotted) || d.Unit == "" || !strings.HasSuffix(d.Help, ".") {
			t.Errorf("a metric is %+v", *d)
		}
		seen[d.Name()] = true
	}
	if have := fmt.Sprint(metrics.Counter, metrics.Gauge, metrics.Histogram, metrics.Kind(7)); have != "counter gauge histogram invalid" {
		t.Errorf("the kinds are %s", have)
	}
}
