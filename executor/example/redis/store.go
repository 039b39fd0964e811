package main

import "time"

// A store has the keys of one worker.
type store struct {
	now      time.Duration // on the worker's clock; set before each use
	values   map[string]string
	expiries map[string]time.Duration // of the keys that expire
}

func newStore() store {
	return store{values: map[string]string{}, expiries: map[string]time.Duration{}}
}

// get returns the value of a key, unless there is none or it has expired.
func (s *store) get(key []byte) (value string, ok bool) {
	value, ok = s.values[string(key)]
	if ok && len(s.expiries) > 0 {
		if at, expires := s.expiries[string(key)]; expires && at <= s.now {
			s.remove(string(key))
			return "", false
		}
	}
	return value, ok
}

// set sets a value and leaves the expiry as it is.
func (s *store) set(key []byte, value string) { s.values[string(key)] = value }

// remove removes a key that there may be.
func (s *store) remove(key string) {
	delete(s.values, key)
	delete(s.expiries, key)
}

// expire sets how long a key that there is lives from now on. One that is to live no longer is removed.
func (s *store) expire(key []byte, d time.Duration) {
	if d <= 0 {
		s.remove(string(key))
		return
	}
	s.expiries[string(key)] = s.now + d
}

// persist makes a key live for ever, and reports whether it would have expired.
func (s *store) persist(key []byte) (expired bool) {
	_, expired = s.expiries[string(key)]
	delete(s.expiries, string(key))
	return expired
}

// ttl returns how long a key lives, and false if it does not expire.
func (s *store) ttl(key []byte) (time.Duration, bool) {
	at, ok := s.expiries[string(key)]
	return at - s.now, ok
}

// sweep removes expired keys, looking at max keys that expire. The order of a range over a map is random.
func (s *store) sweep(max int) {
	for key, at := range s.expiries {
		if max--; max < 0 {
			return
		}
		if at <= s.now {
			s.remove(key)
		}
	}
}

// len returns the number of keys, expired ones that are still there included.
func (s *store) len() int { return len(s.values) }

// clear removes all keys.
func (s *store) clear() {
	clear(s.values)
	clear(s.expiries)
}
