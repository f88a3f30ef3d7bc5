#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A sweep that a signal ends: what was measured is kept, and the machine is put back.
# shellcheck source=tests/cli/lib.sh
. tests/cli/lib.sh
lock_pools

# Longer than any test waits; the signal ends it.
long=(--sizes "4K,64K,1M,4M" --rounds 1000 --windows 4 --window 1ms --budget 10m --counters none)
before=$(pools)
backends=small,thp
[ "$(id -u)" -ne 0 ] || backends=small,hugetlb-2m

# What holds after every interruption, whenever it came.
is_as_before() {
  pools_are "$before" || wrong "the pools are $(pools)and were $before"
}

# A run that has windows and says that it was interrupted.
is_interrupted_run() {
  csv_is_whole "$1/windows.csv"
  json_is_valid "$1/environment.json"
  file_has "$1/environment.json" '"interrupted": true'
  is_file "$1/summary.txt"
  out_has "report: $1"
}

# interrupt SIGNAL FOLDER ROWS: starts the long sweep, sends the signal as soon as windows.csv has
# that many rows (-1: as soon as there is a folder), and waits for the end.
interrupt() {
  local signal=$1 folder=$2 rows=$3 child waited=0
  "$ESCALIER" sweep "${long[@]}" -b $backends -o "$folder" >"$out" 2>"$err" &
  child=$!
  while [ $waited -lt 3000 ] && kill -0 $child 2>/dev/null; do
    if [ "$rows" -lt 0 ]; then
      [ ! -e "$folder/windows.csv" ] || break
    elif [ -s "$folder/windows.csv" ] && [ "$(rows_of "$folder/windows.csv")" -ge "$rows" ]; then
      break
    fi
    sleep 0.01
    waited=$((waited + 1))
  done
  kill -"$signal" $child 2>/dev/null || wrong "the sweep had ended by itself"
  wait $child
  status=$?
}

for signal in INT TERM HUP; do
  for rows in -1 1 100; do
    case $rows in
    -1) moment="when its folder is there" ;;
    1) moment="at its first windows" ;;
    *) moment="after $rows windows" ;;
    esac
    begin "SIG$signal $moment"
    folder=$work/$signal$rows
    interrupt $signal "$folder" $rows
    exits $((128 + $(kill -l $signal)))
    if [ "$rows" -ge 0 ]; then
      is_interrupted_run "$folder"
      holds test "$(rows_of "$folder/windows.csv")" -ge "$rows"
    fi
    is_as_before
    end
  done
done

begin "the report of an interrupted run can be written again"
cp "$work/INT100/summary.txt" "$work/summary.txt"
rm "$work/INT100/summary.txt"
run report "$work/INT100"
holds cmp "$work/INT100/summary.txt" "$work/summary.txt"
end

begin "a second signal does not change the exit code"
folder=$work/twice
"$ESCALIER" sweep "${long[@]}" -b $backends -o "$folder" >"$out" 2>"$err" &
child=$!
for ((i = 0; i < 3000; i++)); do
  [ ! -s "$folder/windows.csv" ] || [ "$(rows_of "$folder/windows.csv")" -lt 1 ] || break
  sleep 0.01
done
kill -TERM $child
kill -INT $child 2>/dev/null
wait $child
status=$?
# Both may be pending at once, and the kernel delivers the lower number first.
[ $status -eq 143 ] || [ $status -eq 130 ] || wrong "status $status"
is_interrupted_run "$folder"
is_as_before
end

begin "SIGHUP is left ignored under nohup"
folder=$work/nohup
(
  trap '' HUP
  exec "$ESCALIER" sweep "${long[@]}" -b small -o "$folder" >"$out" 2>"$err"
) &
child=$!
for ((i = 0; i < 3000; i++)); do
  [ ! -s "$folder/windows.csv" ] || [ "$(rows_of "$folder/windows.csv")" -lt 1 ] || break
  sleep 0.01
done
kill -HUP $child
kill -TERM $child
wait $child
status=$?
exits 143
end

# The moments that no clock hits: a signal in front of the N-th call of a function.
raised=(read:1 open:1 mkdir:1 write:1 rename:1 rename:2 fsync:1 mmap:2 madvise:1 posix_spawnp:1)
if [ "$MODE" != release ]; then
  begin "signals in front of system calls"
  skip "failures are injected into release builds only"
else
  for call in "${raised[@]}" pool:1 pool:2; do
    function=${call%:*} at=${call#*:} path=
    if [ "$function" = pool ]; then
      [ "$backends" = small,hugetlb-2m ] || continue
      function=write path=:nr_hugepages
    fi
    begin "SIGTERM in front of call $at of $function${path:+ on ${path#:}}"
    folder=$work/raised-$call
    rm -f "$work/count"
    run_command env LD_PRELOAD="$ESCALIER_INJECT" INJECT_COUNT="$work/count" \
      INJECT_SIGNAL="$function:$at:TERM$path" "$ESCALIER" sweep --sizes 4K,4M --rounds 1 \
      --windows 1 --window 50us --budget 1s --counters none -k chase -b $backends -o "$folder"
    file_has "$work/count" 'signalled 1'
    exits 143
    if [ -s "$folder/windows.csv" ]; then
      csv_is_whole "$folder/windows.csv"
    fi
    [ ! -e "$folder/environment.json" ] || json_is_valid "$folder/environment.json"
    is_as_before
    end
  done
fi
finish
