package exchange_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// mux has the handlers of the comparisons. What they answer depends on the request only.
func mux(tb testing.TB) http.Handler {
	file := fileWith(tb, bytes.Repeat([]byte("0123456789abcdef"), 20_000))
	m := http.NewServeMux()
	handle := func(name string, h http.HandlerFunc) { m.HandleFunc("/"+name, h) }
	handle("end", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "end") })
	handle("hello", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "hello,", r.Method, r.URL) })
	handle("nothing", func(w http.ResponseWriter, r *http.Request) {})
	handle("request", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s %s host=%q close=%t length=%d coding=%q remote=%t\n", r.Method, r.RequestURI, r.Proto, r.Host, r.Close,
			r.ContentLength, r.TransferEncoding, strings.HasPrefix(r.RemoteAddr, "127.0.0.1:"))
		_ = r.Header.Write(w)
		b, err := io.ReadAll(r.Body)
		fmt.Fprintf(w, "body=%q err=%v trailer=%v\n", b, err, r.Trailer)
	})
	handle("status", func(w http.ResponseWriter, r *http.Request) {
		code, _ := strconv.Atoi(r.URL.Query().Get("code"))
		w.Header().Set("X-Code", "set")
		w.WriteHeader(code)
		_, err := io.WriteString(w, r.URL.Query().Get("body"))
		w.Header().Set("X-Late", fmt.Sprint(err))
	})
	handle("header", func(w http.ResponseWriter, r *http.Request) {
		for name, values := range r.URL.Query() {
			if name == "body" {
				continue
			}
			w.Header()[name] = values
			if values[0] == "nil" {
				w.Header()[name] = nil
			}
		}
		_, _ = io.WriteString(w, r.URL.Query().Get("body"))
	})
	handle("large", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("n"))
		step, _ := strconv.Atoi(r.URL.Query().Get("step"))
		if r.URL.Query().Has("length") {
			w.Header().Set("Content-Length", r.URL.Query().Get("length"))
		}
		for ; n > 0; n -= step {
			if _, err := w.Write(bytes.Repeat([]byte("x"), min(n, step))); err != nil {
				return
			}
		}
	})
	handle("flush", func(w http.ResponseWriter, r *http.Request) {
		for i := range 3 {
			fmt.Fprintln(w, "part", i)
			w.(http.Flusher).Flush()
		}
		_ = http.NewResponseController(w).Flush()
		fmt.Fprintln(w, "rest")
	})
	handle("flushfirst", func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		w.Header().Set("X-Late", "not sent")
		fmt.Fprintln(w, "rest")
	})
	handle("trailers", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "X-One, x-two,Content-Length")
		w.Header().Add("Trailer", "X-Three")
		fmt.Fprintln(w, "body")
		w.Header().Set("X-One", "1")
		w.Header().Set("X-Two", "2")
		w.Header().Set(http.TrailerPrefix+"X-Four", "4")
	})
	handle("lateTrailers", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "body")
		w.(http.Flusher).Flush()
		w.Header().Set(http.TrailerPrefix+"X-Four", "4")
	})
	handle("earlyTrailers", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(http.TrailerPrefix+"X-Four", "4")
		fmt.Fprintln(w, "body")
	})
	handle("hints", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</style.css>")
		w.Header().Set("Content-Length", "2")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusProcessing)
		w.WriteHeader(http.StatusContinue)
		w.WriteHeader(http.StatusOK)
		fmt.Fprint(w, "ok")
	})
	handle("mutate", func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Early", "1")
		w.WriteHeader(http.StatusOK)
		h["X-Early"][0] = "2"
		h.Set("X-Early", "3")
		w.Header().Set("X-Late", "1")
		fmt.Fprint(w, "body")
	})
	handle("superfluous", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		w.WriteHeader(http.StatusOK)
		fmt.Fprint(w, "body")
	})
	handle("badLength", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "many")
		fmt.Fprint(w, "body")
	})
	handle("tooMuch", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "3")
		fmt.Fprint(w, "ab")
		n, err := fmt.Fprint(w, "cd")
		if n != 0 || !errors.Is(err, http.ErrContentLength) {
			panic("it was written")
		}
	})
	handle("badCode", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(42) })
	handle("panic", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.URL.Query().Get("body"))
		if r.URL.Query().Has("flush") {
			w.(http.Flusher).Flush()
		}
		panic("the handler panics")
	})
	handle("exit", func(w http.ResponseWriter, r *http.Request) {
		r.Context().Done()
		fmt.Fprint(w, strings.Repeat("x", 3000))
		runtime.Goexit()
	})
	handle("abort", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, strings.Repeat("x", 3000))
		panic(http.ErrAbortHandler)
	})
	handle("part", func(w http.ResponseWriter, r *http.Request) {
		b := make([]byte, 3)
		n, err := io.ReadFull(r.Body, b)
		fmt.Fprintf(w, "%q %v", b[:n], err)
	})
	handle("closeBody", func(w http.ResponseWriter, r *http.Request) {
		err := r.Body.Close()
		n, err2 := r.Body.Read(make([]byte, 3))
		fmt.Fprint(w, err, n, err2)
	})
	handle("limited", func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 10)
		b, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, fmt.Sprintf("%d %v", len(b), err), http.StatusRequestEntityTooLarge)
			return
		}
		fmt.Fprint(w, len(b))
	})
	handle("limitedLate", func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 10)
		w.WriteHeader(http.StatusOK)
		b, err := io.ReadAll(r.Body)
		fmt.Fprint(w, len(b), err)
	})
	handle("limitedDuplex", func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).EnableFullDuplex()
		r.Body = http.MaxBytesReader(w, r.Body, 10)
		_ = http.NewResponseController(w).Flush()
		b, err := io.ReadAll(r.Body)
		fmt.Fprint(w, len(b), err)
	})
	handle("switch", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "x")
		w.WriteHeader(http.StatusSwitchingProtocols)
	})
	handle("echo", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("duplex") {
			_ = http.NewResponseController(w).EnableFullDuplex()
		}
		if r.ContentLength >= 0 {
			w.Header().Set("Content-Length", strconv.FormatInt(r.ContentLength, 10))
		}
		_, _ = io.Copy(w, r.Body)
	})
	handle("file", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, file) })
	handle("copy", func(w http.ResponseWriter, r *http.Request) {
		f, err := os.Open(file)
		if err != nil {
			panic(err)
		}
		defer f.Close()
		if r.URL.Query().Has("length") {
			w.Header().Set("Content-Length", "320000")
		}
		_, _ = io.Copy(w, f)
	})
	handle("redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/hello", http.StatusFound) })
	handle("writeString", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "<html>")
		_, _ = w.Write(nil)
	})
	handle("form", func(w http.ResponseWriter, r *http.Request) {
		err := r.ParseMultipartForm(1)
		fmt.Fprint(w, r.FormValue("a"), err)
	})
	handle("keep", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "keep-alive")
		w.Header().Set("Content-Length", "2")
		fmt.Fprint(w, "ok")
	})
	handle("done", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		fmt.Fprint(w, r.Context().Err())
	})
	handle("readDeadline", func(w http.ResponseWriter, r *http.Request) {
		err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(-time.Second))
		_, err2 := io.ReadAll(r.Body)
		fmt.Fprint(w, err, errors.Is(err2, os.ErrDeadlineExceeded))
	})
	return m
}
