#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Small sweeps from the command line to the report, and what they leave behind.
# shellcheck source=tests/cli/lib.sh
. tests/cli/lib.sh
lock_pools

tiny=(--sizes "4K,64K,1M" --rounds 1 --windows 2 --window 100us --budget 1s)
least=(--sizes "4K,64K" --rounds 1 --windows 1 --window 50us --budget 1s -k chase)
reports=(summary.txt staircase.png staircase.svg)

figure_is_drawn() {
  command -v gnuplot >/dev/null
}

begin "a sweep leaves a whole run"
run sweep "${tiny[@]}" -b small,libc --no-reserve --counters none --json -o "$work/run"
if figure_is_drawn; then exits 0; else exits 3; fi
out_has "report: $work/run"
out_has 'memory latency staircase'
for file in windows.csv windows.jsonl environment.json machine.xml summary.txt; do
  is_file "$work/run/$file"
done
if figure_is_drawn; then
  is_file "$work/run/staircase.png"
  is_file "$work/run/staircase.svg"
fi
cp "$out" "$work/said"
is_absent "$work/run/windows.csv.part"
is_absent "$work/run/environment.json.part"
end

begin "stdout has the head of the summary and where the rest is"
head -n -1 "$work/said" >"$work/head"
holds test "$(wc -l <"$work/head")" -gt 5
holds cmp "$work/head" <(head -n "$(wc -l <"$work/head")" "$work/run/summary.txt")
holds test "$(tail -n 1 "$work/said")" = "report: $work/run"
end

begin "windows.csv has a row for every window"
csv_is_whole "$work/run/windows.csv"
# 3 kernels, 2 backends, 3 sizes, 2 windows.
holds test "$(rows_of "$work/run/windows.csv")" -eq 36
holds test "$(column "$work/run/windows.csv" error | sort -u)" = ""
holds test "$(column "$work/run/windows.csv" bytes | sort -nu | tr '\n' ' ')" = \
  "4096 65536 1048576 "
holds test "$(column "$work/run/windows.csv" kernel | sort -u | tr '\n' ' ')" = \
  "chase page-chase strided "
end

begin "every window has reads and a time"
for name in reads wall_ns cpu_ns; do
  column "$work/run/windows.csv" $name | awk '!($1 > 0) { bad = 1 } END { exit bad || NR != 36 }' ||
    wrong "$name is not above 0 everywhere"
done
end

begin "small has base pages"
paste <(column "$work/run/windows.csv" backend) <(column "$work/run/windows.csv" page_bytes) |
  grep '^small' | sort -u >"$work/pages"
holds test "$(cat "$work/pages")" = "small	$(getconf PAGESIZE)"
end

begin "the columns are those that fields describes"
run fields
while read -r name; do
  out_has "$name"
done < <(head -1 "$work/run/windows.csv" | tr , '\n')
end

begin "whose events, by whom and at what cost is told"
run sweep "${least[@]}" -b small --no-reserve -g software --filter uk -o "$work/filter"
if [[ $status -eq 4 ]]; then
  holds grep -q 'counters were asked for' "$err"
else
  holds python3 - "$work/filter" <<'PYTHON'
import json, sys
e = json.load(open(sys.argv[1] + "/environment.json"))
assert e["counter_filter"] == "user space and kernel"
assert all(s["scope"] == "thread" and s["pmus"] == "software" for s in e["event_sources"])
cost, = e["window_costs"]
assert cost["group"] == "software" and cost["read_path"] == "read()"
assert cost["read_ns"] > 0 and cost["read_syscall_ns"] > 0 and cost["read_user_ns"] == 0
assert cost["read_user_why"] and cost["cpu_ns"] >= cost["inside_ns"]
assert 0 < e["reading_share"] < 1
summary = open(sys.argv[1] + "/summary.txt").read()
for told in ("user space and kernel", "not in user space", "taken off", "of the sweep"):
    assert told in " ".join(summary.split()), told
PYTHON
fi
end

begin "environment.json tells what was asked and done"
json_is_valid "$work/run/environment.json"
file_has "$work/run/environment.json" "escalier sweep --sizes 4K,64K,1M"
file_has "$work/run/environment.json" '"interrupted": false'
file_has "$work/run/environment.json" '"rounds_done": 1'
file_has "$work/run/environment.json" '"baseline": "small"'
end

