package activation_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/executor/net/internal/nettest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	children.Main()
	goleak.VerifyTestMain(m)
}

var children = nettest.Children{}
