#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The self-check: its verdicts and exit codes, what is kept of it, and what a sweep makes of it.
# Events that the kernel counts need no PMU, and a group may expect of them what is not so. TAP.
# shellcheck source=tests/cli/lib.sh
. tests/cli/lib.sh

least=(-s 4K -r 1 --windows 1 --window 20us -k chase -b libc --no-reserve --quiet)
# Figures take time, and none is looked at.
mkdir "$work/bin"
ln -s "$(command -v false)" "$work/bin/gnuplot"
PATH=$work/bin:$PATH
kept=$XDG_CACHE_HOME/escalier

# A group of the three kinds of faults: all found by their kernel, or as $2 and $3 expect.
write_group() {
  cat >"$work/$1.txt" <<EOF
SHORT Faults

EVENTSET
PMC0  perf::PAGE-FAULTS
PMC1  perf::MINOR-FAULTS
PMC2  perf::MAJOR-FAULTS

METRICS
Page walks per read PMC0/READS
L1 misses per read PMC1/READS

EXPECT
touch PMC0/READS $2
touch PMC1/READS 0.995 1.005
touch PMC2/READS $3
EOF
}
write_group good "0.995 1.005" "0 0.001"
write_group wrong "1.995 2.005" "0 0.001"
write_group dead "0.995 1.005" "0.995 1.005"

# What environment.json of the run $1 says, by Python's own words.
environment() {
  python3 -c 'import json, sys; e = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' \
    "$work/$1/environment.json" "$2"
}

# Puts a date on what is kept that no check of this boot can have.
date_back() {
  sed -i 's/"checked": "[^"]*"/"checked": "2001-02-03T04-05-06Z"/' "$kept"/check-perf-*.json
}

begin "--help names every option and exit code"
run check --help
exits 0
for name in --groups --events --counters --cpu --tests --json '5' 'wrong or dead'; do
  out_has "$name"
done
end

begin "wrong usage is refused"
for word in --cpu=x --nonesuch word -g=; do
  run check "$word"
  exits 2
  err_is_message
done
run check -g nonesuch
exits 2
err_has 'there is no counter group "nonesuch"'
run sweep --check=maybe
exits 2
err_has 'kept (made once a boot), anew, none'
end

begin "without counters it says so"
run check --counters none
exits 4
err_has 'nothing can be counted'
end

run check -g "$work/good.txt"
if [ "$status" -eq 4 ]; then
  begin "verdicts"
  skip "this system counts not even software events: $(head -c 200 "$err")"
  finish
fi

begin "what is right is found right"
run check -g "$work/good.txt"
exits 0
holds grep -Eq '^perf::PAGE-FAULTS +touch +256 +2[0-9]+ .* right$' "$out"
holds grep -Eq '^perf::MAJOR-FAULTS +touch +0 +0 .* unproven$' "$out"
out_has '2 right, 1 unproven'
err_is_empty
end

begin "--tests tells every test"
run check --tests -g "$work/good.txt"
exits 0
holds grep -Eq '^ +touch +PMC0/READS: 1.* \(.*windows\), right from 0.995 to 1.005: holds$' "$out"
holds test "$(grep -c 'right from' "$out")" -eq 3
end

begin "what counts something else is wrong"
run check -g "$work/wrong.txt"
exits 5
holds grep -Eq '^perf::PAGE-FAULTS +touch .* wrong$' "$out"
out_has 'where 1.995 to 2.005 is right'
holds grep -Eq '^perf::MINOR-FAULTS .* right$' "$out"
end

begin "what counts nothing is dead"
run check -g "$work/dead.txt"
exits 5
holds grep -Eq '^perf::MAJOR-FAULTS .* dead$' "$out"
holds grep -Eq '^perf::PAGE-FAULTS .* right$' "$out"
end

begin "every group of this CPU is checked, and what is absent is no failure"
run check
if grep -q 'no hardware counter: ' "$out"; then exits 0; else holds test "$status" -eq 0 -o "$status" -eq 5; fi
out_has 'software: '
holds grep -Eq 'advertised, [0-9]+ counts? at|no hardware counter: ' "$out"
end

begin "what was asked for by name and is absent is one"
run check -e page-faults,cycles
if grep -q 'no hardware counter' "$work/out"; then
  exits 3
  holds grep -Eq '^cycles .* absent$' "$out"
  run check -e cycles
  exits 4
  out_has 'every event: '
  end
else
  skip "there is a PMU"
fi

begin "--json tells the same"
run check --json -g "$work/wrong.txt"
exits 5
json_is_valid "$out"
holds python3 - "$out" <<'PYTHON'
import json, sys
check = json.load(open(sys.argv[1]))
assert check["counters"] == "perf" and check["elapsed_ns"] > 0
first = check["events"][0]
assert first["verdict"] == "wrong" and first["kernel"] == "touch"
assert first["units"] == 256 and abs(first["counted"] - 1) < 0.2
assert [e["verdict"] for e in check["events"]][1:] == ["right", "unproven"]
PYTHON
end

begin "a sweep checks its events once, and keeps the verdicts"
rm -rf "$kept"
run sweep "${least[@]}" -g "$work/good.txt" -o "$work/first"
json_is_valid "$kept"/check-perf-*.json
holds test "$(environment first '[v["verdict"] for v in e["events"]]')" = \
  "['right', 'right', 'unproven']"
