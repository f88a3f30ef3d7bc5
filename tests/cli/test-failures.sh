#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What the system refuses: whichever call fails, a sweep ends by itself, says why, leaves files that
# can be read, and puts the machine back.
# shellcheck source=tests/cli/lib.sh
. tests/cli/lib.sh
lock_pools

LIMIT=20
before=$(pools)
backends=libc,thp
[ "$(id -u)" -ne 0 ] || backends=libc,thp,hugetlb-2m
tiny=(--sizes "4K,4M" --rounds 1 --windows 1 --window 50us --budget 1s -k chase --json -b "$backends")

# A test leaves the machine as it was too.
put_pools_back() {
  local pool
  for pool in /sys/kernel/mm/hugepages/*; do
    [ "$(cat "$pool/nr_hugepages")" = "$(cat "$work/pool-${pool##*/}")" ] ||
      cat "$work/pool-${pool##*/}" >"$pool/nr_hugepages"
  done
}
for pool in /sys/kernel/mm/hugepages/*; do
  [ ! -r "$pool/nr_hugepages" ] || cat "$pool/nr_hugepages" >"$work/pool-${pool##*/}"
done

# With what every call has to end, failed or not.
ends_well() {
  local folder=$1
  case $status in
  0 | 1 | 2 | 3 | 4) ;;
  *) wrong "status $status" ;;
  esac
  if [ "$status" -ne 0 ]; then
    err_is_message
  fi
  if [ -s "$folder/windows.csv" ]; then
    csv_is_whole "$folder/windows.csv"
  fi
  [ ! -s "$folder/environment.json" ] || json_is_valid "$folder/environment.json"
  # Where the calls that put a pool back were refused, that is a failure that is told.
  if grep -qF 'is not as it was' "$err"; then
    exits 1
    err_has 'nr_hugepages='
    put_pools_back
  else
    pools_are "$before" || wrong "the pools are $(pools)and were $before"
  fi
}

# The calls from 1 to $1: all of them up to 5, else 5 spread evenly with the first and the last.
sample() {
  local count=$1 most=5 i
  if [ "$count" -le $most ]; then
    seq 1 "$count"
  else
    for ((i = 0; i < most; i++)); do echo $((1 + i * (count - 1) / (most - 1))); done
  fi
}

inject() {
  run_command env LD_PRELOAD="$ESCALIER_INJECT" INJECT_COUNT="$work/count" "$@"
}

# walk FUNCTION ERROR: one sweep for each call that fails, and one where all do.
walk() {
  local function=$1 error=$2 calls at folder=$work/failing
  begin "each call of $function fails with $error"
  calls=$(awk -v name="$function" '$1 == name { print $2 }' "$work/calls")
  if [ "${calls:-0}" -eq 0 ]; then
    skip "a sweep does not call it here"
    return
  fi
  for at in $(sample "$calls") '*'; do
    rm -rf "$folder" "$work/count"
    inject INJECT="$function:$at:$error" "$ESCALIER" sweep "${tiny[@]}" -o "$folder"
    test_name="call $at of $calls of $function fails with $error"
    ends_well "$folder"
    # Calls may be fewer where their number goes by time or by what others do, but never the first.
    [ "$at" != 1 ] || file_has "$work/count" 'injected 1'
  done
  test_name="each call of $function fails with $error"
  end
}

if [ "$MODE" != release ]; then
  begin "calls that fail"
  skip "failures are injected into release builds only"
