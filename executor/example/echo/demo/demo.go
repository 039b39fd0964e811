package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"text/tabwriter"
	"time"
)

// The demo is three kinds of processes of this program:
//
//	demo ─── starts, once for each style ──→ server ─── starts ──→ client
//	prints the table  ←── serverReport ───   the runtime           plain goroutines and package net
//
// Each server is a fresh process, so that the memory of one style does not show in the figures of the other. The client
// is a process of its own because it needs as many descriptors as the server. It is written with package net and knows
// nothing of tasks.

// A demoConfig is what the processes tell each other by flags.
type demoConfig struct {
	Addr  string // of the server, for the client
	Style string
	Conns int
	Time  time.Duration // under load
}

// command is this program in another role.
func (c demoConfig) command(role string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, "-role", role, "-addr", c.Addr, "-style", c.Style,
		"-conns", strconv.Itoa(c.Conns), "-time", c.Time.String())
	cmd.Stderr = os.Stderr
	return cmd, nil
}

// spareFDs is for everything but connections.
const spareFDs = 100

// runDemo prints the table, or what went wrong.
func runDemo(c demoConfig, out io.Writer) error {
	if c.Conns < 1 {
		return fmt.Errorf("-conns %d: the demo needs at least one connection", c.Conns)
	}
	room := raiseFDLimit(c.Conns+spareFDs) - spareFDs
	if room < 1 {
		return fmt.Errorf("the limit of open files, %d, leaves no room for a connection", room+spareFDs)
	}
	if room < c.Conns {
		fmt.Fprintf(out, "The limit of open files cannot be raised: %d connections, not %d.\n", room, c.Conns)
		c.Conns = room
	}
	var columns []serverReport
	for _, style := range []string{"poll", "direct"} {
		c.Style = style
		r, err := runColumn(c)
		if err != nil {
			return fmt.Errorf("%s style: %w", style, err)
		}
		columns = append(columns, r)
	}
	printTable(out, columns)
	var errs []error
	for _, r := range columns {
		errs = append(errs, r.check())
	}
	return errors.Join(errs...)
}

func runColumn(c demoConfig) (r serverReport, err error) {
	cmd, err := c.command("server")
	if err != nil {
		return r, err
	}
	text, err := cmd.Output()
	if err != nil {
		return r, err
	}
	return r, json.NewDecoder(bytes.NewReader(text)).Decode(&r)
}

func printTable(out io.Writer, columns []serverReport) {
	w := tabwriter.NewWriter(out, 0, 0, 3, ' ', tabwriter.AlignRight)
	defer w.Flush()
	row := func(name string, cell func(r serverReport) string) {
		fmt.Fprint(w, name, "\t")
		for _, r := range columns {
			fmt.Fprint(w, cell(r), "\t")
		}
		fmt.Fprintln(w)
	}
	number := func(name string, cell func(r serverReport) int64) {
		row(name, func(r serverReport) string { return strconv.FormatInt(cell(r), 10) })
	}
	row("style of the tasks", func(r serverReport) string { return r.Style })
	number("connections at a time", func(r serverReport) int64 { return int64(r.Conns) })
	number("bytes echoed and verified", func(r serverReport) int64 { return r.Client.Bytes })
	number("wrong bytes", func(r serverReport) int64 { return r.Client.Wrong })
	number("requests per second", func(r serverReport) int64 { return r.Client.Rate })
	row("resident bytes per idle connection", func(r serverReport) string {
		if r.IdleBytes < 0 {
			return "not known here"
		}
		return strconv.FormatInt(r.IdleBytes, 10)
	})
	number("tasks spawned", func(r serverReport) int64 { return int64(r.Spawned) })
	number("  completed", func(r serverReport) int64 { return int64(r.Completed) })
	number("  aborted, under load", func(r serverReport) int64 { return int64(r.Cancelled) })
	number("connections that saw the abort", func(r serverReport) int64 { return r.Client.Cut })
	row("descriptors before, after", func(r serverReport) string { return r.FDs.String() })
	row("goroutines before, after", func(r serverReport) string { return r.Goroutines.String() })
}
