package explore_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/core/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.VerifyTestMain(m) }
