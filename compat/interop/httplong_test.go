package interop_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"testing"

	"github.com/moduvex/moduvex-go/compat/gochan"
	"github.com/moduvex/moduvex-go/compat/nethttp"
)

// Events arrive each by itself: the server sends one when the client has had the one before.
func TestHTTPEvents(t *testing.T) {
	curl := tool(t, "curl", "curl")
	overHTTP(t, func(t *testing.T, k httpKind) {
		next := make(chan struct{})
		ended := make(chan struct{}, 1)
		s := k.serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() { ended <- struct{}{} }()
			w.Header().Set("Content-Type", "text/event-stream")
			for i := 0; ; i++ {
				fmt.Fprintf(w, "data: %d\n\n", i)
				w.(http.Flusher).Flush()
				if receive(r.Context(), next) != nil {
					return // the client has gone
				}
			}
		}), nil)
		ctx := testContext(t)
		read := func(events io.Reader) {
			lines := bufio.NewScanner(events)
			for i := range 100 {
				if !lines.Scan() || lines.Text() != fmt.Sprint("data: ", i) || !lines.Scan() || lines.Text() != "" {
					t.Fatalf("event %d is %q, %v", i, lines.Text(), lines.Err())
				}
				if i < 99 {
					next <- struct{}{}
				}
			}
		}
		for range 2 {
			cmd := exec.CommandContext(ctx, curl, "-sS", "-N", "-4", "http://"+s.host)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			read(out)
			cmd.Process.Kill()
			cmd.Wait()
			<-ended
		}
		transport := new(http.Transport)
		defer transport.CloseIdleConnections()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.host, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := (&http.Client{Transport: transport}).Do(request)
		if err != nil {
			t.Fatal(err)
		}
		read(response.Body)
		response.Body.Close()
		<-ended
	})
}

// receive waits in a handler for a value or for the end of the request, and returns an error then. In a task it must not
// block.
func receive(ctx context.Context, c <-chan struct{}) (err error) {
	if co := nethttp.Co(ctx); co != nil {
		_, selectErr := gochan.Select(co, gochan.OnRecv(c, func(struct{}, bool) {}),
			gochan.OnRecv(ctx.Done(), func(struct{}, bool) { err = ctx.Err() }))
		return errors.Join(selectErr, err)
	}
	select {
	case <-c:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A body of hugeBody bytes goes up and down, or a small part of it under -short.
func TestHTTPLargeBodies(t *testing.T) {
	const hugeBody = 1 << 30
	n := int64(hugeBody)
	if testing.Short() {
		n = 16 << 20
	}
	cert := newCertificate(t)
	block := pattern(1<<20, 1)
	overHTTP(t, func(t *testing.T, k httpKind) {
		if !testing.Short() && k.mode != nil && k.linger == 0 {
			t.Skip("the linger changes nothing during a body")
		}
		for _, cert := range []*certificate{nil, &cert} {
			h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					io.CopyN(w, &repeated{block: block}, n)
					return
				}
				if err := (&repeated{block: block}).check(r.Body, n); err != nil {
					http.Error(w, err.Error(), http.StatusBadRequest)
				}
			})
			scheme := "http://"
			if cert != nil {
				scheme = "https://"
			}
			transport := new(http.Transport)
			if cert != nil {
				transport.TLSClientConfig = cert.client()
			}
			c := &http.Client{Transport: transport}
			url := scheme + k.serve(t, h, cert).host
			response, err := c.Get(url)
			if err != nil {
				t.Fatal(err)
			}
			if err := (&repeated{block: block}).check(response.Body, n); err != nil {
				t.Errorf("down: %v", err)
			}
			response.Body.Close()
			response, err = c.Post(url, "application/octet-stream", io.LimitReader(&repeated{block: block}, n))
			if err != nil {
				t.Fatal(err)
			}
			if body, err := io.ReadAll(response.Body); response.StatusCode != http.StatusOK || err != nil {
				t.Errorf("up: %s: %s, %v", response.Status, body, err)
			}
			response.Body.Close()
			transport.CloseIdleConnections()
		}
	})
}

// repeated reads a block again and again.
type repeated struct {
	block []byte
	at    int
}

func (r *repeated) Read(b []byte) (int, error) {
	n := copy(b, r.block[r.at:])
	r.at = (r.at + n) % len(r.block)
	return n, nil
}

// check reads n bytes and the end of a stream, and compares.
func (r *repeated) check(from io.Reader, n int64) error {
	b := make([]byte, 64<<10)
	for total := int64(0); ; {
		m, err := from.Read(b)
		for got := b[:m]; len(got) > 0; {
			part := min(len(got), len(r.block)-r.at)
			if !bytes.Equal(got[:part], r.block[r.at:r.at+part]) {
				return fmt.Errorf("the bytes differ after %d", total)
			}
			got, r.at = got[part:], (r.at+part)%len(r.block)
			total += int64(part)
		}
		if err == io.EOF && total == n {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w after %d of %d bytes", err, total, n)
		}
	}
}
