package pollerkit_test

import (
	"fmt"

	"github.com/moduvex/moduvex-go/reactor/pollerkit"
)

// The Notify and the Wait of a Poller whose signal is a channel.
func ExampleNotifyFlag() {
	var flag pollerkit.NotifyFlag
	signal := make(chan struct{}, 16)

	notify := func() {
		ticket, already := flag.Request()
		if already {
			return
		}
		signal <- struct{}{}
		flag.Signalled(ticket)
	}
	wait := func() {
		for {
			<-signal
			if flag.Take() {
				return
			}
		}
	}

	notify()
	notify() // shares the signal of the first
	fmt.Println("signals:", len(signal))
	wait()
	fmt.Println("signals:", len(signal))
	// Output:
	// signals: 1
	// signals: 0
}
