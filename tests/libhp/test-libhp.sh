#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# libhp.so and libhp.a as installed below $LIBHP_ROOT: what they export and need, a program linked
# with each, and the variables that the manual page lists. $CC compiles.
cd "$(dirname "$0")/../.." || exit
. tests/cli/lib.sh
root=${LIBHP_ROOT:?folder that libhp was installed below}
installed=$root${LIBHP_PREFIX:-/usr/local}
library=$installed/lib/libhp.so
user=$work/user
unset "${!ESCALIER_HP_@}"

# Symbols of nm in $1, without their versions.
symbols() {
  nm "$@" | awk '{ sub(/@.*/, "", $NF); print $NF }' | sort -u
}

# built NAME FLAGS...: the program, linked with them. pkg-config knows the place.
built() {
  local name=$1
  shift
  run_command "${CC:-cc}" -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -o "$user-$name" \
    tests/libhp/user.c "$@"
  exits 0
}
flags() {
  PKG_CONFIG_PATH=$installed/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root pkg-config "$@" hp
}
out_line() {
  grep -qxF -- "$1" "$out" || wrong "no line \"$1\" in: $(tr '\n' '|' <"$out")"
}

# The program under variables.
uses() {
  run_command env LD_LIBRARY_PATH="$installed/lib" "$@" "$user-shared"
  exits 0
}

begin 'exports hp_ and nothing else'
# Everything that the header declares, nothing that it does not.
symbols -D --defined-only "$library" | grep -vx HP_0 >"$work/exported"
grep -oE '^HP_API .*' "$installed/include/hp.h" | grep -oE 'hp_[a-z_]+\(' | tr -d '(' | sort -u \
  >"$work/declared"
holds cmp "$work/declared" "$work/exported"
end

begin 'needs libc alone, and of it no stdio and no malloc'
run_command readelf -d "$library"
out_has 'Library soname: [libhp.so.0]'
run_command sh -c "readelf -d '$library' | grep NEEDED | grep -vE 'libc\.so\.6|ld-linux'"
[ ! -s "$out" ] || wrong "needs $(cat "$out")"
for file in "$library" "$installed/lib/libhp.a"; do
  for option in '-u' '-uD'; do
    [ "$option" = -u ] || [ "$file" = "$library" ] || continue
    nm "$option" "$file" 2>/dev/null | awk 'NF > 1 { sub(/@.*/, "", $NF); print $NF }' >"$work/needs"
    run_command grep -xE '(malloc|calloc|realloc|free|posix_memalign|aligned_alloc|memalign|valloc|strdup|getline|v?[sfd]?n?printf|fopen|fputs|fwrite|puts|putchar|perror|std(in|out|err)|exit|setlocale|qsort|opendir|getdelim|fdopen)' "$work/needs"
    [ "$status" -eq 1 ] || wrong "$file needs $(tr '\n' ' ' <"$out")"
  done
done
end

begin 'a program links the shared library'
# shellcheck disable=SC2046 # flags are words
built shared $(flags --cflags --libs)
uses
out_line 'hp 1000 0'
end

begin 'a program links the static library'
# shellcheck disable=SC2046
built static $(flags --cflags) "$installed/lib/libhp.a"
run_command env -i "$user-static"
exits 0
out_line 'hp 1000 0'
end

begin 'a C++ program compiles the header'
if command -v c++ >/dev/null; then
  echo '#include <hp.h>' >"$work/user.cc"
  # shellcheck disable=SC2046
  run_command c++ -std=c++17 -Wall -Wextra -Werror -c -o "$work/user.o" $(flags --cflags) "$work/user.cc"
  exits 0
  end
else
  skip 'no C++ compiler'
fi

begin 'variables choose'
for policy in hp hp-firstfit hp-bump; do
  uses ESCALIER_HP_POLICY=$policy
  out_line "$policy 1000 0"
  err_is_empty
done
uses ESCALIER_HP_PAGES=small
out_line 'thp 0 small 1'
uses ESCALIER_HP_DECAY_MS=250
out_line 'hp 250 0'
uses ESCALIER_HP_DECAY_MS=-1
out_line 'hp -1 0'
uses ESCALIER_HP_CHECK=canary,poison
out_line 'hp 1000 6'
uses ESCALIER_HP_CHECK=all
out_line 'hp 1000 15'
uses ESCALIER_HP_CHECK=9
out_line 'hp 1000 9'
uses ESCALIER_HP_LIMIT=512M
out_line 'limit kept'
uses ESCALIER_HP_LIMIT=8G
out_line 'limit none'
err_is_empty
end

begin 'a value that is not understood is one line, and the default'
for setting in POLICY=fast PAGES=huge PAGES=hugetlb-2 DECAY_MS=soon DECAY_MS=-2 \
  DECAY_MS=99999999999 CHECK=everything "CHECK=canary," CHECK=16 LIMIT=5X LIMIT=K LIMIT=1GG \
  LIMIT=99999999999999999999 LIMIT=17179869184G; do
  uses "ESCALIER_HP_$setting"
  out_line 'hp 1000 0'
  err_has "hp: ESCALIER_HP_$setting: not understood, ignored; expected "
  [ "$(wc -l <"$err")" -eq 1 ] || wrong "$setting: more than a line"
done
# Set to nothing is not set.
uses ESCALIER_HP_POLICY= ESCALIER_HP_PAGES= ESCALIER_HP_CHECK= ESCALIER_HP_STATS=
err_is_empty
end

begin 'statistics at exit: a descriptor, a file of text, a file of JSON'
uses ESCALIER_HP_STATS=2
[ -s "$err" ] || wrong 'nothing on stderr'
uses ESCALIER_HP_STATS="$work/stats.txt"
holds grep -q 'hp' "$work/stats.txt"
uses ESCALIER_HP_STATS="$work/stats.json"
json_is_valid "$work/stats.json"
# A program that closes what it does not know leaves them all the same.
run_command env LD_LIBRARY_PATH="$installed/lib" ESCALIER_HP_STATS="$work/closed.json" \
  "$user-shared" close
json_is_valid "$work/closed.json"
uses ESCALIER_HP_STATS="$work/no/such/folder"
err_has 'a file that can be written'
end

begin 'the manual page names every function and every variable'
for word in $(cat "$work/declared") $(grep -ohE 'ESCALIER_HP_[A-Z]+' "$installed/include/hp.h" | sort -u); do
  grep -q "$word" "$installed/share/man/man3/hp.3" || wrong "hp.3 does not mention $word"
done
if command -v man >/dev/null; then
  run_command env MANWIDTH=80 man --warnings -l "$installed/share/man/man3/hp.3"
  err_is_empty
fi
end

finish
