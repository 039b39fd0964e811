package exchange

// A HostScan is a hostScan for tests.
type HostScan = hostScan

// Feed takes the next bytes.
func (h *hostScan) Feed(b []byte) { h.feed(b) }

// Found returns what h has found.
func (h *hostScan) Found() (found, invalid bool) { return h.found, h.invalid }

// ValidHost reports whether a host has valid bytes only.
func ValidHost(host string) bool { return hostBytes.hasAll(host) }

// ValidName and ValidValue are the checks of headers.
func ValidName(name string) bool   { return validName(name) }
func ValidValue(value string) bool { return validValue(value) }
