package iocp

import "github.com/moduvex/moduvex-go/reactor"

const (
	readEvents  = afdReceive | afdAccept | afdDisconnect
	errorEvents = afdAbort | afdConnectFail

	// alwaysEvents are polled for whatever the Interest: the contract reports errors and hang-ups to every
	// registration. A disconnect is among them since it may be half of a hang-up.
	alwaysEvents = errorEvents | afdDisconnect
)

// toAfd returns the driver's events for an Interest, without alwaysEvents.
func toAfd(interest reactor.Interest) uint32 {
	var events uint32
	if interest&reactor.Readable != 0 {
		events |= readEvents
	}
	if interest&reactor.Writable != 0 {
		events |= afdSend
	}
	if interest&reactor.Priority != 0 {
		events |= afdExpedited
	}
	return events
}

// fromAfd converts the driver's events. A disconnect is the end of the stream; hungUp says that this side has shut down
// its own half too.
func fromAfd(events uint32, hungUp bool) reactor.Readiness {
	var ready reactor.Readiness
	if events&(afdReceive|afdAccept) != 0 {
		ready |= reactor.ReadReady
	}
	if events&afdSend != 0 {
		ready |= reactor.WriteReady
	}
	if events&afdExpedited != 0 {
		ready |= reactor.PriorityReady
	}
	if events&afdDisconnect != 0 {
		ready |= reactor.ReadReady | reactor.ReadClosed
		if hungUp {
			ready |= reactor.WriteClosed
		}
	}
	if events&afdAbort != 0 {
		ready |= reactor.ErrorReady | reactor.ReadClosed | reactor.WriteClosed
	}
	if events&afdConnectFail != 0 {
		ready |= reactor.ErrorReady
	}
	return ready
}
