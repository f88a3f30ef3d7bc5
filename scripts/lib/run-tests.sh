#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# run-tests.sh [-l LABEL] PROGRAM...: runs test programs that print TAP (cmocka's, and the shell
# suites), shows a line for each, the failures in full and every skip with its reason, and ends with
# "N passed, N failed, N skipped". A program that dies, hangs, or prints no test counts as failed.
# With ESCALIER_COUNTS=FILE the three numbers are appended there. Exit 1 where something failed.
set -u
label=
if [ "${1-}" = -l ]; then
  label="$2 "
  shift 2
fi
passed=0 failed=0 skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export CMOCKA_MESSAGE_OUTPUT=TAP

for program in "$@"; do
  timeout --kill-after=10 "${TEST_TIMEOUT:-300}" "$program" >"$log" 2>&1
  status=$?
  # What cmocka skips is a "not ok" with a directive: no failure by TAP's rules.
  skip=$(grep -cE '^(not )?ok .*# SKIP' "$log")
  ok=$(grep -E '^ok ' "$log" | grep -vc '# SKIP')
  bad=$(grep -E '^not ok ' "$log" | grep -vc '# SKIP')
  if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
    bad=1
    echo "not ok - $program ended with status $status" >>"$log"
  elif [ $((ok + skip + bad)) -eq 0 ]; then
    bad=1
    echo "not ok - $program ran no test" >>"$log"
  fi
  passed=$((passed + ok))
  failed=$((failed + bad))
  skipped=$((skipped + skip))
  printf '%s%-48s %3d passed, %d failed, %d skipped\n' \
    "$label" "${program#build/}" "$ok" "$bad" "$skip"
  [ "$bad" -eq 0 ] || cat "$log"
  [ "$skip" -eq 0 ] || grep -E '# SKIP|^# skip' "$log" | sed 's/^/    /'
done
[ -z "${ESCALIER_COUNTS-}" ] || echo "$passed $failed $skipped" >>"$ESCALIER_COUNTS"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
