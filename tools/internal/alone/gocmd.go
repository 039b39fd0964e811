package alone

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moduvex/moduvex-go/tools/internal/packproxy"
)

// goCmd runs the go command as a user's machine would that has never seen this
// repository: no workspace, no flags or settings of the caller, and a module
// cache of its own. (A version that is packed again would stay stale in an old
// cache.)
type goCmd struct {
	env      []string
	fallback string
}

// replaced lists the settings that a caller's environment must not pass on.
var replaced = []string{
	"GOWORK", "GOFLAGS", "GOENV", "GOSUMDB", "GONOSUMDB", "GOPRIVATE", "GONOPROXY", "GOINSECURE",
	"GOTOOLCHAIN", "GOMODCACHE", "GOPROXY", "GOCACHE", "GOOS", "GOARCH", "PWD",
}

func newGoCmd(modcache, fallback string) (*goCmd, error) {
	out, err := exec.Command("go", "env", "-json", "GOCACHE", "GOMODCACHE", "GOPROXY").Output()
	if err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	var user struct{ GOCACHE, GOMODCACHE, GOPROXY string }
	if err := json.Unmarshal(out, &user); err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	if fallback == "" {
		fallback = packproxy.FileURL(filepath.Join(user.GOMODCACHE, "cache", "download")) + "," + user.GOPROXY
	}
	env := slices.DeleteFunc(os.Environ(), func(kv string) bool {
		key, _, _ := strings.Cut(kv, "=")
		return slices.Contains(replaced, key)
	})
	env = append(env,
		"GOWORK=off",
		"GOFLAGS=-mod=mod", // the copies' go.sum lacks the siblings
		"GOENV=off",
		"GOSUMDB=off", // no sum database knows the packed versions
		"GOTOOLCHAIN=local",
		"GOMODCACHE="+modcache,
		"GOCACHE="+user.GOCACHE,
	)
	return &goCmd{env: env, fallback: fallback}, nil
}

// An invocation is one call of the go command.
type invocation struct {
	dir     string
	proxies []*packproxy.Proxy // tried in order, before the fallback
	env     []string
	echo    io.Writer // when not nil, gets the output as it comes
}

// run returns the command's standard output; the error text carries everything
// the command said.
func (g *goCmd) run(in invocation, args ...string) (string, error) {
	goproxy := ""
	for _, p := range in.proxies {
		goproxy += p.URL() + ","
	}
	cmd := exec.Command("go", args...)
	cmd.Dir = in.dir
	cmd.Env = slices.Concat(g.env, []string{"GOPROXY=" + goproxy + g.fallback, "PWD=" + in.dir}, in.env)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if in.echo != nil {
		cmd.Stdout = io.MultiWriter(&stdout, in.echo)
		cmd.Stderr = cmd.Stdout // one writer: os/exec keeps their order
	}
	if err := cmd.Run(); err != nil {
		what := strings.Join(slices.Concat(in.env, []string{"go"}, args), " ")
		return "", fmt.Errorf("%s: %w\n%s", what, err, strings.TrimSpace(stderr.String()+stdout.String()))
	}
	return stdout.String(), nil
}
