#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Counter groups and events: listed, described, searched, split, and counted in turn. TAP.
# shellcheck source=tests/cli/lib.sh
. tests/cli/lib.sh

least=(-s '8K,16K' -r 1 --windows 2 --window 20us -k chase -b libc --no-reserve --quiet)

begin "groups lists this CPU's groups, each with its folder"
run groups
exits 0
for name in cache fills tlb walks prefetch cpu stalls software; do
  holds grep -Eq "^$name +.*\[[a-z0-9_]+\]$" "$out"
done
err_is_empty
end

begin "groups --arch=all lists the same names for every CPU"
run groups --arch=all
exits 0
for name in cache fills tlb walks prefetch cpu stalls software; do
  holds test "$(grep -c "^$name " "$out")" -eq "$(find counters/groups -mindepth 1 -type d | wc -l)"
done
end

begin "groups NAME tells events, codes, metrics, sums, expectations and meaning"
run groups --arch=zen5 walks
exits 0
out_has 'PMC1  rf045'
out_has '0xf045'
out_has 'Walker fills by source'
out_has 'PMC4+PMC5+PMC6 = PMC7 within 2 %'
out_has 'pages-walk  PMC1/READS'
out_has '0.995 to 1.005'
out_has 'Source: AMD PPR'
out_has 'the group is counted in 2 parts, in turn'
end

begin "groups refuses what is not there"
run groups nonesuch
exits 2
err_has 'counter group "nonesuch"'
err_has 'groups of this CPU'
run groups --arch=abacus
exits 2
err_has 'there is no folder "abacus"'
err_has 'zen3'
run groups --arch=all cache
exits 2
run groups --nonesuch
exits 2
end

begin "events searches names and meanings, with masks"
run events --pmu=perf dtlb
exits 0
out_has 'perf::PERF_COUNT_HW_CACHE_DTLB'
out_has ':MISS'
run events -p perf 'translation lookaside'
exits 0
out_has 'PERF_COUNT_HW_CACHE_ITLB'
end

begin "events says what it did not find"
run events --pmu=perf nonesuch
exits 1
err_has 'no event holds "nonesuch"'
err_has 'escalier events --pmu=all nonesuch'
run events --pmu=abacus x
exits 1
err_has 'no PMU "abacus"'
run events one two
exits 2
end

begin "a group larger than any PMU is measured in parts, each with cycles first"
{
  printf 'SHORT Sixteen events\n\nEVENTSET\nPMC0  perf::CYCLES\n'
  for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do printf 'PMC%d  r%x\n' "$i" "$((0x200 + i))"; done
  printf '\nMETRICS\nCycles per read PMC0/READS\nLast PMC15/READS\nAll of them '
  printf 'PMC1+PMC2+PMC3+PMC4+PMC5+PMC6+PMC7+PMC8+PMC9+PMC10+PMC11+PMC12\n\nLONG\nSource: a test.\n'
} >"$work/big.txt"
run sweep "${least[@]}" --counters fake -g "$work/big.txt" -o "$work/split"
# The metric of twelve counters is lost.
exits 3
is_file "$work/split/groups/big-1.txt"
is_file "$work/split/groups/big-2.txt"
for part in "$work"/split/groups/big-*.txt; do
  holds test "$(sed -n '/^EVENTSET/{n;p}' "$part")" = "PMC0  perf::CYCLES"
  holds grep -q '^Cycles per read PMC0/READS' "$part"
done
holds test "$(grep -h '^PMC' "$work"/split/groups/big-*.txt | sort -u | wc -l)" -eq 16
file_has "$work/split/environment.json" 'group big asks for more counters than'
file_has "$work/split/environment.json" 'group big: \"All of them\" is left out'
csv_is_whole "$work/split/windows.csv"
holds test "$(column "$work/split/windows.csv" group | sort -u | wc -l)" -eq \
  "$(find "$work/split/groups" -name 'big-*.txt' | wc -l)"
end

begin "-e makes a group of events, -g and -e mix, and report reads them again"
run sweep "${least[@]}" --counters fake -e page-faults,r0f45 -g software -e 'cycles:u' -o "$work/events"
exits 0
is_file "$work/events/groups/events.txt"
is_file "$work/events/groups/events2.txt"
is_file "$work/events/groups/software.txt"
holds grep -qx 'page-faults per read PMC0/READS' "$work/events/groups/events.txt"
holds grep -qx 'Cycles per read PMC0/READS' "$work/events/groups/events2.txt"
csv_is_whole "$work/events/windows.csv"
holds test "$(column "$work/events/windows.csv" group | sort -u | tr '\n' ' ')" = "events events2 software "
run report "$work/events"
holds test "$status" -eq 0 -o "$status" -eq 3
end

begin "--scale is told in the environment and in every window"
run sweep "${least[@]}" --counters fake -g software --scale -o "$work/scale"
exits 0
file_has "$work/scale/environment.json" '"scaled": true'
holds test "$(column "$work/scale/windows.csv" scaled | sort -u)" = 0
end

begin "two groups of one name are refused"
printf 'SHORT s\n\nEVENTSET\nA r1\n\nMETRICS\n' >"$work/software.txt"
run sweep "${least[@]}" --counters fake -g "software,$work/software.txt" -o "$work/twice"
exits 2
err_has 'two groups are named software'
end

finish
