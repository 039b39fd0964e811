// Demo puts an echo server under load and prints a table: 10,000 connections at a time, each byte verified, a third
// of the connections aborted in the middle, and what is left of them afterwards: nothing.
//
//	go run ./executor/example/echo/demo
//
// server.go has the server, in direct style and in poll style; start reading there. demo.go starts the processes,
// measure.go is the server's and client.go the client's.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	var config demoConfig
	flag.IntVar(&config.Conns, "conns", 10000, "connections at a time")
	flag.DurationVar(&config.Time, "time", 5*time.Second, "how long the connections are kept busy")
	// The rest is for the processes that the demo starts.
	role := flag.String("role", "", "internal: server or client")
	flag.StringVar(&config.Addr, "addr", "", "internal: `host:port` of the server")
	flag.StringVar(&config.Style, "style", "direct", "internal: style of the connections' tasks, direct or poll")
	flag.Parse()

	var err error
	switch *role {
	case "server":
		err = runDemoServer(config)
	case "client":
		err = runDemoClient(config)
	default:
		err = runDemo(config, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}
