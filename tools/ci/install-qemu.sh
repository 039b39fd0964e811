#!/bin/sh
# Installs qemu-user, which runs test binaries of 32-bit processors (make test-32bit), where it is missing and
# this is a Debian-like system with root rights. There is nothing to run them with otherwise, so it fails.
set -eu

if command -v qemu-arm >/dev/null 2>&1; then
	exit 0
fi
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" -ne 0 ]; then
	echo "install-qemu: there is no qemu-arm, and only root can install it, with apt-get" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends qemu-user >/dev/null
