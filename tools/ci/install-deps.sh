#!/bin/sh
# Installs the programs that some tests use beside Go, where they are missing and
# this is a Debian-like system with root rights. Elsewhere it says what is
# missing; the tests that need it skip themselves, but fail where CI=true.
set -eu

missing=
command -v strace >/dev/null 2>&1 || missing="$missing strace"
command -v "${CC:-gcc}" >/dev/null 2>&1 || missing="$missing gcc libc6-dev"
command -v nc >/dev/null 2>&1 || missing="$missing netcat-openbsd"
# Passes sockets to a test of executor/net/activation.
command -v systemd-socket-activate >/dev/null 2>&1 || missing="$missing systemd"
# The clients and the server that the tests of executor/example use.
command -v curl >/dev/null 2>&1 || missing="$missing curl"
command -v wrk >/dev/null 2>&1 || missing="$missing wrk"
command -v redis-cli >/dev/null 2>&1 || missing="$missing redis-tools"
command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ] || missing="$missing nginx-light"
# The clients of HTTP that the tests of compat/interop use.
command -v h2load >/dev/null 2>&1 || missing="$missing nghttp2-client"
command -v slowhttptest >/dev/null 2>&1 || missing="$missing slowhttptest"
# The server that scrapes the tests of compat/prometheus.
command -v prometheus >/dev/null 2>&1 || missing="$missing prometheus"
# The peer of the TLS tests of compat/stdnet.
command -v openssl >/dev/null 2>&1 || missing="$missing openssl"
# The servers that the tests of compat/interop start.
command -v redis-server >/dev/null 2>&1 || missing="$missing redis-server"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || missing="$missing postgresql"
[ -n "$missing" ] || exit 0

if [ "$(uname -s)" != Linux ]; then
	exit 0 # strace and the tests that use it are Linux's
fi
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" -ne 0 ]; then
	echo "install-deps: missing:$missing; the tests that use them will be skipped" >&2
	exit 0
fi
export DEBIAN_FRONTEND=noninteractive
# The tests start the servers: neither a service nor a cluster of the packages runs beside them.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	trap 'rm -f $policy' EXIT
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod +x $policy
fi
install() { apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }
without_cluster() {
	case " $missing " in
	*" postgresql "*)
		install postgresql-common && sed -i 's/^#*create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
		;;
	esac
}
# shellcheck disable=SC2086 # a list of words
if ! { apt-get update -qq && without_cluster && install $missing; }; then
	echo "install-deps: could not install:$missing; the tests that use them will be skipped" >&2
fi
