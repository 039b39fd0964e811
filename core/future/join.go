package future

import "github.com/moduvex/moduvex-go/core"

// A Pair holds the values of [Join2].
type Pair[A, B any] struct {
	First  A
	Second B
}

// Join2 returns a future that completes when both a and b have. Each poll polls those of them that
// are pending: a first, unless b found the budget spent the last time. Drop drops those that are pending. A nil
// a or b panics.
func Join2[A, B any](a core.Future[A], b core.Future[B]) core.Future[Pair[A, B]] {
	if a == nil {
		panic("future: Join2 with a nil first Future")
	}
	if b == nil {
		panic("future: Join2 with a nil second Future")
	}
	return &join2[A, B]{a: a, b: b}
}

type join2[A, B any] struct {
	a   core.Future[A] // nil once it has completed
	b   core.Future[B]
	out Pair[A, B]
	rotation
}

func (j *join2[A, B]) Poll(cx *core.Context) (Pair[A, B], bool) {
	if j.a == nil && j.b == nil {
		panic(polledAgain)
	}
	first := j.begin(cx)
	for i := range 2 {
		switch i ^ first {
		case 0:
			pollInto(cx, &j.rotation, 0, &j.a, &j.out.First)
		case 1:
			pollInto(cx, &j.rotation, 1, &j.b, &j.out.Second)
		}
	}
	if j.a != nil || j.b != nil {
		return Pair[A, B]{}, false
	}
	return j.out, true
}

func (j *join2[A, B]) Drop() {
	defer dropChild(&j.b)
	dropChild(&j.a)
}

// A Triple holds the values of [Join3].
type Triple[A, B, C any] struct {
	First  A
	Second B
	Third  C
}

// Join3 is [Join2] for three futures.
func Join3[A, B, C any](a core.Future[A], b core.Future[B], c core.Future[C]) core.Future[Triple[A, B, C]] {
	if a == nil {
		panic("future: Join3 with a nil first Future")
	}
	if b == nil {
		panic("future: Join3 with a nil second Future")
	}
	if c == nil {
		panic("future: Join3 with a nil third Future")
	}
	return &join3[A, B, C]{a: a, b: b, c: c}
}

type join3[A, B, C any] struct {
	a   core.Future[A] // nil once it has completed
	b   core.Future[B]
	c   core.Future[C]
	out Triple[A, B, C]
	rotation
}

func (j *join3[A, B, C]) Poll(cx *core.Context) (Triple[A, B, C], bool) {
	if j.a == nil && j.b == nil && j.c == nil {
		panic(polledAgain)
	}
	first := j.begin(cx)
	for i := range 3 {
		switch (first + i) % 3 {
		case 0:
			pollInto(cx, &j.rotation, 0, &j.a, &j.out.First)
		case 1:
			pollInto(cx, &j.rotation, 1, &j.b, &j.out.Second)
		case 2:
			pollInto(cx, &j.rotation, 2, &j.c, &j.out.Third)
		}
	}
	if j.a != nil || j.b != nil || j.c != nil {
		return Triple[A, B, C]{}, false
	}
	return j.out, true
}

func (j *join3[A, B, C]) Drop() {
	defer dropChild(&j.c)
	defer dropChild(&j.b)
	dropChild(&j.a)
}

// pollInto polls child i, which is in *f, if it is pending, and moves its value to *out.
func pollInto[T any](cx *core.Context, r *rotation, i int, f *core.Future[T], out *T) {
	if *f == nil {
		return
	}
	r.reach(cx, i)
	if v, ok := (*f).Poll(cx); ok {
		*f, *out = nil, v
	}
}
