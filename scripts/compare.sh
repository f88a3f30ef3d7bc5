#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what is missing, the other allocators among it, builds, and runs a program under each
# allocator in turn. Options are those of `escalier run`: ./scripts/compare.sh -a all -- PROGRAM ARGS
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib/setup.sh
. scripts/lib/setup.sh

setup "${build_packages[@]}" "${allocator_packages[@]}"
make -s -j"$(nproc)" MODE=release CC=gcc
root=$PWD
cd "$OLDPWD"
exec "$root/build/gcc-release/escalier" run "$@"
