package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"runtime"
	"time"

	"github.com/moduvex/moduvex-go/compat/nethttp"
	"github.com/moduvex/moduvex-go/compat/stdnet"
	"github.com/moduvex/moduvex-go/executor"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "hello") })
	mux.HandleFunc("GET /prof", pprof.Profile)
	mux.Handle("GET /heap", pprof.Handler("heap"))
	mux.HandleFunc("GET /gc", func(w http.ResponseWriter, r *http.Request) { runtime.GC(); runtime.GC(); var m runtime.MemStats; runtime.ReadMemStats(&m); fmt.Fprintln(w, m.HeapAlloc, m.HeapInuse, m.StackInuse, m.Sys, m.HeapReleased, runtime.NumGoroutine()) })
	go http.ListenAndServe(os.Args[2]+"1", mux)
	hs := &http.Server{Addr: os.Args[2], Handler: mux}
	if os.Args[1] == "std" {
		log.Fatal(hs.ListenAndServe())
	}
	rt, err := executor.New(executor.Options{})
	if err != nil {
		log.Fatal(err)
	}
	s := &nethttp.Server{Runtime: rt, HTTP: hs}
	if os.Args[1] == "free" {
		l, _ := stdnet.Listen(rt, "tcp", os.Args[2])
		log.Fatal(hs.Serve(l))
	}
	if os.Args[1] == "linger0" {
		s.Linger = -1
	}
	if os.Args[1] == "tasks" {
		s.Exchange = nethttp.Tasks
	}
	_ = net.Listen
	_ = time.Now
	log.Fatal(s.ListenAndServe())
}
