// Package resolve provides the look-up of host:port for the packages of sockets. Look-ups run on the blocking pool,
// so a task that needs one does not block its worker.
package resolve

import (
	"context"
	"net"
	"net/netip"
	"strconv"

	"github.com/moduvex/moduvex-go/core/coro"
	"github.com/moduvex/moduvex-go/executor"
)

// A Lookup finds the addresses of a name. network is "ip", "ip4" or "ip6".
type Lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)

// Addrs returns the addresses of host:port in the order in which to try them, with alternating families. network is
// "tcp" or "udp", with or without a 4 or 6; lookup may be nil. An empty host means the wildcard of both
// families.
func Addrs(co *coro.Co, network, address string, lookup Lookup) (ips []netip.Addr, host string, port uint16, err error) {
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return nil, "", 0, err
	}
	if port, err = resolvePort(co, network, service); err != nil {
		return nil, "", 0, err
	}
	if ips, err = resolveHost(co, network, host, lookup); err != nil {
		return nil, "", 0, err
	}
	return Alternate(ips), host, port, nil
}

// resolvePort returns the port of a number or of the name of a service.
func resolvePort(co *coro.Co, network, service string) (uint16, error) {
	if service == "" {
		return 0, nil
	}
	if n, err := strconv.Atoi(service); err == nil {
		if n < 0 || n > 1<<16-1 {
			return 0, &net.AddrError{Err: "invalid port", Addr: service}
		}
		return uint16(n), nil
	}
	n, err := executor.Blocking(co, func() (int, error) {
		return net.DefaultResolver.LookupPort(co, network, service)
	})
	return uint16(n), err
}

func resolveHost(co *coro.Co, network, host string, lookup Lookup) ([]netip.Addr, error) {
	if host == "" {
		return []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()}, nil
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip}, nil
	}
	if lookup == nil {
		lookup = net.DefaultResolver.LookupNetIP
	}
	ipNetwork := "ip" + network[len("tcp"):]
	return executor.Blocking(co, func() ([]netip.Addr, error) {
		return lookup(co, ipNetwork, host) // co is a context, so a cancelled look-up ends
	})
}

// Alternate orders addresses so that the families alternate, beginning with that of the first address; each family
// keeps its order. If one family has no route, an address of the other one is tried soon.
func Alternate(ips []netip.Addr) []netip.Addr {
	if len(ips) == 0 {
		return nil
	}
	var families [2][]netip.Addr
	for _, ip := range ips {
		ip = ip.Unmap()
		i := 0
		if ip.Is4() != ips[0].Unmap().Is4() {
			i = 1
		}
		families[i] = append(families[i], ip)
	}
	out := make([]netip.Addr, 0, len(ips))
	for i := 0; len(out) < len(ips); i++ {
		for _, family := range families {
			if i < len(family) {
				out = append(out, family[i])
			}
		}
	}
	return out
}