begin "windows.jsonl holds the environment and the same windows"
if command -v python3 >/dev/null; then
  holds python3 - "$work/run" <<'PY'
import csv, json, sys
run = sys.argv[1]
lines = [json.loads(line) for line in open(run + "/windows.jsonl")]
rows = list(csv.DictReader(open(run + "/windows.csv")))
assert "machine" in lines[0]["environment"]
assert len(lines) == len(rows) + 1
for line, row in zip(lines[1:], rows):
    assert (line["kernel"], line["backend"]) == (row["kernel"], row["backend"])
    assert (line["bytes"], line["reads"]) == (int(row["bytes"]), int(row["reads"]))
PY
  end
else
  skip "no python3"
fi

begin "report writes what the sweep wrote, and the same bytes twice"
mkdir "$work/first"
if figure_is_drawn; then
  for file in "${reports[@]}"; do cp "$work/run/$file" "$work/first/"; done
  for _ in 1 2; do
    rm "${reports[@]/#/$work/run/}"
    run report "$work/run"
    exits 0
    for file in "${reports[@]}"; do
      out_has "$work/run/$file"
      holds cmp "$work/run/$file" "$work/first/$file"
    done
  done
  end
else
  skip "no gnuplot"
fi

begin "the figure is an image"
if figure_is_drawn; then
  holds test "$(head -c 4 "$work/run/staircase.png" | tail -c 3)" = PNG
  file_has "$work/run/staircase.svg" '</svg>'
  end
else
  skip "no gnuplot"
fi

begin "a copy of a run gives the same report elsewhere"
if figure_is_drawn; then
  mkdir "$work/copy"
  cp -r "$work/run/"{windows.csv,environment.json,machine.xml,groups} "$work/copy"
  run report "$work/copy"
  exits 0
  for file in "${reports[@]}"; do holds cmp "$work/copy/$file" "$work/first/$file"; done
  end
else
  skip "no gnuplot"
fi

begin "a folder that holds a run is refused, and left alone"
cp "$work/run/windows.csv" "$work/first/"
run sweep "${least[@]}" -b libc --counters none -o "$work/run"
exits 1
out_is_empty
err_has 'holds a run already'
err_has 'try: '
holds cmp "$work/run/windows.csv" "$work/first/windows.csv"
end

begin "without --output the run goes to results/HOST/TIME"
mkdir "$work/here"
(cd "$work/here" && run sweep "${least[@]}" -b libc --counters none --quiet
  exits 0
  exit $wrong) || wrong=1
holds test "$(find "$work/here/results" -mindepth 3 -maxdepth 3 -name windows.csv | wc -l)" -eq 1
end

begin "--quiet says where the report is and nothing else"
run sweep "${least[@]}" -b libc --counters none --no-reserve --quiet -o "$work/quiet"
exits 0
holds test "$(cat "$out")" = "report: $work/quiet"
err_is_empty
is_absent "$work/quiet/windows.jsonl"
end

begin "every kernel on every backend that needs no pool, every cycle proved"
run sweep "${tiny[@]}" -s 64K,4M -k chase,strided,page-chase -b libc,small,thp --counters none \
  --verify --no-reserve -o "$work/all"
holds test "$status" -eq 0 -o "$status" -eq 3
csv_is_whole "$work/all/windows.csv"
holds test "$(rows_of "$work/all/windows.csv")" -eq 36
for kernel in chase strided page-chase; do
  for backend in libc small thp; do
    holds test "$(grep -c "^$kernel,$backend," "$work/all/windows.csv")" -eq 4
  done
done
paste <(column "$work/all/windows.csv" backend) <(column "$work/all/windows.csv" error) |
  awk -F'\t' '$1 != "thp" && $2 != "" { exit 1 }' || wrong "an error row of libc or small"
end

begin "one seed, one order of windows"
for run in one two; do
  run sweep "${tiny[@]}" -b libc --counters none --seed 3 -o "$work/seed-$run"
  exits 0
  cut -d, -f1-9 "$work/seed-$run/windows.csv" >"$work/order-$run"
