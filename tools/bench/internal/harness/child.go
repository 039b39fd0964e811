package harness

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"

	"github.com/moduvex/moduvex-go/tools/bench/internal/echo"
	"github.com/moduvex/moduvex-go/tools/bench/internal/spec"
	"github.com/moduvex/moduvex-go/tools/bench/internal/web"
	"github.com/moduvex/moduvex-go/tools/bench/internal/workload"
)

// ChildFlag is the first argument of a process that a [Runner] has started; the second is for [Child].
const ChildFlag = "-child"

// The roles of a child.
const (
	roleMeasure = "measure" // a workload; prints its sample
	roleServe   = "serve"   // the server of W8 or W11
	roleLoad    = "load"    // the load of W8
	roleClient  = "client"  // a client of W11
)

type childArgs struct {
	Role   string
	Case   spec.Case
	Load   echo.LoadConfig
	Client web.ClientConfig
}

// Child does what arg says, in a process that a [Runner] has started.
func Child(arg string, in io.Reader, out io.Writer) error {
	workload.Quiet()
	var a childArgs
	if err := json.Unmarshal([]byte(arg), &a); err != nil {
		return fmt.Errorf("harness: %s: %w", arg, err)
	}
	switch a.Role {
	case roleMeasure:
		// A twin with other processors would not be one.
		if have := runtime.GOMAXPROCS(0); have != a.Case.Workers {
			return fmt.Errorf("harness: %v has %d processors", a.Case, have)
		}
		s, err := workload.Run(a.Case)
		if err != nil {
			return err
		}
		return json.NewEncoder(out).Encode(s)
	case roleServe:
		if a.Case.Workload == spec.W11 {
			return web.Serve(a.Case, in, out)
		}
		return echo.Serve(a.Case, in, out)
	case roleLoad:
		return echo.Load(a.Load, in, out)
	case roleClient:
		return web.Client(a.Client, in, out)
	}
	return fmt.Errorf("harness: no role: %s", arg)
}
