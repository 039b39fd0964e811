package tcp_test

import (
	"flag"
	"fmt"
	"slices"
	"testing"
)

var (
	echoFigure = flag.Bool("echo.figure", false, "measure round trips beside package net's")
	echoRounds = flag.Int("echo.rounds", 5, "with -echo.figure: how many rounds measure both")
)

// TestEchoFigure prints how many echo round trips a second there are, here and by package net with a
// goroutine for each end, and their ratio: the median over rounds that measure both, so that other load of
// the machine affects both. `make echo-windows` runs it.
func TestEchoFigure(t *testing.T) {
	if !*echoFigure {
		t.Skip("a measurement")
	}
	for _, conns := range []int{1, 64} {
		for style, ours := range map[string]func(b *testing.B){
			"poll":   func(b *testing.B) { benchTasks(b, conns, spawnPoll, clientPoll) },
			"direct": func(b *testing.B) { benchTasks(b, conns, spawnDirect, clientDirect) },
		} {
			var rates, netRates, ratios []float64
			for range *echoRounds {
				r := roundTrips(ours)
				n := roundTrips(func(b *testing.B) { benchNet(b, conns) })
				rates, netRates, ratios = append(rates, r), append(netRates, n), append(ratios, r/n)
			}
			fmt.Printf("echo.%s.conns=%d: %.0f/s, net %.0f/s, ratio %.2f\n",
				style, conns, median(rates), median(netRates), median(ratios))
		}
	}
}

func roundTrips(f func(b *testing.B)) float64 {
	r := testing.Benchmark(f)
	return float64(r.N) / r.T.Seconds()
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}
