package sys

import (
	"net/netip"
	"sync/atomic"
	"time"
)

// Zones converts addresses to endpoints and back for one socket. It caches the last interface, since a look-up of its
// name takes longer than the receive of a datagram, and the peers of a socket with zones are usually on one link.
type Zones struct {
	last atomic.Pointer[zone] // any user that meets another one replaces it
}

type zone struct {
	index uint32
	name  string
	until time.Time
}

// zoneLife is how long a name is cached, since interfaces may be renamed. Package net has the same time.
const zoneLife = time.Minute

// Endpoint is EndpointOf.
func (z *Zones) Endpoint(ap netip.AddrPort) (Endpoint, error) {
	name := ap.Addr().Zone()
	if name == "" {
		return EndpointOf(ap)
	}
	last := z.last.Load()
	if last != nil && last.name == name && time.Now().Before(last.until) && !ap.Addr().Is4In6() {
		return Endpoint{ip: ap.Addr().As16(), zone: last.index, port: ap.Port()}, nil
	}
	e, err := EndpointOf(ap)
	if err == nil {
		z.remember(e.zone, name)
	}
	return e, err
}

// AddrPort returns that of e.
func (z *Zones) AddrPort(e Endpoint) netip.AddrPort {
	if e.zone == 0 {
		return e.AddrPort()
	}
	ip := netip.AddrFrom16(e.ip)
	if last := z.last.Load(); last != nil && last.index == e.zone && time.Now().Before(last.until) {
		return netip.AddrPortFrom(ip.WithZone(last.name), e.port)
	}
	name := zoneName(e.zone)
	z.remember(e.zone, name)
	return netip.AddrPortFrom(ip.WithZone(name), e.port)
}

func (z *Zones) remember(index uint32, name string) {
	if index != 0 {
		z.last.Store(&zone{index: index, name: name, until: time.Now().Add(zoneLife)})
	}
}
