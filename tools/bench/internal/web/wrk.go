package web

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/moduvex/moduvex-go/tools/bench/internal/proc"
)

// ErrNoWrk is the error of [Wrk] where there is no such program.
var ErrNoWrk = errors.New("web: W11 needs the load generator wrk: install the Debian package wrk (apt-get install wrk)")

// Wrk returns the path of wrk.
func Wrk() (string, error) {
	path, err := exec.LookPath("wrk")
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoWrk, err)
	}
	return path, nil
}

// A wrkReport is what a run of wrk has found.
type wrkReport struct {
	requests int           // that got a reply
	took     time.Duration // as wrk counts it
	p50, p99 time.Duration
	cpu      time.Duration // of wrk itself
}

// runWrk runs wrk for some seconds, with so many connections on so many threads.
func runWrk(ctx context.Context, path string, cpus []int, url string, conns, threads, seconds int) (wrkReport, error) {
	cmd := exec.CommandContext(ctx, path, "--latency", "--timeout", "20s", "-t", strconv.Itoa(threads),
		"-c", strconv.Itoa(conns), "-d", fmt.Sprintf("%ds", seconds), url)
	var text strings.Builder
	cmd.Stdout, cmd.Stderr = &text, &text
	if err := proc.Start(cmd, cpus); err != nil {
		return wrkReport{}, err
	}
	if err := cmd.Wait(); err != nil {
		return wrkReport{}, fmt.Errorf("web: wrk: %w: %s", err, strings.TrimSpace(text.String()))
	}
	r, err := parseWrk(text.String())
	r.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return r, err
}

// parseWrk reads what wrk has printed, with --latency. A request that failed is an error.
func parseWrk(text string) (r wrkReport, err error) {
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		switch {
		case strings.Contains(line, "Socket errors:"), strings.Contains(line, "Non-2xx or 3xx responses:"):
			return r, fmt.Errorf("web: wrk: %s", strings.TrimSpace(line))
		case len(f) == 2 && f[0] == "50%":
			r.p50, err = time.ParseDuration(f[1])
		case len(f) == 2 && f[0] == "99%":
			r.p99, err = time.ParseDuration(f[1])
		case len(f) > 3 && f[1] == "requests" && f[2] == "in":
			if r.requests, err = strconv.Atoi(f[0]); err == nil {
				r.took, err = time.ParseDuration(strings.TrimSuffix(f[3], ","))
			}
		}
		if err != nil {
			return r, fmt.Errorf("web: wrk: %q: %w", strings.TrimSpace(line), err)
		}
	}
	if r.requests == 0 || r.took <= 0 || r.p50 <= 0 || r.p99 < r.p50 {
		return r, fmt.Errorf("web: wrk: not what it prints with --latency: %q", text)
	}
	return r, nil
}