else
  begin "a sweep to count the calls of"
  inject "$ESCALIER" sweep "${tiny[@]}" -o "$work/counted"
  holds test "$status" -eq 0 -o "$status" -eq 3
  mv "$work/count" "$work/calls"
  ends_well "$work/counted"
  end
  walk open EACCES
  walk openat EACCES
  walk fopen EACCES
  walk opendir EACCES
  walk read EIO
  walk write ENOSPC
  walk fsync EIO
  walk rename EIO
  walk mkdir EACCES
  walk pipe2 EMFILE
  walk posix_spawnp EAGAIN
  walk mmap ENOMEM
  walk mprotect ENOMEM
  walk madvise ENOMEM
  walk perf_event_open EACCES
  walk mbind ENOMEM
  walk move_pages EACCES

  begin "a folder that cannot be made"
  inject INJECT="mkdir:1:EACCES" "$ESCALIER" sweep "${tiny[@]}" -o "$work/denied"
  exits 1
  err_has 'cannot create the folder'
  err_has 'Permission denied'
  err_has 'with --output DIR'
  end

  for file in machine.xml windows.csv windows.jsonl environment.json; do
    begin "no space for $file"
    folder=$work/full-${file//./-}
    inject INJECT="write:1:ENOSPC:$file" "$ESCALIER" sweep "${tiny[@]}" -o "$folder"
    exits 1
    file_has "$work/count" 'injected 1'
    err_has 'No space left on device'
    err_has 'try: free some space'
    ends_well "$folder"
    end
  done
fi

begin "a run to report on"
run sweep --counters none -s 4K -b libc -r 1 --windows 1 --window 50us -o "$work/reported"
out_has "report: $work/reported"
end

# A real full disk, in a namespace of its own, where a mount leaves no trace on the machine.
begin "a disk that fills up"
mkdir "$work/disk"
if ! unshare -m mount -t tmpfs -o size=4k none "$work/disk" 2>/dev/null; then
  skip "a file system cannot be mounted here"
else
  # shellcheck disable=SC2016 # for the inner shell
  run_command unshare -m sh -c 'mount -t tmpfs -o size=64k none "$1/disk" || exit 77
    "$ESCALIER" sweep --sizes 4K,64K --rounds 40 --windows 8 --window 50us --budget 10s \
      --target 0.0001 -b libc --counters none -o "$1/disk/run"
    code=$?
    cp "$1/disk/run/windows.csv" "$1/full.csv"
    exit $code' sh "$work"
  exits 1
  err_has 'No space left on device'
  err_has 'try: free some space'
  csv_is_whole "$work/full.csv"
  holds test "$(rows_of "$work/full.csv")" -gt 0
  mkdir "$work/rescued"
  mv "$work/full.csv" "$work/rescued/windows.csv"
  cp -r "$work/reported/"{environment.json,machine.xml,groups} "$work/rescued"
  run report "$work/rescued"
  exits 0
  is_file "$work/rescued/summary.txt"
  end
fi

# Nobody may take an output that was lost for a success.
for arguments in --help --version "sweep --help" "sweep --dry-run --counters none -s 4K" \
  "report --help" "report $work/reported" machine "machine --json" "machine --help" fields \
  "fields --help" "sweep -s 4K -r 1 --windows 1 --counters none -b libc -o $work/full-stdout"; do
  name=${arguments//"$work/"/}
  begin "$name to a full device"
  # shellcheck disable=SC2086 # the arguments are words
  "$ESCALIER" $arguments 2>"$err" >/dev/full
  status=$?
  exits 1
  err_is_message
  err_has 'No space left on device'
  end
  begin "$name to a closed stdout"
  # shellcheck disable=SC2086
  "$ESCALIER" ${arguments/full-stdout/closed-stdout} 2>"$err" >&-
  status=$?
  exits 1
  err_is_message
  err_has 'cannot write to the standard output'
  end
done

begin "without gnuplot there is a summary, and the package is named"
mkdir "$work/bin"
run_command env PATH="$work/bin" "$ESCALIER" sweep "${tiny[@]}" -b libc --counters none \
  -o "$work/no-gnuplot"
exits 3
is_file "$work/no-gnuplot/summary.txt"
is_absent "$work/no-gnuplot/staircase.png"
err_has 'there is no gnuplot'
err_has 'gnuplot-nox'
end

begin "a gnuplot that fails is quoted"
printf '#!/bin/sh\necho no such terminal >&2\nexit 1\n' >"$work/bin/gnuplot"
chmod +x "$work/bin/gnuplot"
run_command env PATH="$work/bin:$PATH" "$ESCALIER" report "$work/no-gnuplot"
exits 3
out_has "$work/no-gnuplot/summary.txt"
err_has 'no such terminal'
is_absent "$work/no-gnuplot/staircase.png"
end
finish
