package executor_test

import "testing"

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
