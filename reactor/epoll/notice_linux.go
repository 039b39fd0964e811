package epoll

import "sync/atomic"

// notice is the word of the notifier:
//
//	bit  0      asked: a Notify was called for which no Wait has returned
//	bit  1      made: the signal of such a Notify is made
//	bits 31..2  turn: how many Waits have taken the two bits, modulo 2^30
//
// Written by Notify and Wait, always by a read-modify-write operation, so that each reads what the one before
// wrote: what a notifier wrote before its Notify is visible to the Wait that returns for it, even if
// another notifier made the signal.
type notice struct{ word atomic.Uint32 }

const (
	asked = 1 << iota
	made
	turn
)

// ask is the first step of Notify. It returns what done wants back, and whether a signal is made already, so that
// this Notify need not make one.
func (n *notice) ask() (word uint32, already bool) {
	word = n.word.Or(asked)
	return word | asked, word&made != 0
}

// done is called by the Notify that has made the signal. If a Wait has taken the bits since ask, it may have taken
// the signal too, so the next Notify makes another one.
func (n *notice) done(word uint32) { n.word.CompareAndSwap(word, word|made) }

// take is called by the Wait that has got the eventfd's event, and reports whether a Notify asked for it.
func (n *notice) take() bool { return n.takeFrom(n.word.Load()) }

// takeFrom starts from a given word, which take has just loaded, and loads again when the swap is lost.
func (n *notice) takeFrom(word uint32) bool {
	for !n.word.CompareAndSwap(word, word&^(asked|made)+turn) {
		word = n.word.Load()
	}
	return word&asked != 0
}
