#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `escalier run`: what it takes, what it hands on of the program, and the files that it leaves.
# shellcheck source=tests/cli/lib.sh
. tests/cli/lib.sh

begin "help"
run run --help
exits 0
out_has 'Usage: escalier run [OPTION]... -- PROGRAM'
err_is_empty
end

begin "the list of allocators"
run run --list
exits 0
for name in libc libc-thp hp jemalloc mimalloc tcmalloc; do
  holds grep -qE "^$name " "$out"
done
end

begin "no program"
run run -a libc
exits 125
out_is_empty
err_is_message
err_has 'which program?'
end

begin "a program without the two dashes"
run run -a libc true
exits 125
err_is_message
err_has 'put the program behind "--"'
end

for bad in '-r 0' '-r 9:3' '--timeout 0' '--cpu x' '--target 3' '--allocator nonsense' '-a libc,libc' \
  '-a nonsense' '--input /no/such/file'; do
  begin "$bad is refused"
  # shellcheck disable=SC2086
  run run $bad --output "$work/never" -- true
  exits 125
  err_is_message
  end
done

begin "events of the program stand beside its time, from executions of their own"
run run -a libc,libc-thp -r 2 -w 0 -g software -e context-switches,emulation-faults --output "$work/events" -- true
exits 0
out_has 'perf::PAGE-FAULTS'
# What cannot happen: of true, something may be read from a disk.
holds grep -qE '^  .*\bemulation-faults' "$out"
holds grep -q '^libc,timed,,0,exit,.*,,,$' "$work/events/executions.csv"
holds grep -qE '^libc,watched,software,0,exit,.*,[0-9]+,[0-9]+,[0-9]+' "$work/events/executions.csv"
holds grep -q '^libc,watched,events,1,exit,' "$work/events/executions.csv"
holds test -s "$work/events/groups/software.txt"
holds grep -q 'counting and sampling changes' "$work/events/summary.txt"
end

begin "what the program asks of its allocator is in the report"
run run -a libc -r 1 -w 0 --no-watch --output "$work/traced" -- awk 'BEGIN { for (i = 0; i < 50000; i++) a[i] = i }'
exits 0
out_has 'allocations of one execution'
holds grep -q '^call sites by bytes' "$work/traced/profile.txt"
holds grep -qE '^  blocks +[1-9][0-9]+' "$work/traced/summary.txt"
cp "$work/traced/summary.txt" "$work/summary-before"
run report "$work/traced"
exits 0
holds cmp "$work/summary-before" "$work/traced/summary.txt"
end

begin "a command that holds anything is shown by its escapes, as a shell takes it again"
strange=$work/$'b\n\e[31m\xff'
cp "$(command -v awk)" "$strange"
run run -a libc,libc-thp -r 1 -w 0 --no-watch --json --output "$work/strange" -- "$strange" \
  "BEGIN { for (i = 0; i < 9000; i++) a[i] = i } # \\"$'\xfe\t'
exits 0
json_is_valid "$out"
for file in environment.json comparison.json comparison.csv executions.jsonl summary.txt profile.txt; do
  is_visible "$work/strange/$file"
