#!/bin/sh
# Installs Wine, which runs the tests of the Windows build (make test-windows), where it is missing and this is
# a Debian-like system with root rights. There is nothing to run them with otherwise, so it fails.
set -eu

if command -v wine >/dev/null 2>&1 && command -v wineserver >/dev/null 2>&1; then
	exit 0
fi
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" -ne 0 ]; then
	echo "install-wine: there is no wine, and only root can install it, with apt-get" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends wine wine64 >/dev/null
