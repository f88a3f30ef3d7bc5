#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What hp notices of a program's mistakes: always, and with its checks. One process for each (see
# misuse.c), which must end by abort() after a report that names the address. Prints TAP.
set -u
folder=$(dirname "${ESCALIER:?the program, beside which the test programs are}")/tests/alloc/hp
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tests=0 failures=0
# The sanitizers' own handlers are none of hp's.
export ASAN_OPTIONS=handle_abort=0:handle_segv=0:detect_leaks=0 TSAN_OPTIONS=handle_abort=0:handle_segv=0
export UBSAN_OPTIONS=handle_abort=0:handle_segv=0
ulimit -c 0

report() {
  tests=$((tests + 1))
  if [ -z "$2" ]; then
    echo "ok $tests - $1"
  else
    failures=$((failures + 1))
    sed 's/^/#   stderr: /' "$work/err" | head -5
    echo "# $2"
    echo "not ok $tests - $1"
  fi
}

# The shell's own word on a process that was killed is not wanted.
run() {
  {
    ESCALIER_HP_POLICY=$policy ESCALIER_HP_CHECK=$check timeout --signal=KILL 30 "$folder/misuse" "$1" \
      >"$work/out" 2>"$work/err"
    status=$?
  } 2>/dev/null
}

# noticed CASE...: ends by SIGABRT, and says the address.
noticed() {
  local case wrong
  for case in "$@"; do
    run "$case"
    wrong=
    [ "$status" -eq 134 ] || wrong="status $status in place of an abort"
    [ -s "$work/err" ] || wrong="$wrong no report"
    grep -qiF -- "$(head -1 "$work/out" | sed 's/^0x0*//')" "$work/err" ||
      wrong="$wrong the report does not name $(head -1 "$work/out")"
    report "$policy, checks $check: $case is noticed" "$wrong"
  done
}

# harmless CASE...: either goes on or is noticed, but nothing else happens: no other signal, and no
# address handed out that is not the heap's.
harmless() {
  local case wrong
  for case in "$@"; do
    run "$case"
    wrong=
    case $status in
      0 | 134) ;;
      *) wrong="status $status" ;;
    esac
    report "$policy, checks $check: $case does no harm" "$wrong"
  done
}

foreign=(free-stack free-static free-libc free-wild free-low free-not-canonical realloc-stack
  usable-stack)
always=(double-free double-free-large free-unaligned free-interior-large free-past-large
  free-segment-start "${foreign[@]}")

policy=hp check=
harmless nothing
noticed "${always[@]}" realloc-freed
harmless free-interior free-never-given double-free-late double-free-threads double-free-remote overflow-one overflow-zero \
  write-after-free-first write-after-free-later forge-link wrong-size

policy=hp check=all
harmless nothing
noticed "${always[@]}" realloc-freed free-interior free-never-given double-free-late double-free-threads double-free-remote \
  overflow-one overflow-even overflow-large overflow-zero overflow-realloc \
  write-after-free-first write-after-free-later wrong-size
harmless forge-link

policy=hp check=pointers
noticed double-free-late double-free-threads double-free-remote free-interior free-never-given \
  wrong-size
policy=hp check=canary
noticed overflow-one overflow-even overflow-large overflow-zero overflow-realloc
policy=hp check=poison
noticed write-after-free-later

policy=hp-firstfit check=
harmless nothing
noticed double-free free-unaligned "${foreign[@]}"
policy=hp-bump check=
harmless nothing
noticed "${foreign[@]}"

echo "1..$tests"
[ "$failures" -eq 0 ]
