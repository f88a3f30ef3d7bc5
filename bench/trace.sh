#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# trace.sh BUILD [ROUNDS]: what tracing adds to a malloc and free pair, beside heaptrack and glibc's
# memusage (Debian's packages heaptrack and libc-devtools): in turn, on one CPU; medians over rounds.
set -eu
build=$1 rounds=${2:-11}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cpu=$(($(nproc) - 1))

# once NAME: ns of one pair under that tool.
once() {
  case $1 in
    none) taskset -c "$cpu" "$build/bench/pairs" ;;
    count | sites)
      ESCALIER_TRACE_DIR=$folder ESCALIER_TRACE_MODE=$1 LD_PRELOAD=$build/libescalier-trace.so \
        taskset -c "$cpu" "$build/bench/pairs"
      ;;
    heaptrack) taskset -c "$cpu" heaptrack -r -o "$folder/heaptrack" "$build/bench/pairs" | grep -E '^[0-9.]+$' ;;
    memusage) taskset -c "$cpu" memusage "$build/bench/pairs" 2>/dev/null | grep -E '^[0-9.]+$' ;;
  esac
}

tools=(none count sites)
for tool in heaptrack memusage; do
  if command -v "$tool" >/dev/null; then
    tools+=("$tool")
  else
    echo "$tool is not installed"
  fi
done
for ((round = 0; round < rounds; round++)); do
  for tool in "${tools[@]}"; do
    once "$tool" >>"$folder/$tool.ns"
    find "$folder" -type f ! -name '*.ns' -delete
  done
done
printf '%-10s %8s  %s\n' tool 'ns' 'added, ns a pair (median of rounds, least-most)'
for tool in "${tools[@]}"; do
  paste "$folder/none.ns" "$folder/$tool.ns" | awk -v tool="$tool" '
    { ns[NR] = $2; added[NR] = $2 - $1 }
    function sort(a, n,   i, j, t) {
      for (i = 2; i <= n; i++) { t = a[i]; for (j = i - 1; j > 0 && a[j] > t; j--) a[j + 1] = a[j]; a[j + 1] = t }
    }
    END {
      sort(ns, NR); sort(added, NR); middle = int((NR + 1) / 2)
      printf "%-10s %8.2f", tool, ns[middle]
      if (tool != "none") printf "  %+.2f  %.2f-%.2f", added[middle], added[1], added[NR]
      printf "\n"
    }'
done
