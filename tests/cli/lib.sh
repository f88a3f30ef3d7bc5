# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# lib.sh: what the command-line suites share. A suite is a row of tests in TAP:
#
#   begin NAME; run sweep --dry-run; exits 0; out_has 'sizes'; end
#
# An assertion that does not hold prints a comment and the test goes on; `end` says whether all
# held. `skip REASON` in place of `end` leaves the test out. `finish` ends the suite. The program
# is $ESCALIER, its mode $MODE, the library that injects failures $ESCALIER_INJECT.
set -u
ESCALIER=${ESCALIER:?the program to test}
MODE=${MODE:-release}
ESCALIER_SHARE=$PWD
# A sanitizer's own exit codes are none of the program's.
ASAN_OPTIONS=exitcode=99
UBSAN_OPTIONS=exitcode=99
TSAN_OPTIONS=exitcode=99
# Debian's own programs first: a wrapper of python3 may take longer than the test.
PATH=/usr/bin:/bin:$PATH
export PATH ESCALIER ESCALIER_SHARE ASAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS LC_ALL=C NO_COLOR=1

work=$(mktemp -d)
pools_before=() # pages and file of each pool that was not empty
at_exit() {
  local i
  rm -rf "$work"
  for ((i = 0; i < ${#pools_before[@]}; i += 2)); do
    echo "${pools_before[i]}" >"${pools_before[i + 1]}"
  done
}
trap at_exit EXIT
# What is kept from one start to the next is kept for one suite.
export XDG_CACHE_HOME=$work/.cache
out=$work/out err=$work/err status=0
tests=0 failures=0 test_name='' wrong=0

begin() {
  test_name=$1
  wrong=0
  : >"$out"
  : >"$err"
}

# What is not as it should be.
wrong() {
  wrong=1
  printf '# %s: %s\n' "$test_name" "$*"
}

end() {
  tests=$((tests + 1))
  if [ "$wrong" -eq 0 ]; then
    echo "ok $tests - $test_name"
  else
    failures=$((failures + 1))
    sed 's/^/#   stderr: /' "$err" | head -20
    echo "not ok $tests - $test_name"
  fi
}

skip() {
  tests=$((tests + 1))
  echo "ok $tests - $test_name # SKIP $*"
}

finish() {
  echo "1..$tests"
  [ "$failures" -eq 0 ]
  exit
}

# Runs a command with its output in $out and $err and its exit code in $status. One that does not
# end by itself is killed, which is a status that no test expects.
run_command() {
  timeout --signal=KILL "${LIMIT:-60}" "$@" >"$out" 2>"$err"
  status=$?
}

run() {
  run_command "$ESCALIER" "$@"
}

exits() {
  [ "$status" -eq "$1" ] || wrong "status $status in place of $1"
}

out_has() {
  grep -qF -e "$1" "$out" || wrong "stdout does not have \"$1\""
}

err_has() {
  grep -qF -e "$1" "$err" || wrong "stderr does not have \"$1\""
}

out_is_empty() {
  [ ! -s "$out" ] || wrong "stdout has something"
}

# Nothing but text in UTF-8: no escape that a terminal would follow.
is_visible() {
  ! LC_ALL=C.UTF-8 grep -qaP '[\x00-\x08\x0b-\x1f\x7f]' "$1" || wrong "${1#"$work"/} has control characters"
  iconv -f UTF-8 -t UTF-8 "$1" >/dev/null 2>&1 || wrong "${1#"$work"/} is no UTF-8"
}

err_is_empty() {
  [ ! -s "$err" ] || wrong "stderr has something"
}

# A message in the program's form.
err_is_message() {
  grep -q '^escalier: .' "$err" || wrong "stderr has no message of escalier's"
}

holds() {
  "$@" || wrong "does not hold: $*"
}

is_file() {
  [ -s "$1" ] || wrong "no file, or an empty one: ${1#"$work"/}"
}

is_absent() {
  [ ! -e "$1" ] || wrong "exists: ${1#"$work"/}"
}

file_has() {
  grep -qF -e "$2" "$1" || wrong "${1#"$work"/} does not have \"$2\""
}

# The values of a column of a windows.csv, by its name.
column() {
  awk -F, -v name="$2" '
    NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i; if (!at) exit 1; next }
    { print $at }' "$1"
}

# The number of rows below the header.
rows_of() {
  echo $(($(wc -l <"$1") - 1))
}

# Whether a windows.csv is whole: a header, complete lines, a field for every column. No text in
# it holds a comma that is not within quotes.
csv_is_whole() {
  local file=$1
  is_file "$file"
  [ -s "$file" ] || return
  holds test -z "$(tail -c 1 "$file" | tr -d '\n')"
  # shellcheck disable=SC2016 # awk's own $
  holds awk '
    { line = $0; gsub(/"([^"]|"")*"/, "q", line); n = split(line, field, ",") }
    NR == 1 { columns = n; if (field[1] != "kernel") exit 1; next }
    n != columns { exit 1 }' "$file"
}

# Valid JSON, as far as python3 is there to say.
json_is_valid() {
  if command -v python3 >/dev/null; then
    holds python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$1"
  fi
}

# Pages in the pools of all sizes.
pools() {
  cat /sys/kernel/mm/hugepages/*/nr_hugepages 2>/dev/null | tr '\n' ' '
}

# Whether the pools are as $1 says. Another program may have one grown for a while; what a sweep
# forgot to put back stays, so waiting hides no fault.
pools_are() {
  local try
  for ((try = 0; try < 100; try++)); do
    [ "$(pools)" != "$1" ] || return 0
    sleep 0.1
  done
  return 1
}

# The pools are the machine's: of the suites that change or compare them, one runs at a time, from
# whichever checkout. It begins with nothing free in them, where it may; they are put back at its end.
lock_pools() {
  local pool
  [ -d /sys/kernel/mm/hugepages ] || return 0
  exec 9</sys/kernel/mm/hugepages
  flock --wait 500 9 || echo "# the pools are in use by another suite"
  for pool in /sys/kernel/mm/hugepages/*/nr_hugepages; do
    if [ -w "$pool" ] && [ "$(cat "$pool")" != 0 ]; then
      pools_before+=("$(cat "$pool")" "$pool")
      echo 0 >"$pool"
    fi
  done
}
