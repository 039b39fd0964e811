#!/bin/sh
# Tests the kqueue backend and the packages above it without a BSD: first the logic of the backend over doubles of
# the kernels, under the race detector; then the test binaries for darwin and freebsd in the emulators of
# tools/emulators. known-darwin.txt and known-freebsd.txt list the tests that an emulator cannot pass; all other
# tests must pass. It needs Linux on amd64 and gcc.
set -eu
cd "$(dirname "$0")/../.."
go=${GO:-go}

if [ "$(uname -s)/$(uname -m)" != Linux/x86_64 ]; then
	echo "test-kqueue: the emulators need Linux on amd64" >&2
	exit 1
fi
sh tools/ci/install-deps.sh
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
trap 'exit 1' INT TERM

echo "== the logic over a double of the kernel, under the race detector"
(cd reactor/kqueue && $go test -race -count=1 -timeout 5m ${VERBOSE-} .)

sh tools/emulators/machorun/build.sh "$bin/go_darwin_amd64_exec"
sh tools/emulators/bsdrun/build.sh "$bin/go_freebsd_amd64_exec"
$go build -o "$bin/knownfail" ./tools/cmd/knownfail
PATH=$bin:$PATH # where go test looks for go_GOOS_GOARCH_exec

# The packages that depend on the system, and those that wake and park workers.
packages="./reactor/kqueue/... ./reactor ./reactor/reactortest ./executor ./executor/net/... ./executor/signal ./core/lock/... ./core/channel/... ./compat/..."

run() {
	# shellcheck disable=SC2086 # lists of words
	GOOS=$1 GOARCH=amd64 CGO_ENABLED=0 GODEBUG=netdns=go EXECUTOR_TEST_MODE=$2 knownfail \
		-list "tools/ci/known-$1.txt" ${VERBOSE-} -- -short -count=1 -vet=off -p 2 -timeout 5m $packages
}

# run_again is run, in continuous integration (CI=true) with a second try: what fails in an emulator only once does not
# hold up a change.
run_again() {
	run "$@" && return
	[ "${CI-}" = true ] || return 1
	echo "== a second time"
	run "$@"
}

status=0
for os in darwin freebsd; do
	case $os in
	darwin) mode=ThreadPerCore/2 ;;
	freebsd) mode=WorkStealing/2 ;;
	esac
	echo "== $os/amd64, $mode"
	run_again "$os" "$mode" || status=1
done
exit $status
