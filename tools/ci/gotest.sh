#!/bin/sh
# go test of all packages of the current folder, with the given arguments. GO is the go command, TOOLS the folder tools.
#
# In continuous integration (CI=true), a test that fails is run once more. One that passes then is flaky: the end of the
# output names it, and it is to be mended, but it does not hold up a change that has nothing to do with it. (One that
# leaves a runtime behind makes a few others fail, so up to eight are run again.) The modules
# in tools have one try there too: their tests print the output of other test runs, which gotestsum takes for theirs.
# A data race is a fault in any case: a report of the race detector fails the run, whatever the second try does.
set -u
go=${GO:-go}
tries=1
if [ "${CI-}" = true ]; then
	case $PWD/ in
	"$TOOLS"/*) ;;
	*) tries=2 ;;
	esac
fi
if [ $tries = 1 ]; then
	exec "$go" test "$@" ./...
fi
gotestsum=$(GOWORK=off "$go" -C "$TOOLS" tool -n gotestsum) || exit 1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
status=0
"$gotestsum" --format standard-verbose --rerun-fails=1 --rerun-fails-max-failures=8 \
	--rerun-fails-report "$dir/flaky" --jsonfile "$dir/events" --packages ./... -- "$@" || status=$?
if [ -s "$dir/flaky" ]; then
	echo "== failed at first, and run again:"
	cat "$dir/flaky"
fi
if [ $status = 0 ] && grep -q "WARNING: DATA RACE" "$dir/events"; then
	echo "== a data race"
	status=1
fi
exit $status
