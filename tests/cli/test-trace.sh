#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `escalier trace`: programs whose allocations are known, and programs that end in other ways.
# shellcheck source=tests/cli/lib.sh
. tests/cli/lib.sh
victim=$(dirname "$ESCALIER")/tests/trace/victim

# sizes FILE: the .sizes.csv of the only trace in a folder has for the class that holds BYTES
# CALLS in COLUMN, and at most 50 more, which are the C library's own.
class_has() {
  python3 - "$1" "$2" "$3" "$4" <<'PYTHON' || wrong "$3 of class $2 is not $4"
import csv, glob, sys
folder, size, column, calls = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
(path,) = glob.glob(folder + "/*.sizes.csv")
rows = list(csv.DictReader(open(path)))
row = [r for r in rows if int(r["from_bytes"]) <= size][-1]
sys.exit(not calls <= int(row[column]) <= calls + 50)
PYTHON
}

# differs_as_expected WITHOUT WITH: what WITH has more than WITHOUT in each class is what the program
# says to have called.
differs_as_expected() {
  python3 - "$1" "$2" "$out" <<'PYTHON' || wrong "the classes of $2 are not as expected"
import glob, sys
def rows(lines):
    return {r[0]: r[1:] for r in ([int(n) for n in line.split(",")] for line in lines)}
def sizes(folder):
    (path,) = glob.glob(folder + "/*.sizes.csv")
    return rows(open(path).read().splitlines()[1:])
expected = rows(l.split()[1] for l in open(sys.argv[3]) if l.startswith("expected "))
before, after = sizes(sys.argv[1]), sizes(sys.argv[2])
none = [0] * 8
for size in sorted(expected.keys() | before.keys() | after.keys()):
    more = [a - b for a, b in zip(after.get(size, none), before.get(size, none))]
    if more != expected.get(size, none):
        sys.exit(f"# {size}: {more}, not {expected.get(size, none)}")
sys.exit(not expected)
PYTHON
}

begin "help"
run trace --help
exits 0
out_has 'Usage: escalier trace'
end

begin "no program"
run trace
exits 125
err_is_message
end

for mode in --count --sample=64K; do
  folder=$work/each$mode
  begin "each function is counted in its class, $mode"
  run trace "$mode" --output "$folder" -- "$victim" each
  exits 0
  class_has "$folder" 100 malloc 1000
  class_has "$folder" 300 calloc 500
  class_has "$folder" 10 malloc 200
  class_has "$folder" 20000 realloc 200
  class_has "$folder" 5000 aligned 70
  class_has "$folder" 6400 aligned 70
  class_has "$folder" 3000 aligned 70
  class_has "$folder" 7000000 malloc 1
  class_has "$folder" 20000 free 200
  out_has 'failed      1 calls got no memory'
  end
done

for mode in --count --sample=64K; do
  begin "small calls are counted exactly, $mode"
  run trace "$mode" --output "$work/nothing$mode" -- "$victim" nothing
  run trace "$mode" --output "$work/random$mode" -- "$victim" random
  exits 0
  differs_as_expected "$work/nothing$mode" "$work/random$mode"
  end
done

begin "blocks that another thread frees do not add up"
run trace --count --output "$work/hand" -- "$victim" hand
exits 0
holds grep -qE '^live +9\.[5-9][0-9]*M at the most, [0-9.]+K? at the end' "$out"
end

begin "blocks and their call site"
run trace --output "$work/large" -- "$victim" large
exits 0
out_has 'live        100M at the most, 100M at the end'
out_has 'allocate_large_blocks at victim.c:'
end

begin "blocks are mapped from the same size on as without the library"
run trace --output "$work/map" -- "$victim" map
exits 0
end

begin "a block is there in each moment of its growth"
run trace --output "$work/grow" -- "$victim" grow
exits 0
out_has 'live        105M at the most'
holds test "$(awk -F, 'NR > 1 && $2 >= 101 * 2 ^ 20' "$work"/grow/*.timeline.csv | wc -l)" -ge 5
end

