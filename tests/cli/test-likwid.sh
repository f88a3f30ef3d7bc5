#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Under LIKWID: counting through a liblikwid that the suite makes up (tests/counters/likwid/fake.h),
# and the regions that likwid-perfctr -m sees. What needs liblikwid is left out of a build without.
# shellcheck source=tests/cli/lib.sh
. tests/cli/lib.sh

fake=$(dirname "$ESCALIER")/tests/counters/likwid/fake
export FAKE_LIKWID_LOG=$work/log
first_cpu=$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')

# A sweep of two kernels and two sizes, two rounds, on the fake.
sweep_on_fake() {
  rm -rf "$work/run"
  : >"$FAKE_LIKWID_LOG"
  run_command env LD_LIBRARY_PATH="$fake" "$@" "$ESCALIER" sweep --cpu "$first_cpu" --quiet \
    --sizes 8K,16K --kernels chase,strided --backends small --rounds 2 --windows 3 \
    --window 50us --output "$work/run" "${options[@]}"
}
regions=(LIKWID_FILEPATH="$work/regions" LIKWID_MODE=1 LIKWID_EVENTS=INSTR:PMC0
  LIKWID_THREADS="$first_cpu")

calls() {
  grep -cxF -e "$1" "$FAKE_LIKWID_LOG"
}

called() {
  [ "$(calls "$1")" -eq "$2" ] || wrong "$(calls "$1") calls in place of $2: $1"
}

if "$ESCALIER" sweep --dry-run --counters likwid 2>&1 | grep -q 'built without'; then
  begin "built without liblikwid, --counters likwid says so"
  run sweep --dry-run --counters likwid
  exits 4
  err_has 'this Escalier was built without it'
  end

  begin "built without liblikwid, regions are refused and the sweep goes on"
  options=()
  sweep_on_fake "${regions[@]}"
  exits 3
  err_has 'there are no regions for likwid-perfctr'
  csv_is_whole "$work/run/windows.csv"
  end
  finish
fi

begin "the hidden trial is in no help"
run help
holds test "$(grep -c trial "$out")" -eq 0
run likwid-trial
exits 2
end

begin "a real liblikwid that cannot count gives its reason"
if [ -e "/dev/cpu/$first_cpu/msr" ]; then
  skip "this machine has MSR devices"
else
  run sweep --dry-run --counters likwid -g cpu
  exits 4
  err_has 'there is no MSR device'
  end
fi

if [ ! -e "$fake" ]; then
  finish
fi

cat >"$work/raw.txt" <<'G'
SHORT raw codes

EVENTSET
PMC0  r0076
PMC1  rc0

METRICS
Cycles per read PMC0/READS

LONG
G
options=(--counters likwid --groups "$work/raw.txt")

begin "a sweep counts through liblikwid"
sweep_on_fake FAKE_LIKWID=
exits 0
csv_is_whole "$work/run/windows.csv"
# A read between the one before a window and the one after it: 1000 counts each.
column "$work/run/windows.csv" r0076 >"$work/counts"
holds test "$(sort -u "$work/counts")" = 1000
holds grep -q 'perfmon_addEventSet GENERIC_EVENT:PMC0:CONFIG=0x76:UMASK=0x00,GENERIC_EVENT:PMC1:CONFIG=0xc0:UMASK=0x00' "$FAKE_LIKWID_LOG"
end

for trouble in no-msr no-daemon in-use; do
  begin "with $trouble, the sweep says why and ends by itself"
  sweep_on_fake FAKE_LIKWID="$trouble"
  exits 4
  holds test "$(grep -c 'counters were asked for and none can count' "$err")" -eq 1
  is_absent "$work/run"
  end
done

options=()
begin "under likwid-perfctr -m every kernel and size is a region"
sweep_on_fake "${regions[@]}"
exits 0
for region in chase_8K_small chase_16K_small strided_8K_small strided_16K_small; do
  called "likwid_markerRegisterRegion $region" 2
  called "likwid_markerStartRegion $region" 6
  called "likwid_markerStopRegion $region" 6
done
called likwid_markerInit 1
called likwid_markerThreadInit 1
called likwid_markerClose 1
file_has "$work/run/summary.txt" 'likwid-perfctr has them'
end

begin "regions follow each other, none within another"
# shellcheck disable=SC2016 # awk's own $
holds awk '/StartRegion/ { if (open) exit 1; open = $2 }
  /StopRegion/ { if (open != $2) exit 1; open = "" }' "$FAKE_LIKWID_LOG"
end

begin "without likwid-perfctr's environment nothing is marked"
sweep_on_fake FAKE_LIKWID=
exits 0
holds test "$(grep -c marker "$FAKE_LIKWID_LOG")" -eq 0
end

begin "a CPU that likwid-perfctr does not count is named"
sweep_on_fake "${regions[@]}" FAKE_LIKWID=no-marker
exits 1
err_has "CPU $first_cpu is none of those that likwid-perfctr counts on"
err_has "likwid-perfctr -C $first_cpu"
end

begin "where regions are asked for and liblikwid cannot start, the sweep goes on without"
sweep_on_fake "${regions[@]}" FAKE_LIKWID=no-msr
exits 3
csv_is_whole "$work/run/windows.csv"
called likwid_markerInit 0
end

begin "interrupted, regions are written all the same"
rm -rf "$work/run"
  : >"$FAKE_LIKWID_LOG"
env LD_LIBRARY_PATH="$fake" "${regions[@]}" "$ESCALIER" sweep --cpu "$first_cpu" --quiet --sizes 16K \
  --kernels chase --backends small --output "$work/run" >"$out" 2>"$err" &
sweep=$!
for ((try = 0; try < 300; try++)); do
  grep -q StartRegion "$FAKE_LIKWID_LOG" && break
  sleep 0.1
done
kill -INT $sweep
wait $sweep
status=$?
exits 130
called likwid_markerClose 1
end
finish
