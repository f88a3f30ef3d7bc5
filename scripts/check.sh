#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what is missing, then passes everything that a change must pass: format, layers, licences,
# lint, unit and command-line tests with gcc and clang, under address, undefined-behaviour and thread
# sanitizers, and without liblikwid, the kernels on AArch64, and a short run of each fuzz target. The
# last line counts all.
set -u
cd "$(dirname "$0")/.." || exit
# shellcheck source=scripts/lib/setup.sh
. scripts/lib/setup.sh

setup "${build_packages[@]}" "${check_packages[@]}"
ESCALIER_COUNTS=$(mktemp)
export ESCALIER_COUNTS
trap 'rm -f "$ESCALIER_COUNTS"' EXIT
jobs=$(nproc)

# step NAME COMMAND...: one pass or failure.
step() {
  local name=$1 log status start=$SECONDS
  shift
  log=$(mktemp)
  printf '%-58s ' "$name"
  "$@" >"$log" 2>&1
  status=$?
  if [ $status -eq 0 ]; then
    echo "ok  $((SECONDS - start)) s"
    echo "1 0 0" >>"$ESCALIER_COUNTS"
  else
    echo FAILED
    cat "$log"
    echo "0 1 0" >>"$ESCALIER_COUNTS"
  fi
  rm -f "$log"
  return $status
}

# A build that fails is one failure, and its tests are not run.
suite() {
  step "build, $1 $2" make -s -j"$jobs" CC="$1" MODE="$2" all test-programs &&
    make -s CC="$1" MODE="$2" check
}

# What differs where liblikwid is not there.
without_likwid() {
  local variant=(LIKWID=no MODE=debug B=build/gcc-without-likwid)
  step "build, gcc debug without liblikwid" make -s -j"$jobs" "${variant[@]}" all &&
    make -s -j"$jobs" "${variant[@]}" check-likwid
}

step "format" make -s format-check
step "layers" scripts/lib/check-layers.sh
step "licences" scripts/lib/check-licences.sh
step "shellcheck" make -s lint-shell
suite gcc release
suite clang release
suite gcc asan
suite clang tsan
without_likwid
step "kernels on aarch64" make -s check-aarch64
step "fuzz targets, a short run of each" make -s -j"$jobs" fuzz
step "install and uninstall" make -s check-install
step "clang-tidy" make -s -j"$jobs" lint

awk '{ p += $1; f += $2; s += $3 } END { exit f > 0 }' "$ESCALIER_COUNTS"
status=$?
awk '{ p += $1; f += $2; s += $3 }
  END { printf "%d passed, %d failed, %d skipped\n", p, f, s }' "$ESCALIER_COUNTS"
exit $status
