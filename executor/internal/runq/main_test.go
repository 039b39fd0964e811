package runq_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"
)

// testTimeout is how long a test waits for what must happen. It only passes in a test that fails.
const testTimeout = 20 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
