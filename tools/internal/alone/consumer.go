package alone

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/moduvex/moduvex-go/tools/internal/modlist"
	"github.com/moduvex/moduvex-go/tools/internal/packproxy"
)

const (
	consumerPath = "consumer.test/main"
	consumerGo   = "1.25"
)

// A Single consumer requires one module, which must bring no other module into
// its graph.
type Single struct {
	Dir    string // the module's folder
	Source string // main.go
}

// Name implements Consumer.
func (s Single) Name() string { return "consumer of " + s.Dir + " alone" }

func (s Single) check(r *run) error {
	m, ok := r.list.ByDir(s.Dir)
	if !ok {
		return fmt.Errorf("%s is not in %s", s.Dir, modlist.FileName)
	}
	c, err := r.newConsumer(s.Source, []module.Version{{Path: m.Path, Version: m.Version}}, r.packed)
	if err != nil {
		return err
	}
	graph, err := c.graph()
	if err != nil {
		return err
	}
	want := []string{consumerPath, m.Path + " " + m.Version}
	if !slices.Equal(graph, want) {
		return fmt.Errorf("go list -m all prints\n\t%s\nwant\n\t%s",
			strings.Join(graph, "\n\t"), strings.Join(want, "\n\t"))
	}
	return c.run()
}

// A Pinned consumer holds one module back at an older version while the rest of
// the repository moves on. The folders in Raised are packed a second time, with
// the next minor version after the listed one, requiring each other at that
// version; Pin is raised too, but the raised Top still requires the Pin version
// that its go.mod names, the lowest that suffices. The consumer takes the raised
// Top and exactly that Pin, which must then be picked, and must build and run
// against siblings newer than any that it was made with.
type Pinned struct {
	Top    string
	Pin    string
	Raised []string // the folders below Top that move on
	Source string   // main.go
}

// Name implements Consumer.
func (p Pinned) Name() string { return "consumer of a newer " + p.Top + " that pins " + p.Pin }

func (p Pinned) check(r *run) error {
	top, ok := r.list.ByDir(p.Top)
	if !ok {
		return fmt.Errorf("%s is not in %s", p.Top, modlist.FileName)
	}
	pin, err := r.siblingOf(top, p.Pin)
	if err != nil {
		return err
	}
	newer, err := packproxy.New(filepath.Join(r.tmp, "newer"))
	if err != nil {
		return err
	}
	raised := map[string]string{} // module path to raised version
	for _, dir := range slices.Concat(p.Raised, []string{p.Top}) {
		m, ok := r.list.ByDir(dir)
		if !ok {
			return fmt.Errorf("%s is not in %s", dir, modlist.FileName)
		}
		raised[m.Path] = nextMinor(m.Version)
	}
	pinModule, _ := r.list.ByDir(p.Pin)
	want := []module.Version{pin}
	for path, version := range raised {
		m, _ := r.list.ByPath(path)
		if err := r.packRaised(newer, m, version, raised); err != nil {
			return err
		}
		want = append(want, module.Version{Path: path, Version: version})
	}
	if err := r.packRaised(newer, pinModule, nextMinor(pinModule.Version), raised); err != nil {
		return err
	}

	requires := []module.Version{{Path: top.Path, Version: raised[top.Path]}, pin}
	c, err := r.newConsumer(p.Source, requires, newer, r.packed)
	if err != nil {
		return err
	}
	graph, err := c.graph()
	if err != nil {
		return err
	}
	for _, v := range want {
		if line := v.Path + " " + v.Version; !slices.Contains(graph, line) {
			return fmt.Errorf("go list -m all lacks %s, it prints\n\t%s", line, strings.Join(graph, "\n\t"))
		}
	}
	return c.run()
}

// siblingOf returns the version of the sibling in folder dir that m requires.
func (r *run) siblingOf(m modlist.Module, dir string) (module.Version, error) {
	for _, req := range r.siblings(m) {
		if req.sibling.Dir == dir {
			return req.version, nil
		}
	}
	return module.Version{}, fmt.Errorf("%s: go.mod does not require %s", m.Dir, dir)
}

// packRaised packs m's tree as the given version, its go.mod requiring the
// raised version of each sibling that has one.
func (r *run) packRaised(to *packproxy.Proxy, m modlist.Module, version string, raised map[string]string) error {
	dir, err := os.MkdirTemp(r.tmp, "raised-")
	if err != nil {
		return err
	}
	if err := r.tree.Unpack(module.Version{Path: m.Path, Version: m.Version}, dir); err != nil {
		return err
	}
	mod, err := readGoMod(dir)
	if err != nil {
		return err
	}
	for path, version := range raised {
		if slices.ContainsFunc(mod.Require, func(r *modfile.Require) bool { return r.Mod.Path == path }) {
			if err := mod.AddRequire(path, version); err != nil {
				return err
			}
		}
	}
	text, err := mod.Format()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), text, 0o666); err != nil {
		return err
	}
	return to.AddDir(module.Version{Path: m.Path, Version: version}, dir)
}

// nextMinor returns the minor version after v: v0.2.0 for v0.1.3.
func nextMinor(v string) string {
	major, minor, _ := strings.Cut(strings.TrimPrefix(semver.MajorMinor(v), "v"), ".")
	var n int
	fmt.Sscan(minor, &n) // MajorMinor holds digits only
	return fmt.Sprintf("v%s.%d.0", major, n+1)
}

// consumer is a program's module outside the repository.
type consumer struct {
	r  *run
	in invocation
}

func (r *run) newConsumer(source string, requires []module.Version, proxies ...*packproxy.Proxy) (*consumer, error) {
	dir, err := os.MkdirTemp(r.tmp, "consumer-")
	if err != nil {
		return nil, err
	}
	var mod modfile.File
	if err := mod.AddModuleStmt(consumerPath); err != nil {
		return nil, err
	}
	if err := mod.AddGoStmt(consumerGo); err != nil {
		return nil, err
	}
	for _, req := range requires {
		if err := mod.AddRequire(req.Path, req.Version); err != nil {
			return nil, err
		}
	}
	text, err := mod.Format()
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), text, 0o666); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o666); err != nil {
		return nil, err
	}
	c := &consumer{r: r, in: invocation{dir: dir, proxies: proxies}}
	if _, err := r.gocmd.run(c.in, "mod", "tidy"); err != nil {
		return nil, err
	}
	return c, nil
}

// graph returns the lines of go list -m all.
func (c *consumer) graph() ([]string, error) {
	out, err := c.r.gocmd.run(c.in, "list", "-m", "all")
	if err != nil {
		return nil, err
	}
	return strings.Split(strings.TrimSpace(out), "\n"), nil
}

// run vets, builds and runs the program, whose exit status counts.
func (c *consumer) run() error {
	if _, err := c.r.gocmd.run(c.in, "vet", "."); err != nil {
		return err
	}
	in := c.in
	in.echo = c.r.Log
	_, err := c.r.gocmd.run(in, "run", ".")
	return err
}
