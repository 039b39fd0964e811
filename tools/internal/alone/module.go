package alone

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/moduvex/moduvex-go/tools/internal/modlist"
	"github.com/moduvex/moduvex-go/tools/internal/packproxy"
)

// checkModule builds, vets and tests a copy of m against the packed siblings.
func (r *run) checkModule(m modlist.Module) error {
	dir := filepath.Join(r.tmp, "alone", filepath.FromSlash(m.Dir))
	// The zip leaves out what a user does not get: nested modules above all.
	if err := r.tree.Unpack(module.Version{Path: m.Path, Version: m.Version}, dir); err != nil {
		return err
	}
	in := invocation{dir: dir, proxies: []*packproxy.Proxy{r.packed}}
	if err := r.tidy(in); err != nil {
		return err
	}
	if _, err := r.gocmd.run(in, "build", "./..."); err != nil {
		return err
	}
	for _, p := range r.Platforms {
		vet := in
		vet.env = []string{"GOOS=" + p.OS, "GOARCH=" + p.Arch, "CGO_ENABLED=0"}
		if _, err := r.gocmd.run(vet, "vet", "./..."); err != nil {
			return err
		}
	}
	in.echo = r.Log
	_, err := r.gocmd.run(in, slices.Concat([]string{"test"}, r.TestArgs, []string{"./..."})...)
	return err
}

// tidy drops the sibling replaces of the copy and runs go mod tidy, which adds
// the siblings to go.sum and must otherwise change nothing: the go command
// would add a lost require silently while it builds.
func (r *run) tidy(in invocation) error {
	mod, err := readGoMod(in.dir)
	if err != nil {
		return err
	}
	for _, rep := range mod.Replace {
		if err := mod.DropReplace(rep.Old.Path, rep.Old.Version); err != nil {
			return err
		}
	}
	mod.Cleanup()
	text, err := mod.Format()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(in.dir, "go.mod"), text, 0o666); err != nil {
		return err
	}
	if _, err := r.gocmd.run(in, "mod", "tidy"); err != nil {
		return err
	}
	after, err := readGoMod(in.dir)
	if err != nil {
		return err
	}
	if d := diff(facts(mod), facts(after)); d != "" {
		return fmt.Errorf("go mod tidy without the workspace changes go.mod:\n%s", d)
	}
	return nil
}

// facts lists what go mod tidy may change in a go.mod.
func facts(mod *modfile.File) []string {
	var out []string
	if mod.Go != nil {
		out = append(out, "go "+mod.Go.Version)
	}
	if mod.Toolchain != nil {
		out = append(out, "toolchain "+mod.Toolchain.Name)
	}
	for _, req := range mod.Require {
		line := "require " + req.Mod.Path + " " + req.Mod.Version
		if req.Indirect {
			line += " // indirect"
		}
		out = append(out, line)
	}
	return out
}

// diff marks the lines that only a has with -, and those that only b has with +.
func diff(a, b []string) string {
	var out strings.Builder
	for _, line := range a {
		if !slices.Contains(b, line) {
			fmt.Fprintf(&out, "-%s\n", line)
		}
	}
	for _, line := range b {
		if !slices.Contains(a, line) {
			fmt.Fprintf(&out, "+%s\n", line)
		}
	}
	return strings.TrimSuffix(out.String(), "\n")
}

func readGoMod(dir string) (*modfile.File, error) {
	data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return nil, err
	}
	mod, err := modfile.Parse("go.mod", data, nil)
	if err == nil && mod.Module == nil {
		err = errors.New("go.mod: no module line")
	}
	return mod, err
}
