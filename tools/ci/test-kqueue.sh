#!/bin/sh
# Tests the kqueue backend and what stands on it without a BSD: the backend's logic over a double of the
# kernel, under the race detector, and then the real test binaries for darwin and freebsd in tools/machorun
# and tools/bsdrun. What these two cannot do is listed in known-darwin.txt and known-freebsd.txt; everything else has to pass.
# It needs Linux on amd64 and gcc.
set -eu
cd "$(dirname "$0")/../.."
go=${GO:-go}

if [ "$(uname -s)/$(uname -m)" != Linux/x86_64 ]; then
	echo "test-kqueue: the runners need Linux on amd64" >&2
	exit 1
fi
sh tools/ci/install-deps.sh
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
trap 'exit 1' INT TERM

echo "== the logic over a double of the kernel, under the race detector"
(cd reactor/kqueue && $go test -race -count=1 -timeout 5m ${VERBOSE-} .)

sh tools/machorun/build.sh "$bin/go_darwin_amd64_exec"
sh tools/bsdrun/build.sh "$bin/go_freebsd_amd64_exec"
$go build -o "$bin/knownfail" ./tools/cmd/knownfail
PATH=$bin:$PATH # where go test looks for go_GOOS_GOARCH_exec

# The packages that have to do with the system, and what wakes and parks workers.
packages="./reactor/kqueue/... ./reactor ./reactor/reactortest ./executor ./executor/net/... ./executor/signal ./core/sync/..."

status=0
for os in darwin freebsd; do
	case $os in
	darwin) mode=ThreadPerCore/2 ;;
	freebsd) mode=WorkStealing/2 ;;
	esac
	echo "== $os/amd64, $mode"
	# shellcheck disable=SC2086 # lists of words
	GOOS=$os GOARCH=amd64 CGO_ENABLED=0 GODEBUG=netdns=go EXECUTOR_TEST_MODE=$mode knownfail \
		-list tools/ci/known-$os.txt ${VERBOSE-} -- -short -count=1 -vet=off -p 2 -timeout 5m $packages || status=1
done
exit $status
