#!/bin/sh
# The tests of the Windows build under Wine; make test-windows calls this. GO is the go command, VERBOSE a flag
# of knownfail. known-wine.txt lists what Wine cannot do.
set -eu
cd "$(dirname "$0")/../.."
go=${GO:-go}
sh tools/ci/install-wine.sh
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
trap 'exit 1' INT TERM
"$go" build -o "$bin/" ./tools/cmd/onwine ./tools/cmd/knownfail

# One package runs at a time: sockets and time would be shared with the others.
run() {
	mode=$1
	shift
	"$bin/onwine" -- "$bin/knownfail" -list tools/ci/known-wine.txt ${VERBOSE:-} \
		-env GOOS=windows -env GOARCH=amd64 -env CGO_ENABLED=0 -env "EXECUTOR_TEST_MODE=$mode" \
		-- -exec wine -short -count=1 -timeout 5m -p 1 "$@"
}

# run_again is run, in continuous integration (CI=true) with a second try: what fails under Wine only once does not hold
# up a change.
run_again() {
	run "$@" && return
	[ "${CI-}" = true ] || return 1
	echo "== a second time"
	run "$@"
}

# A Ctrl-C can only come from outside of Wine: as an interrupt of its process.
interrupt() {
	CGO_ENABLED=0 GOOS=windows GOARCH=amd64 "$go" test -c -o "$bin/signal.exe" ./executor/signal
	"$bin/onwine" -- sh -c '
		out=$1/out
		: >"$out"
		SIGNAL_TEST_CHILD=wait wine "$1/signal.exe" >>"$out" 2>/dev/null </dev/null &
		pid=$!
		until_said() { # WORD TIMES
			tries=0
			until [ "$(grep -c "$1" "$out")" -ge "$2" ]; do
				tries=$((tries + 1))
				[ "$tries" -lt 300 ] || { kill -KILL "$pid"; exit 1; }
				sleep 0.1
			done
		}
		for n in 1 2; do
			until_said ready "$n"
			kill -INT "$pid"
		done
		until_said end 1 # or an interrupt was lost, and it waits for ever
		wait "$pid"
	' sh "$bin" && [ "$(grep -c "got interrupt" "$bin/out")" = 2 ]
}

status=0
echo "== windows/amd64 under Wine: ThreadPerCore/2"
run_again ThreadPerCore/2 ./reactor/... ./reactor/epoll ./reactor/kqueue ./reactor/iocp ./core/lock/... ./core/channel/... \
	./joinhandle/... ./executor/... ./compat/... || status=1
echo "== windows/amd64 under Wine: WorkStealing/2"
run_again WorkStealing/2 ./executor || status=1
if interrupt; then
	echo "ok   Ctrl-C arrives again and again"
else
	echo "FAIL Ctrl-C does not arrive"
	cat "$bin/out" || true
	status=1
fi
exit $status
