package pollerkit

import "github.com/moduvex/moduvex-go/reactor"

// CheckArgs returns [reactor.ErrInvalid] if the contract forbids the arguments of an Add or a Modify: the reserved
// Key, an Interest with undefined bits, or an undefined Mode.
func CheckArgs(key reactor.Key, interest reactor.Interest, mode reactor.Mode) error {
	if key == reactor.ReservedKey || !interest.Valid() || !mode.Valid() {
		return reactor.ErrInvalid
	}
	return nil
}
