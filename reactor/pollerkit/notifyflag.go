package pollerkit

import "sync/atomic"

// NotifyFlag says whether a Notify has to signal, and whether a Wait has to return for a Notify. The signal
// is an event that the Poller makes for its own Wait: a write to an eventfd or a pipe, EVFILT_USER, a packet of a
// completion port. The zero NotifyFlag is ready for use. Its methods may be called from any goroutine.
//
// A Poller uses it as follows:
//
//	Notify:  ticket, signalled := flag.Request()
//	         if signalled { return nil }
//	         make the signal; if that fails, return the error
//	         flag.Signalled(ticket)
//	Wait:    get the signal's event from the system, so that the system forgets it
//	         if flag.Take() { return }
//
// # Why no Notify is lost
//
// Notify:
//
//  1. sets requested (Request);
//  2. unless signalled was set, makes a signal, and then sets signalled if no Wait has cleared the two bits
//     meanwhile (Signalled).
//
// Wait:
//
//  1. gets the signal's event from the system, and empties what carries the signal, if it is a pipe;
//  2. clears requested and signalled (Take);
//  3. returns, if requested was set.
//
// A Notify that finds signalled clear makes a signal itself, and the signal stays with the system until a Wait gets
// it. A Notify that finds signalled set precedes step 2 of some Wait, since only that step clears the bit, and
// follows a signal for which no Wait has cleared it. Either that Wait has got the event: then it has yet to
// return, and it returns because requested is set. Or no Wait has: then the event is with the system, and the next
// Wait gets it.
//
// A Notify that meets another one between its two steps signals as well: the signal of the other may fail, and
// only the other's caller would learn of it. Two signals may end two Waits, which the contract allows.
//
// A signal may arrive without requested: a Poller signals for its own purposes, or a Wait has already cleared the bit
// of a Notify that had yet to signal. Take returns false for it, so that a late signal ends no Wait.
//
// A pipe is emptied before the bits are cleared. In the other order a Notify in between could have its byte read
// while signalled stays set, and no later Notify would signal again.
//
// # Rejected
//
//   - Clearing the bits before the system call: a Notify in between would signal a second time, and the event of
//     the first signal might end the next Wait without a reason.
//   - Clearing them in every Wait, with or without the event: the same.
type NotifyFlag struct {
	// word is
	//
	//	bit  0      requested: a Notify was called for which no Wait has returned
	//	bit  1      signalled: the signal of such a Notify is made
	//	bits 31..2  generation: how many Waits have cleared the two bits, modulo 2^30
	//
	// Notify and Wait write it, always by a read-modify-write operation, so that each reads what the one before
	// wrote: what a caller wrote before its Notify is visible to the Wait that returns for it, even if another
	// caller's Notify made the signal.
	word atomic.Uint32
}

const (
	requested = 1 << iota
	signalled
	generation
)

// Request is the first step of Notify. It returns a ticket for [NotifyFlag.Signalled], and whether a signal is made
// already, so that this Notify need not make one.
func (f *NotifyFlag) Request() (ticket uint32, already bool) {
	word := f.word.Or(requested)
	return word | requested, word&signalled != 0
}

// Signalled is called by the Notify that has made the signal, with the ticket of its Request. If a Wait has cleared
// the bits since the Request, it may have got the signal too: then Signalled does nothing, and the next Notify
// makes another signal.
func (f *NotifyFlag) Signalled(ticket uint32) {
	f.word.CompareAndSwap(ticket, ticket|signalled)
}

// Take is called by the Wait that has got the signal's event. It reports whether a Notify requested it; if not, the
// Wait continues.
func (f *NotifyFlag) Take() bool { return f.takeFrom(f.word.Load()) }

// takeFrom swaps from word, which Take has just loaded, and loads again when the swap fails.
func (f *NotifyFlag) takeFrom(word uint32) bool {
	for !f.word.CompareAndSwap(word, word&^(requested|signalled)+generation) {
		word = f.word.Load()
	}
	return word&requested != 0
}