begin "threads that end give their slots back"
run trace --output "$work/threads" -- "$victim" threads
exits 0
out_has 'threads     2001'
class_has "$work/threads" 333 malloc 20000
class_has "$work/threads" 336 free 20000
end

begin "threads beyond those that a trace has room for"
run trace --output "$work/many" -- "$victim" many
exits 0
out_has 'threads     1101'
class_has "$work/many" 333 malloc 11000
holds grep -qE '^live .* [0-9.]+K? at the end' "$out"
end

begin "destructors that come after the library's own"
run trace --output "$work/late" -- "$victim" late
exits 0
class_has "$work/late" 7000 calloc 100
class_has "$work/late" 30000 realloc 100
class_has "$work/late" 13000 aligned 100
end

begin "a thread that is cancelled, without descriptors, comes through its calls"
export ESCALIER_TRACE_STEP_MS=0
run trace --output "$work/cancel" -- "$victim" cancel
unset ESCALIER_TRACE_STEP_MS
exits 0
end

begin "a forked child that goes on has a trace of its own"
run trace --output "$work/fork" -- "$victim" fork
exits 0
out_has ', a fork)'
holds test "$(find "$work/fork" -name '*.trace' | wc -l)" -eq 2
end

begin "threads that fork and end leave the child its calls"
run trace --output "$work/leave" -- "$victim" fork-in-threads
exits 0
holds test "$(grep -c ', a fork)' "$out")" -eq 4
holds test "$(grep -c '^malloc  *30[0-9][0-9] ' "$out")" -eq 4
rm -r "$work/leave"
end

begin "a child of a child that has no trace begins with what lives in that"
run trace --output "$work/grandchild" -- "$victim" fork-in-child
exits 0
holds grep -qE '^live +2\.8[0-9]M at the most, 2\.8[0-9]M at the end' "$out"
end

begin "threads that the parent of a child begins are not the child's"
run trace --output "$work/wait" -- "$victim" fork-and-wait
exits 0
holds test "$(grep -c '^threads     1$' "$out")" -eq 1
holds test "$(grep -c '^threads     11$' "$out")" -eq 1
end

begin "what the parent of a child samples is not the child's"
run trace --sample=1K --output "$work/share" -- "$victim" fork-and-share
exits 0
holds test "$(grep -c 'in 1 call, 4.77M live at the end' "$out")" -eq 2
holds test "$(grep -c 'in 20 calls, 95.4M live at the end' "$out")" -eq 2
holds grep -qE '^malloc +3001 ' "$out"
end

begin "functions of C++ are named as they are written"
if command -v g++ >/dev/null; then
  echo 'namespace space { template <class T> [[gnu::noipa]] void *get(int n) { return new T[n]; } }
    int main() { return !space::get<long>(1000000); }' >"$work/names.cc"
  holds g++ -g -o "$work/names" "$work/names.cc"
  run trace --output "$work/cxx" -- "$work/names"
  exits 0
  out_has 'operator new(unsigned long) in libstdc++'
  out_has 'void* space::get<long>(int) at names.cc:1'
  end
else
  skip "there is no g++"
fi

begin "blocks for which no more could be had live on"
run trace --sample=1K --output "$work/refuse" -- "$victim" refuse
exits 0
out_has 'failed      100 calls got no memory'
out_has 'in 100 calls, 100M live at the end'
end

begin "a program that aborts leaves its trace"
run trace --output "$work/abort" -- "$victim" abort
exits 134
out_has 'it did not end in the ordinary way'
class_has "$work/abort" 1000 malloc 100
holds grep -qE '^live +(9[789][0-9.]*K) at the most, \1 at the end' "$out"
end

begin "children that exec have traces of their own"
run trace --quiet --output "$work/exec" -- sh -c "'$victim' each; '$victim' each"
exits 0
holds test "$(find "$work/exec" -name 'victim.*.trace' | wc -l)" -eq 2
end