file_has "$work/first/summary.txt" "of 3 events 2 right, 1 unproven"
date_back
run sweep "${least[@]}" -g "$work/good.txt" -o "$work/second"
holds test "$(environment second 'e["checked"]')" = 2001-02-03T04-05-06Z
holds test "$(environment second 'len(e["events"])')" = 3
end

begin "escalier check fills what a sweep takes"
rm -rf "$kept"
run check -g "$work/good.txt"
date_back
run sweep "${least[@]}" -g "$work/good.txt" -o "$work/filled"
holds test "$(environment filled 'e["checked"]')" = 2001-02-03T04-05-06Z
end

begin "a group that is not kept yet is checked, the others are not"
run sweep "${least[@]}" -g "$work/good.txt,$work/wrong.txt" -o "$work/third"
holds test "$(environment third 'e["checked"]')" = 2001-02-03T04-05-06Z
holds test "$(environment third '[v["verdict"] for v in e["events"]][3]')" = wrong
holds grep -q "$(date -u +%Y)-" "$kept"/check-perf-*.json
holds grep -q '2001-02-03' "$kept"/check-perf-*.json
end

begin "--check=anew checks again, --check=none not at all"
run sweep "${least[@]}" -g "$work/good.txt" --check anew -o "$work/anew"
holds test "$(environment anew 'e["checked"] > "2002" and len(e["events"])')" = 3
date_back
run sweep "${least[@]}" -g "$work/good.txt" --check none -o "$work/none"
holds test "$(environment none 'e["checked"] or e["events"]')" = "[]"
holds test -z "$(grep '^Self-check' "$work/none/summary.txt")"
end

# Each of these has to be checked again, and to be kept anew.
index=0
is_checked_again() {
  index=$((index + 1))
  run sweep "${least[@]}" -g "$work/good.txt" -o "$work/again-$index"
  holds test "$(environment "again-$index" 'e["checked"] > "2002" and len(e["events"])')" = 3
  json_is_valid "$kept"/check-perf-*.json
  date_back
}

begin "of another boot, or with other rights, it holds no more"
for change in 's/boot [^,]*/boot 0/' 's/paranoid [^,]*/paranoid 9/' 's/escalier [0-9]/escalier 9/'; do
  sed -i "/\"key\"/$change" "$kept"/check-perf-*.json
  is_checked_again
done
end

begin "with another number of counters it holds no more"
sed -i 's/"slots_proved": [0-9]*/"slots_proved": 3/' "$kept"/check-perf-*.json
is_checked_again
end

begin "a changed group is checked again"
sed -i 's/touch PMC0/loop PMC0/' "$work/good.txt"
is_checked_again
end

begin "what is damaged, empty or unreadable is checked again"
truncate -s 500 "$kept"/check-perf-*.json
is_checked_again
: >"$(echo "$kept"/check-perf-*.json)"
is_checked_again
sed -i 's/"verdict": "right"/"verdict": 1/' "$kept"/check-perf-*.json
is_checked_again
file=$(echo "$kept"/check-perf-*.json)
mkdir "$file.folder" && rm "$file" && mv "$file.folder" "$file"
run sweep "${least[@]}" -g "$work/good.txt" -o "$work/folder"
holds test "$(environment folder 'len(e["events"])')" = 3
file_has "$work/folder/summary.txt" "verdicts are not kept"
rmdir "$file"
end

begin "where nothing can be kept the sweep goes on, and says so"
XDG_CACHE_HOME=/proc/none run sweep "${least[@]}" -g "$work/good.txt" -o "$work/unkept"
file_has "$work/unkept/summary.txt" "verdicts are not kept in /proc/none/escalier"
holds test "$(environment unkept 'len(e["events"])')" = 3
run_command env -u HOME -u XDG_CACHE_HOME "$ESCALIER" sweep "${least[@]}" -g "$work/good.txt" \
  -o "$work/homeless"
holds test "$(environment homeless 'len(e["events"])')" = 3
end

begin "what is wrong or dead has no value, and is named"
run sweep "${least[@]/--quiet/--json}" -g "$work/wrong.txt,$work/dead.txt" -o "$work/left-out"
err_has 'the self-check leaves out 2 of 6 events'
file_has "$work/left-out/summary.txt" "- wrong, perf::PAGE-FAULTS: wrong: "
file_has "$work/left-out/summary.txt" "- dead, perf::MAJOR-FAULTS: dead: "
file_has "$work/left-out/figure/settings.gp" "the self-check leaves out perf::PAGE-FAULTS (wrong"
run sweep "${least[@]}" -g "$work/wrong.txt" -o "$work/alone"
file_has "$work/alone/summary.txt" 'without a value for that: "Page walks per read"'
holds test "$(column "$work/alone/windows.csv" 'perf::PAGE-FAULTS' | head -1)" != ""
end

begin "a program's events are checked likewise"
run run -r 2 -a libc --quiet -g "$work/wrong.txt" -o "$work/program" -- true
exits 0
holds test "$(environment program '[v["verdict"] for v in e["events"]]')" = \
  "['wrong', 'right', 'unproven']"
file_has "$work/program/summary.txt" 'perf::PAGE-FAULTS is left out, wrong in group wrong: over touch'
holds test "$(grep -c '"perf::' "$work/program/comparison.csv")" -eq 2
end

begin "a report of an old run is as it was"
cp "$work/alone/summary.txt" "$work/before"
run report "$work/alone"
holds cmp "$work/before" "$work/alone/summary.txt"
end

finish