done
holds cmp "$work/order-one" "$work/order-two"
file_has "$work/seed-one/environment.json" '"seed": 3,'
end

begin "--counters none writes no event"
holds test "$(find "$work/run/groups" -type f | wc -l)" -eq 0
file_has "$work/run/environment.json" '"counters": "none"'
holds test "$(head -1 "$work/run/windows.csv" | grep -c enabled_ns)" -eq 0
end

begin "--counters fake counts a group and keeps its file"
run sweep "${least[@]}" -b libc --counters fake -g cache --no-reserve -o "$work/fake"
exits 0
is_file "$work/fake/groups/cache.txt"
file_has "$work/fake/environment.json" '"counters": "fake"'
csv_is_whole "$work/fake/windows.csv"
holds test "$(column "$work/fake/windows.csv" group | sort -u)" = cache
holds grep -q 'enabled_ns' "$work/fake/windows.csv"
end

begin "what events cost, of counters that do not count"
run costs "$work/fake" "$work/fake"
exits 3
out_has 'not told: no events of caches or TLBs are counted'
out_has 'try: escalier sweep -g fills,walks'
end

begin "-g software counts where the kernel lets it"
run sweep "${least[@]}" -b libc -g software --no-reserve -o "$work/software"
if [ "$status" -eq 4 ]; then
  skip "software events are not available: $(sed -n '1s/^escalier: //p' "$err")"
else
  exits 0
  csv_is_whole "$work/software/windows.csv"
  column "$work/software/windows.csv" 'perf::PAGE-FAULTS.running_ns' |
    awk '!($1 > 0) { bad = 1 } END { exit bad || !NR }' || wrong "an event did not run"
  end
fi

begin "-g cache without a PMU says what would allow it"
run sweep "${least[@]}" -b libc -g cache --no-reserve -o "$work/cache"
if [ "$status" -eq 0 ] || [ "$status" -eq 3 ]; then
  skip "there is a PMU"
else
  exits 4
  out_is_empty
  err_has 'escalier: counters were asked for and none can count'
  err_has 'try: '
  is_absent "$work/cache"
  end
fi

begin "hugetlb-2m from an empty pool"
pool=/sys/kernel/mm/hugepages/hugepages-2048kB
if [ ! -r $pool/nr_hugepages ]; then
  skip "no pool of 2 MiB pages"
elif [ "$(cat $pool/nr_hugepages $pool/nr_overcommit_hugepages | tr -d '\n')" != 00 ]; then
  skip "the pool is not empty"
else
  run sweep "${least[@]}" -b small,hugetlb-2m --counters none --no-reserve -o "$work/empty"
  exits 3
  csv_is_whole "$work/empty/windows.csv"
  paste <(column "$work/empty/windows.csv" backend) <(cut -d, -f20- "$work/empty/windows.csv" |
    tail -n +2) >"$work/errors"
  awk -F'\t' '($1 == "hugetlb-2m") == ($2 == "") { exit 1 }' "$work/errors" ||
    wrong "the error rows are not those of hugetlb-2m"
  holds grep -q '^hugetlb-2m' "$work/errors"
  file_has "$work/empty/summary.txt" 'hugetlb-2m'
  holds grep -qE '[1-9][0-9]* error rows' "$work/empty/summary.txt"
  end
fi

begin "hugetlb-2m from a pool that grows for the run and is put back"
before=$(pools)
if [ "$(id -u)" -ne 0 ] || [ ! -w $pool/nr_hugepages ]; then
  skip "only root may grow a pool"
else
  run sweep "${least[@]}" -s 4K,4M -b hugetlb-2m --counters none -o "$work/huge"
  if [ "$status" -eq 3 ] && grep -q 'pool' "$err"; then
    holds pools_are "$before"
    skip "this machine has no free memory for 2 huge pages"
  else
    exits 0
    holds test "$(column "$work/huge/windows.csv" page_bytes | sort -u)" = 2097152
    holds pools_are "$before"
    file_has "$work/huge/environment.json" '"page_bytes": 2097152'
    end
  fi
fi

begin "a pool is left alone with --no-reserve, and by a plan"
run sweep -n "${least[@]}" -b hugetlb-2m --counters none
exits 0
holds pools_are "$before"
end
finish
