// Package packproxy packs module trees into a file-system module proxy: a
// folder that the go command reads through GOPROXY=file://folder just as it
// would read a proxy server.
//
// The layout is the one of the GOPROXY protocol:
//
//	DIR/<escaped path>/@v/list       versions, one a line
//	DIR/<escaped path>/@v/V.info     {"Version":"V","Time":"..."}
//	DIR/<escaped path>/@v/V.mod      the go.mod of that version
//	DIR/<escaped path>/@v/V.zip      the module zip
package packproxy

import (
	archive "archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/zip"
)

// A Proxy is a folder in the layout of a module proxy.
type Proxy struct {
	dir string
}

// New returns a proxy kept in dir, which is created when missing.
func New(dir string) (*Proxy, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("packproxy: %w", err)
	}
	if err := os.MkdirAll(abs, 0o777); err != nil {
		return nil, fmt.Errorf("packproxy: %w", err)
	}
	return &Proxy{dir: abs}, nil
}

// URL returns the proxy's address for GOPROXY.
func (p *Proxy) URL() string { return FileURL(p.dir) }

// FileURL returns the file: address of an absolute folder.
func FileURL(dir string) string {
	dir = filepath.ToSlash(dir)
	if !strings.HasPrefix(dir, "/") { // a Windows drive letter
		dir = "/" + dir
	}
	return "file://" + dir
}

// AddDir packs the module in folder dir, without the modules nested in it, as
// the version m. Untracked files of the folder are packed too.
func (p *Proxy) AddDir(m module.Version, dir string) error {
	return p.add(m, func(w io.Writer) error { return zip.CreateFromDir(w, m, dir) })
}

// AddTag packs the version m from the git repository at root: the folder subdir
// at the given tag, as the go command would for a user.
func (p *Proxy) AddTag(m module.Version, root, tag, subdir string) error {
	return p.add(m, func(w io.Writer) error {
		return zip.CreateFromVCS(w, m, root, "refs/tags/"+tag, subdir)
	})
}

// Has reports whether the version m has been packed.
func (p *Proxy) Has(m module.Version) bool {
	name, err := p.file(m, ".zip")
	if err != nil {
		return false
	}
	_, err = os.Stat(name)
	return err == nil
}

// Unpack extracts the packed version m into dir, which must be empty or absent.
func (p *Proxy) Unpack(m module.Version, dir string) error {
	name, err := p.file(m, ".zip")
	if err != nil {
		return err
	}
	return zip.Unzip(dir, m, name)
}

// Hash returns the h1: hash that go.sum would hold for the version m.
func (p *Proxy) Hash(m module.Version) (string, error) {
	name, err := p.file(m, ".zip")
	if err != nil {
		return "", err
	}
	return dirhash.HashZip(name, dirhash.Hash1)
}

func (p *Proxy) add(m module.Version, create func(io.Writer) error) error {
	zipName, err := p.file(m, ".zip")
	if err != nil {
		return err
	}
	if p.Has(m) {
		return fmt.Errorf("packproxy: %s is already packed", m)
	}
	var buf bytes.Buffer
	if err := create(&buf); err != nil {
		return fmt.Errorf("packproxy: %s: %w", m, err)
	}
	if err := os.MkdirAll(filepath.Dir(zipName), 0o777); err != nil {
		return fmt.Errorf("packproxy: %w", err)
	}
	if err := os.WriteFile(zipName, buf.Bytes(), 0o666); err != nil {
		return fmt.Errorf("packproxy: %w", err)
	}
	mod, err := goModOf(m, zipName)
	if err != nil {
		return err
	}
	if err := p.write(m, ".mod", mod); err != nil {
		return err
	}
	info, err := json.Marshal(struct {
		Version string
		Time    time.Time
	}{m.Version, time.Now().UTC().Truncate(time.Second)})
	if err != nil {
		return fmt.Errorf("packproxy: %w", err)
	}
	if err := p.write(m, ".info", info); err != nil {
		return err
	}
	return p.list(m)
}

// goModOf reads go.mod out of a module zip, which may lawfully lack it.
func goModOf(m module.Version, zipName string) ([]byte, error) {
	z, err := archive.OpenReader(zipName)
	if err != nil {
		return nil, fmt.Errorf("packproxy: %w", err)
	}
	defer z.Close()
	f, err := z.Open(m.String() + "/go.mod")
	if err != nil {
		return nil, fmt.Errorf("packproxy: %s has no go.mod", m)
	}
	defer f.Close()
	return io.ReadAll(f)
}

func (p *Proxy) list(m module.Version) error {
	name, err := p.dirOf(m)
	if err != nil {
		return err
	}
	name = filepath.Join(name, "list")
	old, err := os.ReadFile(name)
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("packproxy: %w", err)
	}
	versions := append(strings.Fields(string(old)), m.Version)
	slices.Sort(versions)
	return os.WriteFile(name, []byte(strings.Join(versions, "\n")+"\n"), 0o666)
}

func (p *Proxy) write(m module.Version, ext string, data []byte) error {
	name, err := p.file(m, ext)
	if err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o666)
}

func (p *Proxy) dirOf(m module.Version) (string, error) {
	escaped, err := module.EscapePath(m.Path)
	if err != nil {
		return "", fmt.Errorf("packproxy: %w", err)
	}
	return filepath.Join(p.dir, filepath.FromSlash(escaped), "@v"), nil
}

func (p *Proxy) file(m module.Version, ext string) (string, error) {
	dir, err := p.dirOf(m)
	if err != nil {
		return "", err
	}
	version, err := module.EscapeVersion(m.Version)
	if err != nil {
		return "", fmt.Errorf("packproxy: %w", err)
	}
	return filepath.Join(dir, version+ext), nil
}

// Tags returns the git tags of the repository at root, or none when root is not
// a repository.
func Tags(root string) (map[string]bool, error) {
	if _, err := os.Stat(filepath.Join(root, ".git")); os.IsNotExist(err) {
		return nil, nil
	}
	abs, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("packproxy: %w", err)
	}
	var stderr strings.Builder
	// A container often checks out as one user and runs as another.
	cmd := exec.Command("git", "-c", "safe.directory="+filepath.ToSlash(abs), "-C", abs, "tag", "--list")
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("packproxy: git tag --list: %w: %s", err, strings.TrimSpace(stderr.String()))
	}
	tags := map[string]bool{}
	for tag := range strings.FieldsSeq(string(out)) {
		tags[tag] = true
	}
	return tags, nil
}
