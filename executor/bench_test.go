package executor_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/executor"
)

func bench(b *testing.B, workload func(n int)) {
	b.ReportAllocs()
	workload(max(b.N, batch))
}

func BenchmarkSpawnJoin(b *testing.B) {
	b.Run("poll", func(b *testing.B) { bench(b, w1Poll) })
	b.Run("direct", func(b *testing.B) { bench(b, w1Direct) })
	b.Run("goroutine", func(b *testing.B) { bench(b, w1Goroutine) })
}

func BenchmarkYield(b *testing.B) {
	b.Run("poll", func(b *testing.B) { bench(b, w2Poll) })
	b.Run("direct", func(b *testing.B) { bench(b, w2Direct) })
	b.Run("goroutine", func(b *testing.B) { bench(b, w2Goroutine) })
}

func BenchmarkChainedSpawn(b *testing.B) {
	b.Run("poll", func(b *testing.B) { bench(b, w4Poll) })
	b.Run("direct", func(b *testing.B) { bench(b, w4Direct) })
	b.Run("goroutine", func(b *testing.B) { bench(b, w4Goroutine) })
}

func BenchmarkPingPong(b *testing.B) {
	b.Run("poll", func(b *testing.B) { bench(b, pingPong) })
	b.Run("goroutine", func(b *testing.B) { bench(b, pingPongGoroutine) })
}

func BenchmarkWarmSpawnJoin(b *testing.B) {
	b.Run("direct", func(b *testing.B) { bench(b, warmDirect) })
	b.Run("nested", func(b *testing.B) { bench(b, warmNested) })
	b.Run("goroutine", func(b *testing.B) { bench(b, warmGoroutine) })
}

// Where workers steal, and where they do not, on as many workers as processors.
func BenchmarkModes(b *testing.B) {
	for name, opts := range map[string]executor.Options{"core": perCore, "steal": stealing} {
		b.Run(name, func(b *testing.B) {
			for workload, w := range map[string]func(int){
				"SpawnJoin/poll": w1Poll, "SpawnJoin/direct": w1Direct,
				"Yield/poll": w2Poll, "Yield/direct": w2Direct,
				"ChainedSpawn/poll": w4Poll, "ChainedSpawn/direct": w4Direct,
				"PingPong": pingPong,
			} {
				b.Run(workload, func(b *testing.B) { in(opts, func() { bench(b, w) }) })
			}
		})
	}
}

func BenchmarkMutex(b *testing.B) {
	b.Run("poll", func(b *testing.B) { bench(b, w9Poll) })
	b.Run("goroutine", func(b *testing.B) { bench(b, w9Goroutine) })
}
