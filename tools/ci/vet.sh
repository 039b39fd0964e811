#!/bin/sh
# Vets everything for systems other than this one, tests included, and compiles what depends on the system:
#
#	vet.sh 'linux darwin ...' 'amd64 arm64' 'linux/386 ...' 'freebsd/386 ...' MODULE...
#
# The third argument has more pairs, for which tools/bench is left out, since what it measures against does not
# compile there; the fourth those for which the kqueue backend alone is checked: its
# structures differ there.
set -eu
cd "$(dirname "$0")/../.."
systems=$1 processors=$2 pairs=$3 extra=$4
shift 4
go=${GO:-go}
export CGO_ENABLED=0

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
trap 'exit 1' INT TERM
packages=
for module in "$@"; do
	packages="$packages ./$module/..."
done
ports=" $($go tool dist list | tr '\n' ' ') "
backends="./reactor/epoll ./reactor/kqueue ./reactor/iocp"
status=0

# check PAIR PACKAGES COMPILED LINKED: go vet; the compiler, for tests too, where code depends on the system; and
# for what differs most the linker as well, which takes the longest and is never cached.
check() {
	case $ports in
	*" $1 "*) ;;
	*) return 0 ;; # Go has no such port
	esac
	echo "== vet $1"
	export GOOS="${1%/*}" GOARCH="${1#*/}"
	# shellcheck disable=SC2086 # lists of words
	{
		$go vet $2 || status=1
		$go list -export -test $3 >/dev/null || status=1
		$go test -c -vet=off -ldflags=-w -o "$out/" $4 || status=1
	}
}

for system in $systems; do
	for processor in $processors; do
		check "$system/$processor" "$packages" "$backends ./executor/..." "$backends ./executor"
	done
done
# shellcheck disable=SC2086 # a list of words
released=$($go list $packages | grep -v /tools/bench)
for pair in $pairs; do
	check "$pair" "$released" "$backends ./executor/..." "$backends ./executor"
done
for pair in $extra; do
	check "$pair" ./reactor/kqueue ./reactor/kqueue ./reactor/kqueue
done
exit $status
