#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# run-tests.sh [-l LABEL] PROGRAM...: runs test programs that print TAP (cmocka's, and the shell
# suites), as many at once as there are CPUs (TEST_JOBS), shows a line for each as it ends, the
# failures in full and every skip with its reason, and ends with "N passed, N failed, N skipped". A
# program that dies, hangs, or prints no test counts as failed. With ESCALIER_COUNTS=FILE the three
# numbers are appended there. Exit 1 where something failed.
set -u
label=
if [ "${1-}" = -l ]; then
  label="$2 "
  shift 2
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CMOCKA_MESSAGE_OUTPUT=TAP

# run PROGRAM: its report on stdout, its three numbers into the counts.
run() {
  local program=$1 log=$work/log.$BASHPID status skip ok bad start=$SECONDS
  timeout --kill-after=10 "${TEST_TIMEOUT:-600}" "$program" >"$log" 2>&1
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
  echo "$ok $bad $skip" >>"$work/counts"
  printf '%s%-48s %3d passed, %d failed, %d skipped  %d s\n' \
    "$label" "${program#build/}" "$ok" "$bad" "$skip" $((SECONDS - start))
  [ "$bad" -eq 0 ] || cat "$log"
  [ "$skip" -eq 0 ] || grep -E '# SKIP|^# skip' "$log" | sed 's/^/    /'
}

: >"$work/counts"
running=0
for program in "$@"; do
  if [ $running -ge "${TEST_JOBS:-$(nproc)}" ]; then
    wait -n
    running=$((running - 1))
  fi
  # A report comes in one piece.
  { run "$program" >"$work/report.$BASHPID"; flock 7; cat "$work/report.$BASHPID"; } 7>"$work/lock" &
  running=$((running + 1))
done
wait
read -r passed failed skipped < <(awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }' \
  "$work/counts")
[ -z "${ESCALIER_COUNTS-}" ] || echo "$passed $failed $skipped" >>"$ESCALIER_COUNTS"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
