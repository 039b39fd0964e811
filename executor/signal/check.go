package signal

import (
	"fmt"
	"os"
	"reflect"
)

// check panics if one of sigs could never arrive. os/signal treats an empty list as all signals there
// are, and ignores the others silently.
func check(sigs []os.Signal) {
	if len(sigs) == 0 {
		panic("signal: NewStream of no signals")
	}
	for _, sig := range sigs {
		switch {
		case sig == nil:
			panic("signal: NewStream of a nil os.Signal")
		case reflect.TypeOf(sig) != reflect.TypeOf(os.Interrupt):
			panic(fmt.Sprintf("signal: NewStream of a %T, which is no signal of the system", sig))
		case sig == os.Kill || uncatchable(sig):
			panic(fmt.Sprintf("signal: NewStream of %q, which no process can catch", sig.String()))
		}
	}
}
