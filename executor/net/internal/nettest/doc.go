// Package nettest provides what the tests of all kinds of sockets have in common: runtimes that look for descriptors
// that were left open, and tasks that must end. Only tests import it.
package nettest

import "time"

// Timeout is how long a test waits for what must happen. It only ever passes in a test that fails.
const Timeout = 20 * time.Second
