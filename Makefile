# Every target loops over the modules of modules.txt, bottom up.
# `make help` lists the targets. ARGS passes arguments through where it says so.

GO      ?= go
MODULES := $(shell awk '{ sub(/\#.*/, "") } NF { print $$1 }' modules.txt)

# Nothing here is shipped, so no build needs the commit it was made from.
export GOFLAGS := $(strip $(GOFLAGS) -buildvcs=false)

# Systems and processors that every module must vet for.
VET_OS   := linux darwin freebsd netbsd openbsd dragonfly windows
VET_ARCH := amd64 arm64

# Where an int has 32 bits.
VET_32BIT := linux/386 linux/arm

# Where struct kevent has yet another form: the kqueue backend is checked there too.
VET_KQUEUE := freebsd/386 freebsd/arm netbsd/386 netbsd/arm openbsd/386 openbsd/arm

# A continuous-integration run shows every test.
ifeq ($(CI),true)
VERBOSE := -v
endif

# The tests of tools read the other modules, which go test's cache cannot know.
TESTFLAGS  ?= -count=1 -timeout 10m $(VERBOSE)
RACEFLAGS  ?= -short -count=1 -timeout 10m $(VERBOSE)
BENCHFLAGS ?= -run '^$$' -bench . -benchmem -timeout 30m
ALONEFLAGS ?= -test='-short -count=1 -timeout=5m'
FUZZTIME   ?= 60s

# go test of all packages of a module; in continuous integration, with a second try for a test that fails.
gotest = GO="$(GO)" TOOLS="$(CURDIR)/tools" sh "$(CURDIR)/tools/ci/gotest.sh"

# $(call each,COMMAND) runs COMMAND in the folder of each module, and goes on to
# the next after a failure. A race between modules' tests for sockets or time
# would tell nothing, so one module runs at a time.
define each
	@status=0; for dir in $(MODULES); do \
		echo "== $$dir: $(strip $(1))"; \
		(cd "$$dir" && $(1)) || { echo "== $$dir: FAIL"; status=1; }; \
	done; exit $$status
endef

.PHONY: help
help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build every module
	$(call each,$(GO) build ./...)

# What test and race run of compat/interop: the conformance suite of net.Conn. Its other tests wait for programs of others, which
# only unit has to install; it runs all of them, and so does `go test` in the folder.
of_interop = $$([ "$$dir" != compat/interop ] || echo '-run ^Test(Free)?Conn$$')

# The modes of a runtime in which `make test` runs the tests of executor and what is below it.
TEST_MODES ?= ThreadPerCore/1,WorkStealing/2

.PHONY: test
test: ## go vet and the tests of every module, without root, in less than five minutes
	$(call each,$(GO) vet ./... && EXECUTOR_TEST_MODE=$(TEST_MODES) $(gotest) -short -count=1 -timeout 5m $(VERBOSE) $(of_interop))

# Each pair of a system and a processor costs half a minute for the standard library alone, so here are the systems
# that differ most, and each width of an int; the workflow vets for all pairs. It also tests in all modes: here the
# modes of unit and those of race, which -short selects, are all modes together.
ci: VET_OS := linux darwin freebsd netbsd windows
ci: VET_ARCH := amd64
ci: VET_32BIT := linux/386 linux/arm64
ci: VET_KQUEUE := freebsd/386 openbsd/amd64 dragonfly/amd64
ci: UNIT_MODES := ThreadPerCore/2,ThreadPerCore/8,WorkStealing/1,WorkStealing/4
ci: ALONE_MODES := ThreadPerCore/1

.PHONY: ci
ci: lint vet tidy-check actionlint unit race alone test-kqueue test-windows bench-smoke ## everything that one Linux machine can check; installs the programs it needs
	@$(MAKE) --no-print-directory fuzz FUZZTIME=10s

.PHONY: unit
unit: deps ## the tests of every module; UNIT_MODES= for some modes of a runtime
	$(call each,$(if $(UNIT_MODES),EXECUTOR_TEST_MODE=$(UNIT_MODES)) $(gotest) $(TESTFLAGS))

.PHONY: race
race: deps ## the tests under the race detector; RACEFLAGS= for all of them
	$(call each,$(gotest) -race $(RACEFLAGS) $(of_interop))

.PHONY: fuzz
fuzz: ## every fuzz target of every module, each for FUZZTIME
	@GO="$(GO)" sh tools/ci/fuzz.sh "$(FUZZTIME)" $(MODULES)

