#!/bin/sh
# Runs every fuzz target of the modules, one after the other, each for a time:
#
#	fuzz.sh 60s MODULE...
#
# An input that fails is written to testdata/fuzz in the package's folder, where go test runs it from then on.
set -eu
cd "$(dirname "$0")/../.."
time=$1
shift
go=${GO:-go}
root=$PWD
export EXECUTOR_TEST_MODE=ThreadPerCore/1 # a target runs in one mode
out=$(mktemp)
trap 'rm -f "$out"' EXIT
trap 'exit 1' INT TERM

# fuzz TARGET runs a target of the package in this folder. Where the time ends in the middle of an input, go test
# may say that as a failure of the target; it has found nothing then.
fuzz() {
	if $go test -run '^$' -fuzz "^$1\$" -fuzztime "$time" . >"$out" 2>&1; then
		grep '^fuzz: ' "$out" | tail -n 1
		return 0
	fi
	cat "$out"
	if grep -q 'context deadline exceeded' "$out" && ! grep -q 'Failing input' "$out"; then
		return 0
	fi
	grep '^ *testdata/fuzz/\|Failing input written to' "$out" | sed 's/.* //' | while read -r file; do
		if [ -f "$file" ]; then
			echo "== $file"
			cat "$file"
		fi
	done
	return 1
}

status=0 targets=0
for module in "$@"; do
	cd "$root/$module"
	for package in $($go list -f '{{.Dir}}' ./...); do
		cd "$package"
		grep -qs '^func Fuzz' ./*_test.go || continue
		list=$($go test -list '^Fuzz' .) || status=1
		for target in $(echo "$list" | grep '^Fuzz' || true); do
			echo "== ${package#"$root/"}: $target for $time"
			targets=$((targets + 1))
			fuzz "$target" || status=1
		done
	done
done
if [ "$targets" -eq 0 ]; then
	echo "fuzz: no target was found" >&2
	exit 1
fi
exit $status
