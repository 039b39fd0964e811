#!/bin/sh
# The tests where an int has 32 bits, on an emulated ARM; make test-32bit calls this. GO is the go command,
# VERBOSE a flag of go test. (qemu-i386 delivers no signal to a Go program, so a nil pointer ends it.)
#
# Left out: core/task, whose state machine has no 64-bit word and is explored for minutes there, and executor,
# whose tests wait for what an emulator is too slow for. make vet compiles them.
set -eu
cd "$(dirname "$0")/../.."
go=${GO:-go}
sh tools/ci/install-qemu.sh
export GOOS=linux GOARCH=arm CGO_ENABLED=0

# shellcheck disable=SC2046 # a list of packages
$go test -exec qemu-arm -short -count=1 -timeout 10m ${VERBOSE:-} \
	$($go list ./core/... | grep -v /core/task) ./joinhandle ./reactor ./reactor/epoll