.PHONY: vet
vet: ## go vet of every module, and its tests compiled, for every system and processor
	@GO="$(GO)" sh tools/ci/vet.sh "$(VET_OS)" "$(VET_ARCH)" "$(VET_32BIT)" "$(VET_KQUEUE)" $(MODULES)

.PHONY: test-kqueue
test-kqueue: ## the kqueue backend over doubles of the kernels, and darwin's and freebsd's tests on Linux
	@GO="$(GO)" VERBOSE="$(VERBOSE)" sh tools/ci/test-kqueue.sh

.PHONY: test-windows
test-windows: ## the tests of the Windows build under Wine, which it installs
	@GO="$(GO)" VERBOSE="$(VERBOSE)" sh tools/ci/test-windows.sh

.PHONY: test-32bit
test-32bit: ## the tests of what is below executor where an int has 32 bits, under qemu-user, which it installs
	@GO="$(GO)" VERBOSE="$(VERBOSE)" sh tools/ci/test-32bit.sh

.PHONY: echo-windows
echo-windows: ## echo round trips under Wine beside those of package net; ARGS
	@sh tools/ci/install-wine.sh
	@EXECUTOR_TEST_MODE=ThreadPerCore/1 $(GO) run ./tools/cmd/onwine -- env GOOS=windows GOARCH=amd64 CGO_ENABLED=0 \
		$(GO) test -exec wine -v -count=1 -run TestEchoFigure ./executor/net/tcp -args -echo.figure $(ARGS)

.PHONY: alone
alone: deps ## check each module by itself, from a packed module proxy
	$(if $(ALONE_MODES),EXECUTOR_TEST_MODE=$(ALONE_MODES)) $(GO) run ./tools/cmd/alone $(ALONEFLAGS) $(ARGS)

.PHONY: tidy-check
tidy-check: ## go mod tidy would change nothing
	$(call each,GOWORK=off $(GO) mod tidy -diff)

.PHONY: tidy
tidy: ## go mod tidy in every module
	$(call each,GOWORK=off $(GO) mod tidy)

# $(call tool,NAME) is the path of a linter, a Go tool of tools/ that is built into
# Go's cache.
tool = $$(GOWORK=off $(GO) -C $(CURDIR)/tools tool -n $(1))

.PHONY: lint
lint: ## gofmt, go vet and staticcheck
	@unformatted=$$(gofmt -l $(MODULES)); if [ -n "$$unformatted" ]; then \
		echo "not formatted by gofmt:"; echo "$$unformatted"; exit 1; fi
	$(call each,$(GO) vet ./...)
	@staticcheck=$(call tool,staticcheck) || exit 1; status=0; for dir in $(MODULES); do \
		echo "== $$dir: staticcheck ./..."; \
		(cd "$$dir" && "$$staticcheck" ./...) || status=1; \
	done; exit $$status

.PHONY: actionlint
actionlint: ## check the workflows
	@actionlint=$(call tool,actionlint) || exit 1; echo "== actionlint"; \
		"$$actionlint" -shellcheck= -pyflakes= .github/workflows/*.yml

.PHONY: bench-modules
bench-modules: ## the benchmarks of every module; BENCHFLAGS, ARGS
	$(call each,$(GO) test $(BENCHFLAGS) ./... $(ARGS))

.PHONY: bench
bench: ## this runtime beside goroutines and others; takes an hour and a half; ARGS
	$(GO) run ./tools/bench -out tools/bench/results $(ARGS)

.PHONY: bench-smoke
bench-smoke: ## the same, small and once: that it runs and computes what it should; ARGS
	$(GO) run ./tools/bench -smoke $(ARGS)

.PHONY: bench-readme
bench-readme: ## put the summary of the last `make bench` into README.md
	$(GO) run ./tools/bench -from tools/bench/results/report.json -readme README.md >/dev/null

.PHONY: guide
guide: ## write the code of the examples into the documents that show it
	$(GO) run ./tools/cmd/guide README.md GUIDE.md core/README.md executor/README.md reactor/README.md reactor/*/README.md

.PHONY: demo
demo: ## the echo server under load; ARGS
	$(GO) run ./executor/example/echo/demo $(ARGS)

.PHONY: figures
figures: ## each figure beside goroutines or the epoll loop in Go: `name value <= bound ok`; minutes; ARGS
	@$(GO) run ./tools/bench -quick $(ARGS)

.PHONY: deps
deps: ## install the system's programs that some tests use, when missing
	@sh tools/ci/install-deps.sh
