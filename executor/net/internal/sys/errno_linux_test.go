package sys_test

import (
	"testing"

	"github.com/moduvex/moduvex-go/executor/net/internal/sys"
	"golang.org/x/sys/unix"
)

func TestAcceptGoesOnWithoutANetwork(t *testing.T) {
	if !sys.AcceptAgain(unix.ENONET) {
		t.Error("accept(2) says: like EAGAIN")
	}
}
