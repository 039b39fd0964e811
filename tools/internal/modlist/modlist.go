// Package modlist reads modules.txt, the one list of this repository's modules
// that the Makefile, the workflows and the tools share.
//
// Each line names a folder, whether it is released, and its next version:
//
//	# a comment, and blank lines, are skipped
//	core           released    v0.1.0
//	reactor/epoll  released    v0.1.0
//	tools          unreleased  v0.0.0
//
// The order is bottom up: a module may require only modules above its line.
package modlist

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// FileName is the list's name in the repository's root.
const FileName = "modules.txt"

// A Module is one line of the list.
type Module struct {
	Dir      string // slash-separated, relative to the root
	Released bool
	Version  string // the version that the folder's tree will be released as
	Line     int

	Path string        // module path, from go.mod; set by Load
	Mod  *modfile.File // parsed go.mod; set by Load
}

// Tag returns the version-control tag of one version of m.
func (m Module) Tag(version string) string { return m.Dir + "/" + version }

// List is the content of modules.txt, in its order.
type List []Module

// ByPath returns the module whose packages include the import path: the one
// with the longest module path that is a prefix of it.
func (l List) ByPath(importPath string) (Module, bool) {
	best := -1
	for i, m := range l {
		if m.Path == "" || !HasPathPrefix(importPath, m.Path) {
			continue
		}
		if best < 0 || len(m.Path) > len(l[best].Path) {
			best = i
		}
	}
	if best < 0 {
		return Module{}, false
	}
	return l[best], true
}

// ByDir returns the module in the given folder.
func (l List) ByDir(dir string) (Module, bool) {
	i := slices.IndexFunc(l, func(m Module) bool { return m.Dir == dir })
	if i < 0 {
		return Module{}, false
	}
	return l[i], true
}

// Released returns the modules that are released, in order.
func (l List) Released() List {
	var out List
	for _, m := range l {
		if m.Released {
			out = append(out, m)
		}
	}
	return out
}

// HasPathPrefix reports whether prefix is s itself or a leading run of s's
// slash-separated elements.
func HasPathPrefix(s, prefix string) bool {
	rest, ok := strings.CutPrefix(s, prefix)
	return ok && (rest == "" || rest[0] == '/')
}

// Load reads root's modules.txt and the go.mod of each folder it names, and
// checks what no single file can: that every sibling a module requires is in
// the list and above it, and that go.work names the same folders.
func Load(root string) (List, error) {
	f, err := os.Open(filepath.Join(root, FileName))
	if err != nil {
		return nil, fmt.Errorf("modlist: %w", err)
	}
	defer f.Close()
	list, err := Parse(FileName, f)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if err := list[i].readGoMod(root); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", FileName, list[i].Line, err)
		}
	}
	if err := list.checkOrder(); err != nil {
		return nil, err
	}
	if err := list.checkWork(root); err != nil {
		return nil, err
	}
	return list, nil
}

// Parse reads a list; name is used in error texts, which are "name:line: what".
func Parse(name string, r io.Reader) (List, error) {
	var list List
	sc := bufio.NewScanner(r)
	for line := 1; sc.Scan(); line++ {
		text, _, _ := strings.Cut(sc.Text(), "#")
		fields := strings.Fields(text)
		if len(fields) == 0 {
			continue
		}
		m, err := parseFields(fields)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, line, err)
		}
		if prev, ok := list.ByDir(m.Dir); ok {
			return nil, fmt.Errorf("%s:%d: %s is already listed on line %d", name, line, m.Dir, prev.Line)
		}
		m.Line = line
		list = append(list, m)
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s: no module is listed", name)
	}
	return list, nil
}

func parseFields(fields []string) (Module, error) {
	if len(fields) != 3 {
		return Module{}, fmt.Errorf("want 3 fields (folder, released or unreleased, next version), have %d", len(fields))
	}
	m := Module{Dir: fields[0], Version: fields[2]}
	if path.Clean(m.Dir) != m.Dir || !filepath.IsLocal(m.Dir) || m.Dir == "." || strings.Contains(m.Dir, `\`) {
		return Module{}, fmt.Errorf("folder %q is not a clean path below the root", m.Dir)
	}
	switch fields[1] {
	case "released":
		m.Released = true
	case "unreleased":
	default:
		return Module{}, fmt.Errorf("%s: %q is neither released nor unreleased", m.Dir, fields[1])
	}
	if semver.Canonical(m.Version) != m.Version {
		return Module{}, fmt.Errorf("%s: %q is not a version of the form vX.Y.Z", m.Dir, m.Version)
	}
	if module.IsPseudoVersion(m.Version) {
		return Module{}, fmt.Errorf("%s: the next version %s is a pseudo-version", m.Dir, m.Version)
	}
	return m, nil
}

func (m *Module) readGoMod(root string) error {
	name := path.Join(m.Dir, "go.mod")
	data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	mod, err := modfile.Parse(name, data, nil)
	if err != nil {
		return err
	}
	if mod.Module == nil {
		return fmt.Errorf("%s: no module line", name)
	}
	m.Path, m.Mod = mod.Module.Mod.Path, mod
	if !strings.HasSuffix(m.Path, "/"+m.Dir) {
		return fmt.Errorf("%s: module path %s does not end in /%s", name, m.Path, m.Dir)
	}
	_, pathMajor, _ := module.SplitPathVersion(m.Path)
	if err := module.CheckPathMajor(m.Version, pathMajor); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (l List) checkOrder() error {
	prefix := strings.TrimSuffix(l[0].Path, l[0].Dir)
	for i, m := range l {
		if m.Path != prefix+m.Dir {
			return fmt.Errorf("%s:%d: module path of %s is %s, want %s", FileName, m.Line, m.Dir, m.Path, prefix+m.Dir)
		}
		for _, req := range m.Mod.Require {
			dir, ok := strings.CutPrefix(req.Mod.Path, prefix)
			if !ok {
				continue
			}
			at := slices.IndexFunc(l, func(s Module) bool { return s.Dir == dir })
			switch {
			case at < 0:
				return fmt.Errorf("%s:%d: %s requires %s, which is not listed", FileName, m.Line, m.Dir, req.Mod.Path)
			case at >= i:
				return fmt.Errorf("%s:%d: %s requires %s, which is listed below it, on line %d", FileName, m.Line, m.Dir, dir, l[at].Line)
			}
		}
	}
	return nil
}

func (l List) checkWork(root string) error {
	data, err := os.ReadFile(filepath.Join(root, "go.work"))
	if err != nil {
		return fmt.Errorf("modlist: %w", err)
	}
	work, err := modfile.ParseWork("go.work", data, nil)
	if err != nil {
		return fmt.Errorf("modlist: %w", err)
	}
	used := map[string]bool{}
	for _, use := range work.Use {
		dir := path.Clean(filepath.ToSlash(use.Path))
		used[dir] = true
		if _, ok := l.ByDir(dir); !ok {
			return fmt.Errorf("go.work:%d: %s is not in %s", use.Syntax.Start.Line, dir, FileName)
		}
	}
	for _, m := range l {
		if !used[m.Dir] {
			return fmt.Errorf("%s:%d: %s is not in go.work", FileName, m.Line, m.Dir)
		}
	}
	return nil
}
