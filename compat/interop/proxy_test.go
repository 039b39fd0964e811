package interop_test

import (
	"errors"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// A proxy copies between two connections, which the system can do without the process in between. curl downloads through
// it from nginx, and has its uploads echoed by net/http.
func TestProxy(t *testing.T) {
	curl := tool(t, "curl", "curl")
	file := filepath.Join(folder(t), "large")
	want := pattern(8<<20+1, 1)
	writeFile(t, file, want)
	nginx, _ := startNginx(t, map[string][]byte{"large": want}, newCertificate(t))
	over(t, func(t *testing.T, s sockets) {
		for _, sides := range []struct {
			name             string
			accepted, dialed sockets
		}{
			{"both sides", s, s},
			{"accepted", s, ofPackageNet},
			{"dialed", ofPackageNet, s},
		} {
			step(t, sides.name+", downloads", func(t *testing.T) {
				proxy := startProxy(t, sides.accepted, sides.dialed, nginx[len("http://"):])
				got := run(t, exec.Command(curl, "-sS", "--fail", "-4", "http://"+proxy+"/large", "http://"+proxy+"/large"))
				same(t, "two downloads", got, append(want[:len(want):len(want)], want...))
			})
			step(t, sides.name+", uploads", func(t *testing.T) {
				server := serveHTTP(t, s.listen(t), curlHandler(file), nil)
				proxy := startProxy(t, sides.accepted, sides.dialed, server)
				same(t, "an upload", run(t, exec.Command(curl, "-sS", "--fail", "-4", "-T", file, "http://"+proxy+"/echo")), want)
			})
		}
	})
}

// startProxy copies between each connection that it accepts and one to another address, until the end of the test.
func startProxy(t *testing.T, accepted, dialed sockets, to string) (address string) {
	t.Helper()
	l := accepted.listen(t)
	var copies sync.WaitGroup
	copies.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				if !errors.Is(err, net.ErrClosed) {
					t.Errorf("Accept returns %v", err)
				}
				return
			}
			copies.Go(func() {
				defer c.Close()
				other, err := dialed.dial("tcp", to)
				if err != nil {
					t.Errorf("no connection to %s: %v", to, err)
					return
				}
				defer other.Close()
				copies.Go(func() { copyHalf(t, other, c) })
				copyHalf(t, c, other)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		copies.Wait()
	})
	return l.Addr().String()
}

// copyHalf copies one direction and ends it.
func copyHalf(t *testing.T, dst, src net.Conn) {
	if _, err := io.Copy(dst, src); err != nil && !errors.Is(err, net.ErrClosed) {
		t.Errorf("a copy ends with %v", err)
	}
	if err := dst.(interface{ CloseWrite() error }).CloseWrite(); err != nil && !errors.Is(err, net.ErrClosed) {
		t.Logf("the end of a direction: %v", err) // the peer may have gone
	}
}
