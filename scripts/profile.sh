#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what is missing, builds, and tells what a program asks of its allocator. Options are those
# of `escalier trace`: ./scripts/profile.sh -- PROGRAM ARGS
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib/setup.sh
. scripts/lib/setup.sh

setup "${build_packages[@]}"
make -s -j"$(nproc)" MODE=release CC=gcc
root=$PWD
cd "$OLDPWD"
exec "$root/build/gcc-release/escalier" trace "$@"
