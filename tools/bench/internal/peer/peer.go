// Package peer provides processes that are driven line by line: a measurement starts a [Process], writes a command to its
// standard input and reads one line of its standard output as the reply. The other side is [Answer]. The end of its input
// ends such a process.
package peer

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/moduvex/moduvex-go/tools/bench/internal/proc"
)

// A Process is a server or a load. One goroutine uses it.
type Process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr strings.Builder
}

// Start starts cmd on the given processors, or on all if there are none. The caller owes a [Process.Stop].
func Start(cmd *exec.Cmd, cpus []int) (*Process, error) {
	p := &Process{cmd: cmd}
	cmd.Stderr = &p.stderr
	var err error
	if p.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	return p, proc.Start(cmd, cpus)
}

// Line returns the next line that the process writes, without the white space around it.
func (p *Process) Line() (string, error) {
	text, err := p.out.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("%s has ended: %w", filepath.Base(p.cmd.Path), err)
	}
	return strings.TrimSpace(text), nil
}

// Request writes line to the process, and decodes the line that it replies with from JSON into reply.
func (p *Process) Request(line string, reply any) error {
	if _, err := fmt.Fprintln(p.in, line); err != nil {
		return err
	}
	text, err := p.Line()
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), reply)
}

// Stop closes the input of the process, which ends it, and returns its error.
func (p *Process) Stop() error {
	p.in.Close()
	_, err := io.Copy(io.Discard, p.out)
	if e := p.cmd.Wait(); e != nil {
		return fmt.Errorf("%w: %s", e, strings.TrimSpace(p.stderr.String()))
	}
	return err
}

// Answer calls handle for each line of in, and writes each reply as a line of JSON to out. The first error ends it.
func Answer(in io.Reader, out io.Writer, handle func(line string) (any, error)) error {
	lines := bufio.NewScanner(in)
	enc := json.NewEncoder(out)
	for lines.Scan() {
		reply, err := handle(lines.Text())
		if err != nil {
			return err
		}
		if err := enc.Encode(reply); err != nil {
			return err
		}
	}
	return lines.Err()
}
