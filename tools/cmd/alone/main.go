// Command alone packs every released module of this repository into a
// file-system module proxy, and then checks each one by itself from there: go
// mod tidy must change nothing, and build, vet and the tests must pass without
// the workspace and without sibling replaces. After that come two consumers: one
// that has core alone, and one that keeps an older backend under a newer
// executor. See package internal/alone for what that finds.
//
// Usage:
//
//	alone [-root dir] [-platforms os/arch,...] [-test args]
package main

import (
	_ "embed"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/moduvex/moduvex-go/tools/internal/alone"
)

var (
	//go:embed consumers/core.go.txt
	coreConsumer string
	//go:embed consumers/pinned.go.txt
	pinnedConsumer string
)

func main() {
	root := flag.String("root", ".", "the repository's root `dir`")
	platforms := flag.String("platforms", "linux/amd64,windows/amd64,darwin/arm64", "comma-separated `list` of GOOS/GOARCH to vet for")
	test := flag.String("test", "-short", "space-separated `args` of go test")
	flag.Parse()
	if err := run(*root, *platforms, *test); err != nil {
		fmt.Fprintf(os.Stderr, "alone: %v\n", err)
		os.Exit(1)
	}
}

func run(root, platforms, test string) error {
	cfg := alone.Config{
		Root:     root,
		TestArgs: strings.Fields(test),
		Log:      os.Stdout,
		Consumers: []alone.Consumer{
			alone.Single{Dir: "core", Source: coreConsumer},
			alone.Pinned{
				Top:    "executor",
				Pin:    "reactor/epoll",
				Raised: []string{"core", "reactor"},
				Source: pinnedConsumer,
			},
		},
	}
	for p := range strings.SplitSeq(platforms, ",") {
		goos, arch, ok := strings.Cut(p, "/")
		if !ok || goos == "" || arch == "" {
			return fmt.Errorf("-platforms: %q is not of the form os/arch", p)
		}
		cfg.Platforms = append(cfg.Platforms, alone.Platform{OS: goos, Arch: arch})
	}
	return alone.Run(cfg)
}