begin "descriptors that are closed, and an environment that is gone, do no harm"
run trace --quiet --output "$work/closed" -- sh -c "exec '$victim' each <&- >&- 2>&-"
exits 0
run trace --output "$work/clean" -- env -i "$victim" each
exits 0
end

begin "a static program is not traced, which is no exit code of its own"
echo 'int main(void) { return 3; }' >"$work/static.c"
holds gcc -static -o "$work/static" "$work/static.c"
run trace --quiet --output "$work/static-traces" -- "$work/static"
exits 123
err_has 'it is static'
end

begin "a trace is shown again"
run trace --report "$(find "$work/abort" -name '*.trace')"
exits 0
out_has 'allocator '
end

begin "names that hold anything are shown by their escapes"
strange=$work/$'a\n\e[31m\xff'
cp "$victim" "$strange"
# A folder whose name is a pattern, too.
run trace --output "$work/names[1]" -- "$strange" threads
exits 0
out_has 'a\n\x1b[31m\xff (process'
holds grep -qE '^(a.n.x1b.31m.xff) +[0-9]+' "$out"
holds test "$(sed '/^traces: /d' "$out" | tee "$work/shown" | wc -l)" -gt 10
is_visible "$work/shown"
run trace --report "$strange"
exits 125
is_visible "$err"
end

begin "a program whose name is as long as a file's may be"
long=$work/$(printf 'é%.0s' {1..127})
cp "$victim" "$long"
run trace --quiet --output "$work/long" -- "$long" each
exits 0
holds test "$(find "$work/long" -name "*.timeline.csv" | wc -l)" -eq 1
is_visible "$out"
end

begin "a damaged trace is refused"
head -c 1000 "$(find "$work/abort" -name '*.trace')" >"$work/cut.trace"
run trace --report "$work/cut.trace"
exits 125
err_is_message
err_has 'it is too short'
sed 's/^EESCTRC./EESCTRC1/' "$work/cut.trace" >"$work/old.trace"
run trace --report "$work/old.trace"
exits 125
err_is_message
err_has 'another version wrote it'
err_has 'trace the program again'
head -c 1000 /dev/zero >"$work/zero.trace"
run trace --report "$work/zero.trace"
exits 125
err_has 'it does not begin as one'
end

begin "a folder that cannot be written leaves the program alone"
run_command env LD_PRELOAD="$(dirname "$ESCALIER")/libescalier-trace.so" ESCALIER_TRACE_DIR=/no/such \
  "$victim" each
exits 0
err_has 'libescalier-trace: cannot write /no/such: ENOENT; the program runs untraced'
end

begin "a disk without room for a trace"
mkdir "$work/small"
# shellcheck disable=SC2016
if unshare -m mount -t tmpfs -o size=1M tmpfs "$work/small" 2>"$err"; then
  run_command unshare -m bash -c 'mount -t tmpfs -o size=1M tmpfs "$1" && exec "$2" trace -o "$1/t" -- true' \
    bash "$work/small" "$ESCALIER"
  exits 125
  err_has "there is no room for a trace in $work/small/t"
  run_command unshare -m bash -c 'mount -t tmpfs -o size=1M tmpfs "$1" && exec "$2" run -r 1 -w 0 -a libc --counters none -o "$1/t" -- true' \
    bash "$work/small" "$ESCALIER"
  exits 0
  out_has 'there is no room for a trace'
  end
else
  skip "no file system may be mounted here"
fi

begin "a limit to the length of files leaves the program alone"
# shellcheck disable=SC2016
run_command env LD_PRELOAD="$(dirname "$ESCALIER")/libescalier-trace.so" ESCALIER_TRACE_DIR="$work" \
  bash -c 'ulimit -f 100 && exec "$1" each' bash "$victim"
exits 0
err_has 'EFBIG; the program runs untraced'
end

finish