done
file_has "$work/strange/summary.txt" '/b\n\x1b[31m\xff'
# shellcheck disable=SC2016 # as it stands there
file_has "$work/strange/summary.txt" '# \\\xfe\t'"'"
for file in "$work"/strange/figure/*.gp; do is_visible "$file"; done
file_has "$work/strange/figure/settings.gp" 'b\134n\134x1b[31m\134xff'
is_file "$work/strange/comparison.png"
end

begin "a program that allocates nothing has a figure all the same"
run run -a libc,libc-thp -r 1 -w 0 --counters none --output "$work/nothing" -- true
exits 0
err_is_empty
is_file "$work/nothing/comparison.png"
end

begin "without a traced execution there is no profile"
run run -a libc -r 1 -w 0 --no-trace --quiet --output "$work/untraced" -- true
exits 0
holds test ! -e "$work/untraced/profile.txt"
holds test ! -e "$work/untraced/traces"
end

begin "a static program and one with a malloc of its own are no comparison"
echo 'int main(void) { return 0; }' >"$work/static.c"
cat >"$work/own.c" <<'C'
#include <stddef.h>
static char heap[1 << 16];
static size_t used;
void *malloc(size_t bytes);
void *malloc(size_t bytes)
{
	used += (bytes + 15) & ~(size_t)15;
	return heap + used;
}
int main(void) { return malloc(5) == NULL; }
C
holds gcc -static -o "$work/static" "$work/static.c"
holds gcc -rdynamic -o "$work/own" "$work/own.c"
run run -a libc,libc-thp -r 1 -w 0 --output "$work/beside" -- "$work/static"
exits 0
out_has 'nothing to compare'
out_has 'it is static'
err_has 'no allocator is loaded into'
run run -a libc,libc-thp -r 1 -w 0 --output "$work/own-malloc" -- "$work/own"
exits 0
out_has 'nothing to compare'
err_has 'it defines malloc itself'
end

begin "a program that is linked with another allocator says whose malloc libc is"
cat >"$work/linked.c" <<'C'
#include <stdlib.h>
#include <string.h>
int main(void)
{
	char *block = malloc(16 << 20);

	memset(block, 1, 16 << 20);
	return block[5] != 1;
}
C
here=$(dirname "$(realpath "$ESCALIER")")
holds gcc -O0 -o "$work/linked" "$work/linked.c" -L "$here" -Wl,--no-as-needed -l:libescalier-hp.so -Wl,-rpath,"$here"
run run -a libc,hp -r 1 -w 0 --output "$work/linked-run" -- "$work/linked"
exits 0
out_has 'libc: the malloc is that of libescalier-hp.so'
file_has "$work/linked-run/comparison.json" '"traced_allocator": "'"$here/libescalier-hp.so"'"'
run run -a hp,libc -r 1 -w 0 --output "$work/linked-hp" -- "$work/linked"
exits 0
holds test "$(grep -c 'the malloc is that of' "$out")" -eq 0
end

begin "without the tracing library nothing is said of the program's allocations"
mkdir "$work/alone"
cp "$ESCALIER" "$work/alone/escalier"
"$work/alone/escalier" run -a libc -r 1 -w 0 -g none --output "$work/no-tracer" -- true >"$out" 2>"$err"
if ! grep -q 'libescalier-trace.so is missing' "$out"; then
  skip "it is installed"
else
  out_has 'libc alone'
  end
fi

begin "events in the layouts of perf stat, and as it counts them"
fill=(awk 'BEGIN { for (i = 0; i < 100000; i++) a[i] = i }')
run run -a libc -r 2 -w 0 -e page-faults,context-switches --no-trace -x, --output "$work/perf" -- "${fill[@]}"
exits 0
holds grep -qE '^[0-9]+,,page-faults,[0-9.]+%,[0-9]+,100\.00,,$' "$out"
file_has "$work/perf/perf-stat.txt" "Performance counter stats for 'awk"
holds grep -qE '^ +[0-9,]+ +page-faults +\( \+- ' "$work/perf/perf-stat.txt"
run run -a libc -r 1 -w 0 -e page-faults --no-trace --perf --output "$work/perf-text" -- true
exits 0
out_has "Performance counter stats for 'true' under libc:"
run run -a libc --counters none --perf --output "$work/perf-none" -- true
exits 125
err_has 'no events are counted'
run run -a libc -x: --output "$work/perf-none" -- true
exits 125
err_has 'a comma'
end

begin "perf stat counts the same"
if ! perf stat -x, -e page-faults:u true >"$work/perf-true" 2>&1; then
  skip "perf cannot count here"
else
  perf stat -x, -o "$work/perf-fill" -e page-faults:u "${fill[@]}"
  theirs=$(awk -F, '/page-faults/ { print $1 }' "$work/perf-fill")
  ours=$(awk -F, '/page-faults/ { print $1 }' "$work/perf/perf-stat.csv")
  # The same program faults the same pages, but for what its start leaves to chance.
  holds test $((ours * 20)) -ge $((theirs * 19)) -a $((ours * 19)) -le $((theirs * 20))
  end
fi

begin "without counters there are no events"
run run -a libc -r 1 -w 0 --counters none --output "$work/no-events" -- true
exits 0
holds test "$(grep -c PAGE-FAULTS "$work/no-events/executions.csv")" = 0
end

begin "a group that is not there ends it before the program runs"
run run -a libc -g nonsense --output "$work/no-group" -- touch "$work/ran"
exits 125
err_is_message
err_has 'there is no counter group "nonsense"'
holds test ! -e "$work/ran"
holds test ! -e "$work/no-group"
end

begin "counting and not watching contradict each other"
run run -a libc --no-watch -g software --output "$work/never" -- true
exits 125
err_is_message
err_has 'contradict each other'
end

begin "an allocator that is not there is named, and the rest goes on"
LD_LIBRARY_PATH='' run run -a libc,libc-thp -r 1 --warm-up 0 --quiet --output "$work/some" -- true
exits 0
end

for code in 0 1 42; do
  begin "exit status $code is handed on"
  run run -a libc -r 1 -w 0 --quiet --output "$work/exit-$code" -- sh -c "exit $code"
  exits $code
  end
done

begin "the exit status is known where SIGCHLD is ignored"
run_command env --ignore-signal=CHLD "$ESCALIER" run -a libc -r 1 -w 0 --quiet \
  --output "$work/no-chld" -- sh -c "exit 42"
exits 42
end

begin "the signal is handed on"
run run -a libc -r 1 -w 0 --quiet --output "$work/signal" -- sh -c 'kill -TERM $$'
exits 143
end

begin "a program that is not found"
run run -a libc -r 1 --quiet --output "$work/missing" -- no-such-program-of-escalier
exits 127
err_is_message
err_has 'cannot execute no-such-program-of-escalier'
end

begin "a program that cannot be executed"
run run -a libc -r 1 --quiet --output "$work/denied" -- /etc/passwd
exits 126
err_is_message
end

begin "a time limit"
run run -a libc -r 1 -w 0 --quiet --timeout 100ms --output "$work/slow" -- sleep 600
exits 124
holds grep -q timeout "$work/slow/executions.csv"
end

begin "a comparison and its files"
printf 'b\na\n' >"$work/input"
run run -a libc,libc-thp -r 2 -w 1 --check-output --json --input "$work/input" \
  --output "$work/compare" -- sort
exits 0
holds python3 - "$out" "$work/compare/executions.csv" <<'PYTHON'
import csv, json, sys
summary = json.load(open(sys.argv[1]))
rows = list(csv.DictReader(open(sys.argv[2])))
assert [c["allocator"] for c in summary["contenders"]] == ["libc", "libc-thp"]
assert len(rows) == 2 * 2 * 2, len(rows)
order = [(r["allocator"], r["kind"]) for r in rows]
assert order[:4] == [("libc", "timed"), ("libc-thp", "timed"), ("libc", "watched"), ("libc-thp", "watched")]
assert order[4][0] == "libc-thp", "the first of a round changes"
assert len({r["output_digest"] for r in rows}) == 1 and rows[0]["output_bytes"] == "4"
assert all(r["end"] == "exit" and r["code"] == "0" and int(r["wall_ns"]) > 0 for r in rows)
assert all(int(r["minor_faults"]) > 0 for r in rows)
PYTHON
for file in summary.txt comparison.csv comparison.json comparison.svg executions.jsonl environment.json; do
  holds test -s "$work/compare/$file"
done
end

begin "the report again, byte for byte"
cp "$work/compare/summary.txt" "$work/before"
cp "$work/compare/comparison.json" "$work/before.json"
cp "$work/compare/comparison.svg" "$work/before.svg"
run report "$work/compare"
exits 0
out_has "$work/compare/comparison.csv"
holds cmp "$work/before" "$work/compare/summary.txt"
holds cmp "$work/before.json" "$work/compare/comparison.json"
holds cmp "$work/before.svg" "$work/compare/comparison.svg"
end

begin "an output that changes is told"
run run -a libc,libc-thp -r 1 -w 0 --check-output --output "$work/changes" -- sh -c 'echo $$; date +%N'
exits 0
out_has 'outputs differ from the first'
end

begin "a program that fails under one allocator only"
# shellcheck disable=SC2016 # for the inner shell
run run -a libc,libc-thp -r 2 -w 0 --output "$work/fails" -- \
  sh -c 'test -z "$GLIBC_TUNABLES" || { echo gone >&2; kill -SEGV $$; }'
exits 0
out_has 'fails: Segmentation fault (signal 11)'
out_has '4 of 4 executions'
out_has 'gone'
end

begin "the command of --prepare runs before each execution"
run run -a libc -r 2 -w 1 --no-watch --quiet --prepare "echo >>'$work/prepared'" \
  --output "$work/prepare" -- true
exits 0
holds test "$(wc -l <"$work/prepared")" -eq 4 # traced, to warm up, and two that count
end

begin "a failing --prepare ends the run"
run run -a libc -r 2 --quiet --prepare 'exit 3' --output "$work/unprepared" -- true
exits 125
err_has 'the command of --prepare failed'
end

begin "a server is measured under its load, and ended by the signal named"
cat >"$work/server" <<'SHELL'
trap 'echo ended >>"$0.ended"; exit 0' USR1
sleep 0.2
touch "$0.ready"
while :; do sleep 0.05; done
SHELL
run run -a libc,libc-thp -r 2 -w 0 --json --output "$work/served" --prepare "rm -f '$work/server.ready'" \
  --ready "test -e '$work/server.ready'" --stop USR1 --load "echo 'did 1,250.5 requests'; echo 'did 749.5 requests'" \
  --throughput 'did ([0-9.,]+) requests' -- sh "$work/server"
exits 0
holds test "$(wc -l <"$work/server.ended")" -eq 9 # eight that count, and the traced one
holds python3 - "$work/served/executions.csv" <<'PYTHON'
import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
assert len(rows) == 8 and all(r["end"] == "exit" and r["code"] == "0" for r in rows), rows
assert all(float(r["throughput"]) == 1000 for r in rows)
PYTHON
end

begin "a server that ends before it serves"
run run -a libc -r 1 -w 0 --output "$work/unready" --ready 'false' --load true -- sh -c 'exit 0'
exits 123
holds grep -q ',unready,' "$work/unready/executions.csv"
end

begin "a load that fails"
run run -a libc -r 1 -w 0 --output "$work/load" --load 'exit 9' -- sleep 600
exits 123
holds grep -q ',load,9,' "$work/load/executions.csv"
end

for bad in '--ready 80' '--load true --ready 70000' '--load true --throughput [' \
  '--load true --throughput nogroup' '--load true --stop NONE'; do
  begin "$bad is refused"
  # shellcheck disable=SC2086
  run run $bad -a libc --output "$work/never" -- true
  exits 125
  err_is_message
  end
done

begin "an interrupt leaves what there is"
"$ESCALIER" run -a libc -r 100 --output "$work/interrupted" -- sleep 0.2 >"$out" 2>"$err" &
pid=$!
for _ in $(seq 600); do
  [ "$(grep -c timed "$work/interrupted/executions.csv" 2>/dev/null)" -ge 2 ] 2>/dev/null && break
  sleep 0.1
done
kill -INT $pid
wait $pid
status=$?
exits 130
holds grep -q '"interrupted": true' "$work/interrupted/environment.json"
holds grep -q interrupted "$work/interrupted/summary.txt"
holds test "$(grep -c 'ended otherwise' "$work/interrupted/summary.txt")" -eq 0
end

begin "a damaged row is refused by its line"
cp -r "$work/compare" "$work/damaged"
echo 'libc,timed' >>"$work/damaged/executions.csv"
run report "$work/damaged"
exits 1
err_is_message
err_has 'line 10'
end

finish
