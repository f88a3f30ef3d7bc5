#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# overhead.sh ESCALIER: the tool's own cost in a sweep: time around a window, and the share of the
# sweep that was spent inside windows.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for counters in auto none; do
  "$1" sweep --quick --quiet --counters "$counters" -o "$folder/$counters" >/dev/null 2>&1 || true
  awk -F, -v name="$counters" '
    NR == FNR {
      if ($0 ~ /"elapsed_ns"/) { gsub(/[^0-9]/, ""); elapsed = $0 }
      if ($0 ~ /"window_outside_ns"/) { gsub(/[^0-9.]/, ""); outside = $0 }
      next
    }
    FNR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
    { inside += $column["wall_ns"]; windows++ }
    END {
      printf "counters %-5s %6d windows, %.1f us around each (%.2f %% on top of window time), ", name, windows,
        outside / 1e3, 100 * outside * windows / (outside * windows + inside)
      printf "%.1f %% of the sweep of %.1f s inside windows\n", 100 * inside / elapsed,
        elapsed / 1e9
    }' "$folder/$counters/environment.json" "$folder/$counters/windows.csv"
done
