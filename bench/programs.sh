#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# programs.sh ESCALIER [ROUNDS [NAME...]]: ten programs of Debian that allocate much, each under libc, hp,
# jemalloc, mimalloc and tcmalloc, interleaved. A line for each program: the time of every allocator to
# libc's with its interval, and at the end on how many hp is as good as the best, or slower than libc.
# Only the programs NAME where any is given. Programs that are not installed are named.
set -eu
escalier=$1
rounds=${2:-10}
shift $(($# < 2 ? $# : 2))
wanted=" $* "
allocators=libc,hp,jemalloc,mimalloc,tcmalloc
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

awk 'BEGIN { srand(7); for (i = 0; i < 600000; i++) print int(rand() * 1e9) " line " i }' >"$folder/lines"
{
  echo 'int printf(const char *, ...);'
  for ((i = 0; i < 4000; i++)); do
    echo "static int f$i(int a, int b) { int s = $i; for (int k = 0; k < a; k++) s += (s ^ b) * k + f$((i ? i - 1 : 0))(k & 3, s & 1); return s; }"
  done
  echo 'int main(void) { return printf("%d", f3999(1, 2)); }'
} >"$folder/large.c"
seq 1 200000 | awk '{ print "insert into t values (" $1 ", \x27" $1 * 7919 % 1000003 "\x27);" }' >"$folder/rows"
{
  echo 'create table t(a integer, b text); begin;'
  cat "$folder/rows"
  echo 'commit; create index i on t(b); select count(*), max(b) from t; select count(distinct b) from t;'
} >"$folder/memory.sql"
cat >"$folder/table.py" <<'P'
rows = {}
for i in range(400000):
    rows["key%d" % i] = [i, str(i * 3), (i, i + 1)]
print(len(rows), sum(len(v[1]) for v in rows.values()))
P
cat >"$folder/table.pl" <<'P'
my %rows;
$rows{"key$_"} = [$_, $_ * 3, "text $_"] for 1 .. 400000;
my $sum = 0;
$sum += length $rows{$_}[2] for sort keys %rows;
print "$sum\n";
P
cat >"$folder/table.lua" <<'P'
local rows = {}
for round = 1, 3 do
  for i = 1, 300000 do rows["key" .. i] = {i, tostring(i * round), {i}} end
end
local sum = 0
for _, row in pairs(rows) do sum = sum + #row[2] end
print(sum)
P
git init -q "$folder/history"
awk 'BEGIN {
  for (i = 1; i <= 20000; i++) {
    text = "file " i % 500 " at " i "\n"
    printf "commit refs/heads/main\ncommitter A <a@b.c> %d +0000\ndata 5\nstep\nM 100644 inline f%d\ndata %d\n%s\n", \
      1600000000 + i, i % 500, length(text), text
  }
}' | git -C "$folder/history" fast-import --quiet

# measure NAME OPTION... -- PROGRAM...
measure() {
  local name=$1
  shift
  "$escalier" run -a $allocators -r "$rounds" --no-watch --no-trace -q -o "$folder/$name" "$@" >/dev/null
  awk -F, -v name="$name" -v all="$folder/all" '
    $2 == "\"time\"" && $1 != "libc" {
      row = row sprintf("  %s %.3f (%.3f-%.3f)", $1, $6, $7, $8)
      ratio[$1] = $6; low[$1] = $7; high[$1] = $8
      if ($1 != "hp" && (best == "" || $6 < best)) best = $6
    }
    END {
      if (best > 1) best = 1
      printf "%-10s%s\n", name, row
      print (low["hp"] <= best), (low["hp"] > 1.02), (ratio["hp"] > 1.02) >>all
    }' "$folder/$name/comparison.csv"
}

# wants NAME [PROGRAM]: whether it is to be measured, and its program there.
wants() {
  [[ $wanted = "  " || $wanted = *" $1 "* ]] || return 1
  command -v "${2:-$1}" >/dev/null || { echo "${2:-$1} is not installed"; return 1; }
}

echo "time to libc's, $rounds interleaved rounds, 95 % intervals of all ratios together"
wants python3 && measure python3 -- "$(readlink -f /usr/bin/python3)" "$folder/table.py"
wants perl && measure perl -- perl "$folder/table.pl"
wants lua lua5.4 && measure lua -- lua5.4 "$folder/table.lua"
wants sort && measure sort -- sort -k3 --parallel=1 "$folder/lines"
wants git-log git && measure git-log -- git -C "$folder/history" log --stat --format=%h main
wants gcc && measure gcc -- gcc -O1 -c -o "$folder/large.o" "$folder/large.c"
# shellcheck disable=SC2016 # awk's own
wants awk && measure awk -- awk '{ n[$1 % 50000] = n[$1 % 50000] " " $3 } END { for (k in n) s += length(n[k]); print s }' "$folder/lines"
wants sqlite3 && measure sqlite3 --input "$folder/memory.sql" -- sqlite3 :memory:
wants zstd && measure zstd -- zstd -q -f --long=27 -12 "$folder/lines" -o "$folder/lines.zst"
# It is linked with jemalloc, which is then what it has under libc.
glibc=()
if library=$(ldd "$(command -v redis-server)" 2>/dev/null | awk '$1 == "libc.so.6" { print $3; exit }') && [ "$library" ]; then
  glibc=(--allocator glibc="$library")
fi
wants redis redis-server && measure redis --ready 7991 --load \
  'redis-benchmark -p 7991 -q -t set,lpush,hset -n 60000 -r 100000 -d 200' "${glibc[@]}" -- \
  redis-server --port 7991 --save '' --appendonly no

awk '{ best += $1; slower += $2; point += $3; n++ }
  END { printf "hp as good as the best of all, within its interval, on %d of %d; slower than libc by more than 2 %% for sure on %d, by the median on %d\n",
    best, n, slower, point }' "$folder/all"
