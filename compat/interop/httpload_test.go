package interop_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// curl speaks each version of HTTP, on connections that it uses again.
func TestHTTPWithCurl(t *testing.T) {
	curl := tool(t, "curl", "curl")
	cert := newCertificate(t)
	dir := folder(t)
	large, roots := filepath.Join(dir, "large"), filepath.Join(dir, "roots")
	want := pattern(3<<20, 1)
	writeFile(t, large, want)
	writeFile(t, roots, cert.certPEM)
	overHTTP(t, func(t *testing.T, k httpKind) {
		plain := "http://" + k.serve(t, curlHandler(large), nil, unencrypted2).host
		encrypted := "https://" + k.serve(t, curlHandler(large), &cert).host
		for _, base := range []string{plain, encrypted} {
			curlTransfers(t, curl, base, roots, large, want)
			for flag, proto := range map[string]string{
				"--http1.0": "HTTP/1.0", "--http1.1": "HTTP/1.1", "--http2": "HTTP/2.0", "--http2-prior-knowledge": "HTTP/2.0",
			} {
				if base == plain && flag == "--http2" {
					proto = "HTTP/1.1" // net/http refuses to change from HTTP/1.1
				}
				do := func(args ...string) []byte {
					if flag == "--http1.0" {
						args = append(args, "--no-alpn") // curl names a protocol there that no server knows
					}
					return run(t, exec.Command(curl, append([]string{"-sS", "--fail", "-4", flag, "--cacert", roots}, args...)...))
				}
				urls := []string{base + "/protocol", base + "/protocol"}
				if base == plain && flag == "--http2-prior-knowledge" {
					urls = urls[:1] // curl 7.88 sends the preface twice on one connection
				}
				if got := string(do(urls...)); got != strings.Repeat(proto, len(urls)) {
					t.Errorf("%s of %s is %q", flag, base, got)
				}
				same(t, flag+": the file", do(base+"/file"), want)
				same(t, flag+": an upload", do("-T", large, base+"/echo"), want)
				part := filepath.Join(folder(t), "part")
				writeFile(t, part, want[:1<<20])
				do("-C", "-", "-o", part, base+"/file")
				same(t, flag+": a download that is resumed", readFile(t, part), want)
			}
		}
	})
}

func TestHTTPWithWrk(t *testing.T) {
	wrk := tool(t, "wrk", "wrk")
	overHTTP(t, func(t *testing.T, k httpKind) {
		s := k.serve(t, hello, nil)
		out := run(t, exec.Command(wrk, "-t1", "-c50", "-d1s", "http://"+strings.Replace(s.host, "localhost", "127.0.0.1", 1)+"/"))
		if text := string(out); strings.Contains(text, "Socket errors") || strings.Contains(text, "Non-2xx") || strings.Contains(text, " 0 requests") {
			t.Errorf("wrk: %s", text)
		}
		contains(t, out, "requests in")
	})
}

var succeeded = regexp.MustCompile(`2000 done, 2000 succeeded, 0 failed, 0 errored, 0 timeout`)

func TestHTTPWithH2load(t *testing.T) {
	h2load := tool(t, "h2load", "nghttp2-client")
	cert := newCertificate(t)
	overHTTP(t, func(t *testing.T, k httpKind) {
		plain := "http://" + k.serve(t, hello, nil, unencrypted2).host
		encrypted := "https://" + k.serve(t, hello, &cert).host
		for _, args := range [][]string{{plain}, {encrypted}, {"--h1", plain}, {"--h1", encrypted}, {"-m", "10", plain}, {"-m", "10", encrypted}} {
			args = append([]string{"-n", "2000", "-c", "20"}, args...)
			out := run(t, exec.Command(h2load, args...))
			if !succeeded.Match(out) {
				t.Errorf("h2load %v: %s", args, out)
			}
		}
	})
}

// nginx passes requests on to the server, over connections that it keeps.
func TestHTTPBehindNginx(t *testing.T) {
	nginx := tool(t, "nginx", "nginx-light", "/usr/sbin")
	curl := tool(t, "curl", "curl")
	large := filepath.Join(folder(t), "large")
	want := pattern(3<<20, 1)
	writeFile(t, large, want)
	overHTTP(t, func(t *testing.T, k httpKind) {
		var conns counter
		s := k.serve(t, curlHandler(large), nil, conns.count)
		front := startProxyNginx(t, nginx, s.host)
		do := func(args ...string) []byte {
			return run(t, exec.Command(curl, append([]string{"-sS", "--fail", "-4"}, args...)...))
		}
		const each = 100
		got := do(front + "/protocol?[1-100]")
		if string(got) != strings.Repeat("HTTP/1.1", each) {
			t.Errorf("the answers are %s", got)
		}
		if n := conns.n.Load(); n > each/10 { // each worker of nginx keeps some
			t.Errorf("%d requests come over %d connections", each, n)
		}
		same(t, "the file", do(front+"/file"), want)
		same(t, "a part of it", do("-r", "1000-99999", front+"/file"), want[1000:100_000])
		same(t, "an upload", do("-T", large, front+"/echo"), want)
		same(t, "an upload in chunks", do("-H", "Transfer-Encoding: chunked", "--data-binary", "@"+large, front+"/echo"), want)
		parallel := do("--parallel", "--parallel-max", "20", front+"/protocol?[1-100]")
		if string(parallel) != strings.Repeat("HTTP/1.1", each) {
			t.Errorf("the answers at a time are %s", parallel)
		}
	})
}

// startProxyNginx starts an nginx in front of a server until the end of the test, and returns its URL.
func startProxyNginx(t *testing.T, nginx, to string) string {
	t.Helper()
	dir := folder(t)
	config := filepath.Join(dir, "nginx.conf")
	port := startServer(t, func(port string) *exec.Cmd {
		writeFile(t, config, []byte(strings.NewReplacer("DIR", dir, "PORT", port, "SERVER", "127.0.0.1:"+to[strings.LastIndex(to, ":")+1:]).Replace(`
			daemon off; master_process off; pid DIR/pid; error_log stderr;
			events { worker_connections 500; }
			http {
				access_log off; client_max_body_size 0;
				client_body_temp_path DIR/t1; proxy_temp_path DIR/t2; fastcgi_temp_path DIR/t3; uwsgi_temp_path DIR/t4;
				scgi_temp_path DIR/t5;
				upstream server { server SERVER; keepalive 20; }
				server {
					listen 127.0.0.1:PORT;
					location / {
						proxy_pass http://server; proxy_http_version 1.1; proxy_set_header Connection "";
						proxy_buffering off; proxy_request_buffering off;
					}
				}
			}`)))
		return exec.Command(nginx, "-p", dir, "-e", "stderr", "-c", config)
	}, accepts)
	return "http://127.0.0.1:" + port
}
