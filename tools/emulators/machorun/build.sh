#!/bin/sh
# Builds machorun: build.sh OUTPUT
set -eu
cd "$(dirname "$0")"
# Its address must not be the program's, which begins at 0x1000000, and its functions' must fit 32 bits.
exec "${CC:-gcc}" -O2 -Wall -Wno-unused-function -Wno-unused-parameter -fno-stack-protector -fcf-protection=none \
	-no-pie -Wl,-Ttext-segment=0x40000000 -pthread -o "$1" machorun.c
