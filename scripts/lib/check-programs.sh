#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# check-programs.sh [--fast] [--install] [--library FILE] [NAME...]: runs the programs of
# tests/programs/programs.list without and with libescalier-hp.so preloaded and compares output and
# exit status, in TAP. Each that is served says how: processes that ended with hp in use, and the
# largest peak of one of them. --fast: only those for the tests. --install: packages that are missing
# are installed, by name, first. Programs that are not there are skipped.
set -u
cd "$(dirname "$0")/../.." || exit
# shellcheck source=scripts/lib/setup.sh
. scripts/lib/setup.sh
list=tests/programs/programs.list
library=${ESCALIER_HP_LIBRARY-}
fast=0 install=0 wanted=' '
while [ $# -gt 0 ]; do
  case $1 in
    --fast) fast=1 ;;
    --install) install=1 ;;
    --library) library=$2 && shift ;;
    -*) sed -n '3,8s/^# //p' "$0" && exit 2 ;;
    *) wanted="$wanted$1 " ;;
  esac
  shift
done
[ -r "${library:?--library FILE}" ] || {
  echo "check-programs.sh: cannot read $library" >&2
  exit 2
}
library=$(realpath "$library")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work" # one entry changes its user
mkdir "$work/inputs"
tests/programs/make-inputs.sh "$work/inputs"

# Every entry's name, speed and packages, in order; and the lines of one.
header='^\[([a-z0-9+-]+)\] (fast|slow) (.+)$'
mapfile -t entries < <(sed -nE "s/$header/\1 \2 \3/p" "$list")
body() {
  awk -v name="[$1]" -v header="${header//\\/\\\\}" \
    '$0 ~ header { inside = $1 == name; next } inside' "$list"
}

if [ $install -eq 1 ]; then
  mapfile -t packages < <(printf '%s\n' "${entries[@]}" | cut -d' ' -f3- | tr ' ' '\n' | sort -u)
  setup "${packages[@]}"
fi

# run KIND VARIABLE=VALUE...: the script, in a fresh folder, to $work/KIND.{out,err,status}.
run() {
  local kind=$1
  shift
  rm -rf "$work/run"
  mkdir "$work/run"
  (cd "$work/run" && exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME="$work/run" \
    TMPDIR="$work/run" LC_ALL=C.UTF-8 TERM=dumb inputs="$work/inputs" "$@" \
    timeout --kill-after=10 "${PROGRAM_TIMEOUT:-180}" bash "$work/script" \
    </dev/null >"$work/$kind.out" 2>"$work/$kind.err")
  echo $? >"$work/$kind.status"
}

differs() {
  local part
  for part in out err status; do
    cmp -s "$work/without.$part" "$work/with.$part" && continue
    echo "# $1: $part differs"
    diff "$work/without.$part" "$work/with.$part" | head -10 | cut -c1-200 | sed 's/^/#   /'
  done
}

# What hp said of itself at the end of each process.
served() {
  awk '{
    while (match($0, /"peak_bytes": ?[0-9]+/)) {
      bytes = substr($0, RSTART, RLENGTH); sub(/.*[: ]/, "", bytes); processes++
      if (bytes + 0 > peak) peak = bytes + 0
      $0 = substr($0, RSTART + RLENGTH)
    }
  } END { printf "%d served, peak %.1f MiB", processes, peak / 1048576 }' "$1"
}

count=0 failures=0
for entry in "${entries[@]}"; do
  read -r name speed packages <<<"$entry"
  [ "$wanted" = ' ' ] || [[ $wanted == *" $name "* ]] || continue
  [ $fast -eq 0 ] || [ "$speed" = fast ] || continue
  count=$((count + 1))
  # shellcheck disable=SC2086 # a list
  absent=$(missing_packages $packages 2>/dev/null | xargs)
  if [ -n "$absent" ]; then
    echo "ok $count - $name # SKIP not installed: $absent"
    continue
  fi
  body "$name" >"$work/script"
  : >"$work/stats.json" && chmod 666 "$work/stats.json"
  run without
  run with LD_PRELOAD="$library" ESCALIER_HP_STATS="$work/stats.json"
  difference=$(differs "$name")
  if [ -z "$difference" ] && [ -s "$work/without.out" ]; then
    echo "ok $count - $name ($(served "$work/stats.json"))"
  else
    failures=$((failures + 1))
    echo "${difference:-# $name: no output}"
    echo "not ok $count - $name"
  fi
done
echo "1..$count"
[ $failures -eq 0 ]
