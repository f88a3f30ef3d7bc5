#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs each program of this folder without and with libescalier-hp.so preloaded: status 0, the same
# output, and nothing on stderr. The programs lie in $INTERPOSE_PROGRAMS, the library is
# $ESCALIER_HP_LIBRARY.
cd "$(dirname "$0")/../.." || exit
. tests/cli/lib.sh
programs=${INTERPOSE_PROGRAMS:?folder of the test programs}
library=${ESCALIER_HP_LIBRARY:?libescalier-hp.so}
stats=$work/stats.json
export PATH=$PATH:/usr/sbin

# preloaded VARIABLE=VALUE... COMMAND...
preloaded() {
  run_command env LD_PRELOAD="$library" "$@"
}

# Whether hp served the last command that was told to leave its statistics.
was_served() {
  [ -s "$stats" ] || wrong "hp was not in use"
}

was_not_served() {
  [ ! -e "$stats" ] || wrong "hp was in use"
}

# The same with and without, for each kind of pages.
same() {
  local program=$1 pages
  shift
  run_command "$programs/$program" "$@"
  exits 0
  cp "$out" "$work/reference"
  for pages in auto small thp; do
    preloaded ESCALIER_HP_PAGES=$pages "$programs/$program" "$@"
    exits 0
    err_is_empty
    holds cmp "$work/reference" "$out"
  done
}

# A program as it is, with what it takes as arguments.
simple() {
  begin "${1//-/ }"
  same "$@"
  end
}

begin "the library serves a program that it is preloaded into"
preloaded ESCALIER_HP_STATS="$stats" "$programs/plain"
exits 0
was_served
end

begin "silent by default"
preloaded "$programs/plain"
exits 0
holds test "$(cat "$out")" = plain
err_is_empty
end

simple allocation-inside-dlsym
simple allocation-before-main
simple allocation-after-our-destructor
simple tls-inside-malloc "$programs/lib-tls.so"
simple foreign-block
simple fork-deadlock
simple vfork-damage
simple errno-changed
simple misaligned-block
simple zero-size
simple size-overflow
simple exhaustion-abort
simple interrupted-by-signals
simple own-malloc-inside
simple deepbind-mix "$programs/lib-deep.so"
simple caller-unknown-to-dlopen
simple thread-churn-growth
simple small-stack-overflow
simple seccomp-kill
simple aligned-new
simple replaced-operator-new
simple memory-information
simple maps-not-as-asked
simple break-not-as-asked

begin "options hold for what is allocated before main"
rm -f "$stats"
preloaded ESCALIER_HP_PAGES=small ESCALIER_HP_STATS="$stats" "$programs/allocation-before-main"
exits 0
holds grep -q '"source": *"small"\|"small"' "$stats"
end

begin "closed standard streams"
for mode in "" "LD_PRELOAD=$library" "LD_PRELOAD=$library ESCALIER_HP_PAGES=hugetlb-2m"; do
  # shellcheck disable=SC2086 # a list of variables
  env $mode "$programs/closed-standard-streams" "$programs/closed-standard-streams" \
    <&- >&- 2>&-
  status=$?
  exits 0
  # shellcheck disable=SC2086
  env $mode "$programs/closed-standard-streams" >"$out" 2>"$err"
  status=$?
  exits 0
done
end

begin "maps not as asked, with huge pages"
preloaded ESCALIER_HP_MAPS=thp "$programs/maps-not-as-asked"
exits 0
holds test "$(cat "$out")" = "maps as asked for"
end

begin "break not as asked, with huge pages"
preloaded ESCALIER_HP_BRK=thp "$programs/break-not-as-asked"
exits 0
holds test "$(cat "$out")" = "the break is where it was asked to be"
end

begin "lost in exec"
rm -f "$stats"
preloaded ESCALIER_HP_STATS="$stats" "$programs/lost-in-exec" "$programs/plain"
exits 0
err_is_empty
holds test "$(cat "$out")" = "$(printf 'plain\n%.0s' 1 2 3 4)"
was_served
# The program itself and the one child that inherits the environment.
holds test "$(grep -c '"policy"' "$stats")" -eq 2
end

begin "static programs are not served, and run"
rm -f "$stats"
preloaded ESCALIER_HP_STATS="$stats" "$programs/plain-static"
exits 0
holds test "$(cat "$out")" = plain
was_not_served
end

# ld.so(8): in secure mode, paths in LD_PRELOAD are ignored.
name="setuid programs are not served, and run"
cp "$programs/plain" "$work/setuid"
if [ "$(id -u)" -ne 0 ] || ! command -v setpriv >/dev/null; then
  skip "$name: another user's program needs root and setpriv"
elif ! chown daemon "$work/setuid" || ! chmod 4755 "$work/setuid" || ! chmod 777 "$work" ||
  ! setpriv --reuid=nobody --clear-groups "$work/setuid" | grep -qx secure; then
  skip "$name: no setuid in the folder of temporary files"
else
  begin "$name"
  rm -f "$stats"
  run_command setpriv --reuid=nobody --clear-groups env LD_PRELOAD="$library" \
    ESCALIER_HP_STATS="$stats" "$work/setuid"
  exits 0
  holds test "$(cat "$out")" = secure
  was_not_served
  end
fi

begin "the library defines the family, and nothing else"
expected="aligned_alloc brk calloc cfree dlopen free free_aligned_sized free_sized mallinfo mallinfo2 malloc
malloc_info malloc_stats malloc_trim malloc_usable_size mallopt memalign mmap mmap64
posix_memalign pvalloc realloc reallocarray sbrk valloc"
nm -D --defined-only "$library" | awk '{ print $3 }' | sort | xargs >"$out"
holds test "$(cat "$out")" = "$(echo "$expected" | xargs)"
end

finish
