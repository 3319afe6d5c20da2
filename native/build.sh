#!/bin/bash
# Builds the launcher for each architecture into the folder that is given, or beside this script.
#
# The compilers are those of Debian 12 (gcc, gcc-aarch64-linux-gnu), and the C library is its musl-dev, which apt-get
# downloads for both architectures into a folder of its own. The same packages give the same bytes.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Unpacks the C library of an architecture, as Debian names it.
fetch_musl() {
  local state="$work/$1"
  mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/musl"
  local options=(-qq -o APT::Architecture="$1" -o APT::Architectures="$1" -o Dir::State::lists="$state/lists"
    -o Dir::Cache="$state/cache" -o Dir::State::status=/dev/null -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update
  (cd "$state" && apt-get "${options[@]}" download musl-dev && dpkg-deb -x musl-dev_*.deb musl)
}

# Arguments: the architecture, the compiler, and the name of the architecture in paths.
build() {
  fetch_musl "$1"
  local usr="$work/$1/musl/usr" gcc
  gcc=$($2 -print-file-name=include)
  local lib="$usr/lib/$3"
  (cd "$here" && $2 -std=gnu11 -Os -Wall -Wextra -Werror -static -nostdinc -nostdlib \
    -isystem "$usr/include/$3" -isystem "$gcc" -ffile-prefix-map="$here"=. \
    -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections \
    -Wl,--gc-sections -Wl,--build-id=none -Wl,-s -Wl,-z,noexecstack -o "$out/launch-$1" \
    "$lib/crt1.o" "$lib/crti.o" launch.c "$lib/libc.a" "$($2 -print-libgcc-file-name)" "$lib/libc.a" "$lib/crtn.o")
}

build amd64 gcc x86_64-linux-musl
build arm64 aarch64-linux-gnu-gcc aarch64-linux-musl
