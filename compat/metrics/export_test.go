package metrics

import "github.com/moduvex/moduvex-go/executor"

// SnapshotOf is a Snapshot of metrics that the test has made.
func SnapshotOf(m *executor.Metrics, opts Options) Snapshot { return snapshotOf(m, opts) }
