#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what is missing, builds, measures this machine's latency staircase, draws it, and says
# where the report is. Options are those of `escalier sweep`.
set -eu
cd "$(dirname "$0")/.."
# shellcheck source=scripts/lib/setup.sh
. scripts/lib/setup.sh

setup "${build_packages[@]}"
make -s -j"$(nproc)" MODE=release CC=gcc
exec build/gcc-release/escalier sweep "$@"
