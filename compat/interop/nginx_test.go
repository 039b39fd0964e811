package interop_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// The client of net/http over our connections, to nginx.
func TestNginx(t *testing.T) {
	files := map[string][]byte{"small": []byte("hello\n"), "large": pattern(20<<20, 1)}
	cert := newCertificate(t)
	plain, encrypted := startNginx(t, files, cert)
	over(t, func(t *testing.T, s sockets) {
		step(t, "downloads over http2", func(t *testing.T) {
			c := httpClient(t, s, cert)
			c.Transport.(*http.Transport).ForceAttemptHTTP2 = true
			httpMultiplexes(t, c, encrypted+"/large", files["large"])
		})
		for _, base := range []string{plain, encrypted} {
			client := func(t *testing.T) *http.Client { return httpClient(t, s, cert) }
			scheme, _, _ := strings.Cut(base, "://")
			step(t, "downloads over "+scheme, func(t *testing.T) {
				c := client(t)
				for name, want := range files {
					same(t, name, httpGet(t, c, base+"/"+name), want)
				}
			})
			step(t, "keep-alive over "+scheme, func(t *testing.T) { httpKeepsAlive(t, client(t), base+"/small") })
			step(t, "many connections over "+scheme, func(t *testing.T) { httpMany(t, s, client(t), base+"/large", files["large"]) })
			step(t, "requests that are given up over "+scheme, func(t *testing.T) { httpGivesUp(t, client(t), base+"/slow/large") })
		}
	})
}

// startNginx serves files, and returns the URLs of its HTTP and of its HTTPS.
func startNginx(t *testing.T, files map[string][]byte, cert certificate) (plain, encrypted string) {
	t.Helper()
	nginx := tool(t, "nginx", "nginx-light", "/usr/sbin")
	dir := folder(t)
	for name, data := range files {
		writeFile(t, filepath.Join(dir, name), data)
	}
	writeFile(t, filepath.Join(dir, "cert.pem"), cert.certPEM)
	writeFile(t, filepath.Join(dir, "key.pem"), cert.keyPEM)
	config := filepath.Join(dir, "nginx.conf")
	var tlsPort string
	port := startServer(t, func(port string) *exec.Cmd {
		tlsPort = freePort(t)
		writeFile(t, config, []byte(strings.NewReplacer("DIR", dir, "TLSPORT", tlsPort, "PORT", port).Replace(`
			daemon off; master_process off; pid DIR/pid; error_log stderr;
			events { worker_connections 500; }
			http {
				access_log off; sendfile on; tcp_nopush on; server_tokens off;
				client_body_temp_path DIR/t1; proxy_temp_path DIR/t2; fastcgi_temp_path DIR/t3; uwsgi_temp_path DIR/t4;
				scgi_temp_path DIR/t5;
				ssl_certificate DIR/cert.pem; ssl_certificate_key DIR/key.pem;
				server {
					listen 127.0.0.1:PORT; listen 127.0.0.1:TLSPORT ssl http2; root DIR;
					location /slow/ { alias DIR/; limit_rate 1m; }
				}
			}`)))
		return exec.Command(nginx, "-p", dir, "-e", "stderr", "-c", config)
	}, accepts)
	return "http://localhost:" + port, "https://localhost:" + tlsPort
}

// httpClient returns a client whose connections end with the test.
func httpClient(t *testing.T, s sockets, cert certificate) *http.Client {
	t.Helper()
	transport := &http.Transport{
		DialContext:         s.DialContext,
		TLSClientConfig:     cert.client(),
		MaxIdleConnsPerHost: 100,
		DisableCompression:  true,
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func httpGet(t *testing.T, c *http.Client, url string) []byte {
	t.Helper()
	body, err := httpTryGet(testContext(t), c, url)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func httpTryGet(ctx context.Context, c *http.Client, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := c.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, errors.New(response.Status)
	}
	return io.ReadAll(response.Body)
}

// Requests that follow each other use one connection.
func httpKeepsAlive(t *testing.T, c *http.Client, url string) {
	connections := 0
	ctx := httptrace.WithClientTrace(testContext(t), &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if !info.Reused {
			connections++
		}
	}})
	for range 200 {
		got, err := httpTryGet(ctx, c, url)
		if err != nil || string(got) != "hello\n" {
			t.Fatalf("%q, %v", got, err)
		}
	}
	if connections != 1 {
		t.Errorf("%d connections", connections)
	}
}

func httpMany(t *testing.T, s sockets, c *http.Client, url string, want []byte) {
	ctx := testContext(t)
	var clients sync.WaitGroup
	for range 50 {
		clients.Go(func() {
			// A part of the file, so that the connections fill their buffers but the test is quick.
			var got []byte
			err := s.Blocking(func() (err error) {
				got, err = httpRange(ctx, c, url, 1<<20)
				return err
			})
			if err != nil {
				t.Error(err)
				return
			}
			same(t, "a part", got, want[:1<<20])
		})
	}
	clients.Wait()
}

func httpRange(ctx context.Context, c *http.Client, url string, n int) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Range", fmt.Sprintf("bytes=0-%d", n-1))
	response, err := c.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusPartialContent {
		return nil, errors.New(response.Status)
	}
	return io.ReadAll(response.Body)
}

// The requests of HTTP/2 have one connection.
func httpMultiplexes(t *testing.T, c *http.Client, url string, want []byte) {
	ctx := testContext(t)
	response, err := c.Head(url)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.ProtoMajor != 2 {
		t.Errorf("the protocol is %s", response.Proto)
	}
	var downloads sync.WaitGroup
	for range 5 {
		downloads.Go(func() {
			got, err := httpRange(ctx, c, url, 3<<20)
			if err != nil {
				t.Error(err)
				return
			}
			same(t, "a part", got, want[:3<<20])
		})
	}
	downloads.Wait()
}

// A request whose context ends in the middle of the body ends with it, and so does its connection.
func httpGivesUp(t *testing.T, c *http.Client, url string) {
	for range 10 {
		ctx, cancel := context.WithCancel(testContext(t))
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := c.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(response.Body, make([]byte, 10_000)); err != nil {
			t.Fatal(err)
		}
		cancel()
		if n, err := io.Copy(io.Discard, response.Body); !errors.Is(err, context.Canceled) {
			t.Errorf("the rest of the body has %d bytes and ends with %v", n, err)
		}
		response.Body.Close()
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := httpTryGet(ended, c, url); !errors.Is(err, context.Canceled) {
		t.Errorf("a request whose context has ended: %v", err)
	}
}
