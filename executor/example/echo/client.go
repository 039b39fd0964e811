package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// The client is a process of its own with ordinary goroutines and package net, so that what is
// checked is the server, and so that each side has its own descriptors. It is driven by lines:
//
//	client: connected N          all connections stand and are silent
//	server: go
//	client: half                 half of the requests are through
//	client: done <report>

const messageSize = 64

// A report is what the client has seen.
type report struct {
	requests int64 // echoed and verified
	wrong    int64 // bytes that came back different
	cut      int64 // connections that the server ended
	took     time.Duration
}

const reportFormat = "done %d %d %d %d\n"

func runClient(addr string, n, rounds int) error {
	if err := raiseFDLimit(n + spareFDs); err != nil {
		return err
	}
	conns, err := dialAll(addr, n)
	if err != nil {
		return err
	}
	fmt.Println("connected", len(conns))
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return fmt.Errorf("the server is gone: %w", err)
	}
	r := drive(conns, rounds, func() { fmt.Println("half") })
	fmt.Printf(reportFormat, r.requests, r.wrong, r.cut, r.took)
	return nil
}

// dialAll opens n connections, some at a time.
func dialAll(addr string, n int) ([]net.Conn, error) {
	conns := make([]net.Conn, n)
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make(chan error, 1)
	for range 64 {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				c, err := net.Dial("tcp", addr)
				if err != nil {
					select {
					case errs <- err:
					default:
					}
					return
				}
				conns[i] = c
			}
		})
	}
	wg.Wait()
	select {
	case err := <-errs:
		return nil, err
	default:
		return conns, nil
	}
}

// drive sends rounds requests on each connection, one at a time, and calls half in the middle.
func drive(conns []net.Conn, rounds int, half func()) report {
	var requests, wrong, cut atomic.Int64
	halfway := int64(len(conns)) * int64(rounds) / 2
	start := time.Now()
	var wg sync.WaitGroup
	for i, c := range conns {
		wg.Go(func() {
			defer c.Close()
			sent, back := make([]byte, messageSize), make([]byte, messageSize)
			for round := range rounds {
				fill(sent, i, round)
				if _, err := c.Write(sent); err != nil {
					cut.Add(1)
					return
				}
				if _, err := io.ReadFull(c, back); err != nil {
					cut.Add(1)
					return
				}
				if !bytes.Equal(sent, back) {
					wrong.Add(difference(sent, back))
				}
				if requests.Add(1) == halfway {
					half()
				}
			}
		})
	}
	wg.Wait()
	return report{requests.Load(), wrong.Load(), cut.Load(), time.Since(start)}
}

// fill makes the message of a connection and round unlike all others.
func fill(b []byte, conn, round int) {
	x := uint32(conn)*2654435761 + uint32(round)*40503 + 1
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
}

func difference(a, b []byte) (n int64) {
	for i := range a {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}
