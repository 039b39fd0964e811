// Package alone proves that every released module works for a user who has
// nothing but its published form: no workspace, no sibling folder, no replace.
//
// The steps of Run, in order:
//
//  1. Read modules.txt and every go.mod.
//  2. Pack each released module into a file-system proxy: at its tag where its
//     next version is tagged already, else from the tree. Then pack, from their
//     tags, the older sibling versions that some go.mod names.
//  3. For each module: unpack a copy, drop the sibling replaces, and run go mod
//     tidy (which must change nothing), build, vet and test in it.
//  4. Build and run the consumers: small programs that require the packed
//     modules the way a user does.
//
// What this catches and the workspace hides: a sibling's symbol that is newer
// than the sibling version required; a require that is missing; a required
// version that exists nowhere; a symbol or interface method whose change breaks
// an older module that a user has pinned.
package alone

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/module"

	"github.com/moduvex/moduvex-go/tools/internal/modlist"
	"github.com/moduvex/moduvex-go/tools/internal/packproxy"
)

// A Platform is a pair of GOOS and GOARCH.
type Platform struct{ OS, Arch string }

func (p Platform) String() string { return p.OS + "/" + p.Arch }

// Config says what to check and how.
type Config struct {
	Root      string     // the repository
	Platforms []Platform // vet for each of these; the tests run on the host only
	TestArgs  []string   // arguments of go test, such as -short
	Consumers []Consumer

	// Fallback is the GOPROXY list for modules that are not packed. When it
	// is empty, that is the present module cache and then the user's GOPROXY.
	Fallback string

	Log io.Writer // progress and the output of go test
}

// A Consumer is a scenario that runs after the modules were checked.
type Consumer interface {
	Name() string
	check(*run) error
}

// run is the state of one Run.
type run struct {
	Config
	tmp    string
	list   modlist.List     // every module of the repository
	packed *packproxy.Proxy // what a user could download
	tree   *packproxy.Proxy // the released modules' trees, at their next versions
	gocmd  *goCmd
}

// Run checks every released module and every consumer. It goes on after a
// failure, and returns all failures joined; each names its module.
func Run(cfg Config) (err error) {
	list, err := modlist.Load(cfg.Root)
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "alone-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, removeAll(tmp)) }()

	r := &run{Config: cfg, tmp: tmp, list: list}
	if r.packed, err = packproxy.New(filepath.Join(tmp, "packed")); err != nil {
		return err
	}
	if r.tree, err = packproxy.New(filepath.Join(tmp, "tree")); err != nil {
		return err
	}
	if r.gocmd, err = newGoCmd(filepath.Join(tmp, "modcache"), cfg.Fallback); err != nil {
		return err
	}
	if err := r.pack(); err != nil {
		return err
	}
	var failures []error
	for _, m := range list.Released() {
		failures = append(failures, r.step(m.Dir, func() error { return r.checkModule(m) }))
	}
	for _, c := range cfg.Consumers {
		failures = append(failures, r.step(c.Name(), func() error { return c.check(r) }))
	}
	return errors.Join(failures...)
}

// step runs one check and logs how it ended.
func (r *run) step(name string, check func() error) error {
	start := time.Now()
	fmt.Fprintf(r.Log, "alone: %s\n", name)
	err := check()
	result := "ok"
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
		result = "FAIL"
	}
	fmt.Fprintf(r.Log, "alone: %s: %s (%.1fs)\n", name, result, time.Since(start).Seconds())
	return err
}

// pack fills both proxies.
func (r *run) pack() error {
	tags, err := packproxy.Tags(r.Root)
	if err != nil {
		return err
	}
	for _, m := range r.list.Released() {
		if err := r.packNext(m, tags); err != nil {
			return err
		}
	}
	// Older versions may name still older ones, so the list grows as we go.
	var todo []required
	for _, m := range r.list.Released() {
		todo = append(todo, r.siblings(m)...)
	}
	for ; len(todo) > 0; todo = todo[1:] {
		req := todo[0]
		if r.packed.Has(req.version) {
			continue
		}
		more, err := r.packTagged(req, tags)
		if err != nil {
			return err
		}
		todo = append(todo, more...)
	}
	return nil
}

// packNext packs a module's next version.
func (r *run) packNext(m modlist.Module, tags map[string]bool) error {
	for _, rep := range m.Mod.Replace {
		if sib, ok := r.list.ByPath(rep.Old.Path); !ok || sib.Path != rep.Old.Path {
			return fmt.Errorf("%s: go.mod replaces %s, which is no sibling: users ignore replaces", m.Dir, rep.Old.Path)
		}
	}
	next := module.Version{Path: m.Path, Version: m.Version}
	dir := filepath.Join(r.Root, filepath.FromSlash(m.Dir))
	if err := r.tree.AddDir(next, dir); err != nil {
		return err
	}
	if !tags[m.Tag(m.Version)] {
		return r.packed.AddDir(next, dir)
	}
	if err := r.packed.AddTag(next, r.Root, m.Tag(m.Version), m.Dir); err != nil {
		return err
	}
	tagged, err := r.packed.Hash(next)
	if err != nil {
		return err
	}
	now, err := r.tree.Hash(next)
	if err != nil {
		return err
	}
	if tagged != now {
		return fmt.Errorf("%s:%d: %s has changed since the tag %s, which never moves: raise its next version",
			modlist.FileName, m.Line, m.Dir, m.Tag(m.Version))
	}
	return nil
}

// required is a sibling version, and the folder of a module that requires it.
type required struct {
	by      string
	sibling modlist.Module
	version module.Version
}

// siblings returns the sibling versions that m's go.mod requires.
func (r *run) siblings(m modlist.Module) []required {
	var out []required
	for _, req := range m.Mod.Require {
		if sib, ok := r.list.ByPath(req.Mod.Path); ok && sib.Path == req.Mod.Path {
			out = append(out, required{by: m.Dir, sibling: sib, version: req.Mod})
		}
	}
	return out
}

// packTagged packs a sibling version that only a tag can provide, and returns
// what that version requires in turn.
func (r *run) packTagged(req required, tags map[string]bool) ([]required, error) {
	sib, want := req.sibling, req.version
	switch {
	case !sib.Released:
		return nil, fmt.Errorf("%s: go.mod requires %s, which is never released", req.by, sib.Path)
	case module.IsPseudoVersion(want.Version):
		return nil, fmt.Errorf("%s: go.mod requires %s, a pseudo-version: name a released or next version", req.by, want)
	case !tags[sib.Tag(want.Version)]:
		return nil, fmt.Errorf("%s: go.mod requires %s, which is neither tagged (%s) nor the next version (%s)",
			req.by, want, sib.Tag(want.Version), sib.Version)
	}
	if err := r.packed.AddTag(want, r.Root, sib.Tag(want.Version), sib.Dir); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(r.tmp, "old-")
	if err != nil {
		return nil, err
	}
	if err := r.packed.Unpack(want, dir); err != nil {
		return nil, err
	}
	old := modlist.Module{Dir: sib.Dir, Path: sib.Path, Version: want.Version}
	if old.Mod, err = readGoMod(dir); err != nil {
		return nil, fmt.Errorf("%s: %w", want, err)
	}
	return r.siblings(old), nil
}

// removeAll is os.RemoveAll for a folder that holds a module cache, whose
// folders are read-only.
func removeAll(dir string) error {
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			err = os.Chmod(name, 0o777)
		}
		return err
	})
	return errors.Join(err, os.RemoveAll(dir))
}
