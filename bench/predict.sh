#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# predict.sh ESCALIER FOLDER [SECONDS [NAME...]]: how good predictions are on this machine. A sweep, then
# programs of Debian that take 0.1 to 0.5 s: each is predicted from its executions under libc, and measured
# under libc-thp and hp for SECONDS (60). At the end all pairs, their median error, and how often the sign
# was right: of the programs that the model was built with, and of those that were chosen, and written down
# here, before any of them had been measured. FOLDER keeps what was measured; a program whose folder is
# there is not measured again. Only the programs NAME where any is given, and no table.
set -eu
escalier=$(readlink -f "$1")
mkdir -p "$2"
folder=$(readlink -f "$2")
seconds=${3:-60}
shift $(($# < 3 ? $# : 3))
wanted=" $* "

make_inputs() {
  awk 'BEGIN { srand(7); for (i = 0; i < 200000; i++) print int(rand() * 1e9) " line " i }' >lines
  sed '0~7s/^/changed /' lines >changed
  # shellcheck disable=SC2016 # Perl's own
  echo 'my %rows; $rows{"key$_"} = [$_, $_ * 3, "text $_"] for 1 .. 40000; print scalar keys %rows;' >table.pl
  echo 'rows = {"key%d" % i: [i, str(i * 3), (i, i + 1)] for i in range(100000)}; print(len(rows))' >table.py
  # shellcheck disable=SC2016 # Tcl's own
  echo 'for {set i 0} {$i < 40000} {incr i} { set t(key$i) [list $i [expr {$i * 3}] "text $i"] }; puts [array size t]' >table.tcl
  awk 'BEGIN { print "<r>"; for (i = 0; i < 100000; i++) printf "<e id=\"%d\"><n>name %d</n></e>\n", i, i % 97; print "</r>" }' >table.xml
  awk 'BEGIN { print "["; for (i = 0; i < 80000; i++) printf "%s{\"id\":%d,\"name\":\"n%d\"}\n", i ? "," : "", i, i * 7 % 1000; print "]" }' >table.json
  echo 'local rows = {} for i = 1, 60000 do rows["key" .. i] = {i, tostring(i * 3), {i}} end print(#rows)' >table.lua
  awk 'BEGIN { for (i = 0; i < 10000; i++) printf "static int f%d(int a, int b) { struct s%d { int x, y; } v = {a, b}; return v.x + v.y * %d; }\n", i, i, i }' >tags.c
  awk 'BEGIN { for (i = 0; i < 120; i++) printf "static int f%d(int a, int b) { int s = %d; for (int k = 0; k < a; k++) s += (s ^ b) * k + f%d(k & 3, s & 1); return s; }\n", i, i, i ? i - 1 : 0; print "int main(void) { return f119(1, 2); }" }' >check.c
  awk 'BEGIN { for (i = 0; i < 40000; i++) printf "\t.globl s%d\ns%d:\tmovl $%d, %%eax\n\taddl s%d(%%rip), %%eax\n\tret\n", i, i, i, i * 7919 % 40000 }' >symbols.s
  as -o symbols.o symbols.s
  awk 'BEGIN { for (i = 0; i < 120000; i++) print "n" i " n" int(i / 2) + 120000 }' >edges
  awk 'BEGIN { print ".PP"; for (i = 0; i < 20000; i++) { if (i % 40 == 0) print ".br"; print "word" i % 997 " and \\fIsome\\fP more of them at " i } }' >text.roff
  awk 'BEGIN { for (i = 0; i < 60000; i++) print "define(`name" i "\x27, `the value of it " i "\x27)dnl" }' >names.m4
  head -800 tags.c >few.c
  awk 'BEGIN { print ".TS\nl l n."; for (i = 0; i < 30000; i++) print "name" i "\tsome text\t" i; print ".TE" }' >table.roff
  diff -u lines changed >changes.diff || true
  awk 'BEGIN { print "%%\ns:"; for (i = 0; i < 400; i++) printf "  %s T%d \x27x\x27 U%d\n", i ? "|" : "", i, i * 7 % 400; print ";" }' |
    sed '1i %token '"$(seq -s ' ' -f 'T%g' 0 399) $(seq -s ' ' -f 'U%g' 0 399)" >grammar.y
  # shellcheck disable=SC2016 # CMake's own
  echo 'foreach(i RANGE 15000)
  set(v${i} "the value ${i} of it")
  set_property(GLOBAL PROPERTY p${i} "${v${i}};${i}")
endforeach()' >lists.cmake
  # shellcheck disable=SC2016 # make's own
  awk 'BEGIN { for (i = 0; i < 40000; i++) printf "t%d: t%d\n\t@echo %d\nV%d := value of $(V%d) %d\n", i, i + 1, i, i, 0, i }' >targets.mk
}

set_name=
# measure NAME OPTION... -- PROGRAM...: its folder is SET/NAME.
measure() {
  local name=$1 program
  shift
  [[ $wanted = "  " || $wanted = *" $name "* ]] || return 0
  program=$(printf '%s\n' "$@" | grep -A1 -x -e -- | tail -1)
  command -v "$program" >/dev/null || { echo "$program is not installed"; return 0; }
  [ ! -e "$folder/$set_name/$name" ] || return 0
  mkdir -p "$folder/$set_name"
  "$escalier" run --model "$folder/sweep" -a libc,libc-thp,hp -r 20:1000 --watched-rounds 5 --target 0.3% \
    --budget "${seconds}s" --counters none -q -o "$folder/$set_name/$name" "$@" >"$folder/$name.out" 2>&1 || true
  [ -e "$folder/$set_name/$name/predictions.csv" ] ||
    echo "$name: $(sed -n 's/.*no prediction/no prediction/p' "$folder/$set_name/$name/prediction.txt")"
}

if [ ! -e "$folder/inputs" ]; then
  mkdir "$folder/inputs.new"
  (cd "$folder/inputs.new" && make_inputs)
  mv "$folder/inputs.new" "$folder/inputs"
fi
cd "$folder/inputs"
[ -e "$folder/sweep" ] || "$escalier" sweep -b small,thp -k chase,page-chase -s 1M,4M,16M,32M,64M,128M,256M,512M \
  -r 5 --counters none -q -o "$folder/sweep" >/dev/null || [ -e "$folder/sweep/windows.csv" ]

set_name=built-with
measure perl -- perl table.pl
measure python3 -- /usr/bin/python3 table.py
# shellcheck disable=SC2016 # awk's own
measure awk -- awk '{ n[$1 % 50000] = n[$1 % 50000] " " $3 }' lines
measure sort -- sort -k3 --parallel=1 lines
measure tclsh -- tclsh table.tcl
measure xmllint -- xmllint --noout table.xml
measure jq -- jq -c 'map(.id) | add' table.json
measure diff -- diff lines changed
measure zstd -- zstd -q -f --long=27 -7 -T1 -c lines

measure lua5.4 -- lua5.4 table.lua
measure vim -- vim -u NONE -n -es -c '%s/line/LINE/' -c 'q!' lines
measure ctags -- ctags -f /dev/null tags.c
measure cppcheck -- cppcheck -q check.c
measure gnuplot -- gnuplot -e "set terminal dumb; plot 'lines' using 3:1"
measure ld -- ld -r -o /dev/null symbols.o
measure nm -- nm -A symbols.o
measure as -- as -o /dev/null symbols.s
measure troff -- troff -Tutf8 text.roff
measure m4 -- m4 names.m4
measure shuf -- shuf --random-source=lines lines
measure tsort -- tsort edges
measure sed -- sed -z 's/line/LINE/g' lines
measure column -- column -t edges
measure cmake -- cmake -P lists.cmake
measure make -- make -n -s -f targets.mk t39990

set_name=held-out
measure objdump -- objdump -t symbols.o
measure objcopy -- objcopy symbols.o copy.o
measure readelf -- readelf -s -W symbols.o
measure gold -- ld.gold -r -o gold.o symbols.o
measure clang-format -- clang-format few.c
measure ptx -- ptx edges
measure lua5.3 -- lua5.3 table.lua
measure tbl -- tbl table.roff
measure patch -- patch -s -o patched lines changes.diff
measure lz4 -- lz4 -q -f -9 lines packed.lz4
# shellcheck disable=SC2016 # Bash's own
measure bash -- bash -c 'declare -A t; for ((i = 0; i < 40000; i++)); do t[k$i]=value$i; done'
measure bison -- bison -o grammar.c grammar.y

[[ $wanted = "  " ]] || exit 0
for set_name in built-with held-out; do
  printf '\nprograms %s\n' "$(if [ $set_name = built-with ]; then echo 'that the model was built with'; else echo 'held out'; fi)"
  "$escalier" predict --history "$folder/$set_name/predictions.csv"
done
