# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# Installs what is missing, by package name. Sourced by sweep.sh and check.sh.

# What building and sweeping needs, and what the tests need beside that.
# shellcheck disable=SC2034 # used by the scripts that source this
build_packages=(gcc make pkg-config libc6-dev libhwloc-dev libpfm4-dev libjansson-dev libdw-dev libelf-dev
  gnuplot-nox fonts-dejavu-core)
# shellcheck disable=SC2034
allocator_packages=(libjemalloc2 libmimalloc2.0 libtcmalloc-minimal4)
# shellcheck disable=SC2034
check_packages=(likwid clang python3 clang-format clang-tidy libclang-rt-dev libcmocka-dev shellcheck git
  file gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user linux-perf)

missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' ||
      printf '%s\n' "$package"
  done
}

# setup PACKAGE...: returns once all are there; else prints the exact command and exits 1.
setup() {
  local missing runner=()
  if ! command -v dpkg-query >/dev/null; then
    echo "escalier: this is not a Debian system: see README.md for what to install" >&2
    return 0
  fi
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
      runner=(sudo)
    else
      echo "escalier: these packages are missing: ${missing[*]}" >&2
      echo "  try: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
      exit 1
    fi
  fi
  echo "escalier: installing ${missing[*]}" >&2
  "${runner[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 || true
  if ! "${runner[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
    --no-install-recommends "${missing[@]}" >&2; then
    echo "escalier: the packages could not be installed: ${missing[*]}" >&2
    echo "  try: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 1
  fi
}
