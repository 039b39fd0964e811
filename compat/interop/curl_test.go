package interop_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The server of net/http on our listeners, and curl.
func TestCurl(t *testing.T) {
	curl := tool(t, "curl", "curl")
	cert := newCertificate(t)
	dir := folder(t)
	large, roots := filepath.Join(dir, "large"), filepath.Join(dir, "roots")
	want := pattern(3<<20, 1)
	writeFile(t, large, want)
	writeFile(t, roots, cert.certPEM)
	over(t, func(t *testing.T, s sockets) {
		for _, cert := range []*certificate{nil, &cert} {
			scheme := "http"
			if cert != nil {
				scheme = "https"
			}
			step(t, "curl over "+scheme, func(t *testing.T) {
				base := scheme + "://" + serveHTTP(t, s.listen(t), curlHandler(large), cert)
				curlTransfers(t, curl, base, roots, large, want)
			})
		}
		step(t, "curl over http2", func(t *testing.T) {
			base := "https://" + serveHTTP(t, s.listen(t), curlHandler(large), &cert)
			got := run(t, exec.Command(curl, "-sS", "--fail", "-4", "--http2", "--cacert", roots, base+"/protocol"))
			if string(got) != "HTTP/2.0" {
				t.Errorf("the protocol is %q", got)
			}
			same(t, "the file", run(t, exec.Command(curl, "-sS", "--fail", "-4", "--http2", "--cacert", roots, base+"/file")), want)
		})
		step(t, "curl over unix", func(t *testing.T) {
			path := filepath.Join(folder(t), "socket")
			l, err := s.Listen("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			serveHTTP(t, l, curlHandler(large), nil)
			same(t, "the file", run(t, exec.Command(curl, "-sS", "--fail", "--unix-socket", path, "http://localhost/file")), want)
		})
		step(t, "a client that goes away", func(t *testing.T) { curlGoesAway(t, s, curl) })
	})
}

func curlHandler(file string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /file", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, file) })
	mux.HandleFunc("GET /protocol", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) })
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Write(body)
	})
	return mux
}

func curlTransfers(t *testing.T, curl, base, roots, file string, want []byte) {
	do := func(args ...string) []byte {
		t.Helper()
		return run(t, exec.Command(curl, append([]string{"-sS", "--fail", "-4", "--http1.1", "--cacert", roots}, args...)...))
	}
	same(t, "the file", do(base+"/file"), want)
	same(t, "a part of it", do("-r", "1000-99999", base+"/file"), want[1000:100_000])
	same(t, "an upload", do("-T", file, base+"/echo"), want)
	same(t, "an upload in chunks", do("-H", "Transfer-Encoding: chunked", "-H", "Expect: 100-continue", "--data-binary", "@"+file, base+"/echo"), want)
	// The connections of one curl, first one after the other, and then at a time.
	lines := do("-w", " %{num_connects}\n", base+"/protocol", base+"/protocol", base+"/protocol")
	if got := string(lines); got != "HTTP/1.1 1\nHTTP/1.1 0\nHTTP/1.1 0\n" {
		t.Errorf("three requests have %q", got)
	}
	out := filepath.Join(folder(t), "part")
	do("--parallel", "--parallel-immediate", "--parallel-max", "10", "-o", out+"#1", base+"/file?[1-10]")
	for i := range 10 {
		got, err := os.ReadFile(fmt.Sprint(out, i+1))
		if err != nil {
			t.Fatal(err)
		}
		same(t, "one of many", got, want)
	}
}

// The server notices the end of a client in the middle of a handler, and of a response.
func curlGoesAway(t *testing.T, s sockets, curl string) {
	began, ended := make(chan struct{}, 1), make(chan error, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("/wait", func(_ http.ResponseWriter, r *http.Request) {
		began <- struct{}{}
		<-r.Context().Done() // by a read in the background, which the server ends by a deadline in the past
		ended <- r.Context().Err()
	})
	mux.HandleFunc("/endless", func(w http.ResponseWriter, r *http.Request) {
		began <- struct{}{}
		for chunk := bytes.Repeat([]byte("x"), 64<<10); ; {
			if _, err := w.Write(chunk); err != nil {
				ended <- err
				return
			}
		}
	})
	base := "http://" + serveHTTP(t, s.listen(t), mux, nil)
	for _, path := range []string{"/wait", "/endless"} {
		cmd := exec.Command(curl, "-sS", "-4", "-o", os.DevNull, base+path)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		<-began
		cmd.Process.Kill()
		cmd.Wait()
		if err := <-ended; err == nil {
			t.Errorf("%s: no error", path)
		}
	}
}
