#!/bin/sh
# Builds bsdrun: build.sh OUTPUT
set -eu
cd "$(dirname "$0")"
exec "${CC:-gcc}" -O2 -Wall -Wno-unused-function -ffreestanding -fno-builtin -fno-stack-protector -fcf-protection=none \
	-mno-red-zone -static-pie -nostdlib -fPIE -o "$1" bsdrun.c
