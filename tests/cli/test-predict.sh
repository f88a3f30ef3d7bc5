#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `escalier predict`, `escalier run --predict` and the history of predictions.
# shellcheck source=tests/cli/lib.sh
. tests/cli/lib.sh

# A program whose memory is malloc's, more than a few huge pages of it.
program=(awk 'BEGIN { for (i = 0; i < 150000; i++) a[i] = i "" }')
once=(-r 1 -w 0 -q)

begin "no program"
run predict
exits 125
out_is_empty
err_is_message
err_has 'escalier predict -- PROGRAM'
end

begin "other allocators are refused"
run predict -a hp -o "$work/never" -- true
exits 125
err_has 'a prediction is made from libc alone'
is_absent "$work/never"
end

begin "a program that is not there"
run predict "${once[@]}" -o "$work/none" -- "$work/no-such-program"
exits 127
err_is_message
end

begin "a model that is not there"
run predict "${once[@]}" --model "$work/nowhere" -o "$work/nowhere-run" -- true
exits 125
out_is_empty
err_has "$work/nowhere"
is_absent "$work/nowhere-run"
end

begin "without a sweep it is of faults alone"
cd "$work" && ESCALIER_SHARE=$OLDPWD run predict -r 1 -w 0 -o "$work/alone" -- "${program[@]}"
cd "$OLDPWD" || exit
exits 0
out_has 'what huge pages would change'
for file in prediction.txt prediction.json model.json executions.csv; do is_file "$work/alone/$file"; done
is_absent "$work/alone/predictions.csv"
is_absent "$work/predictions.csv"
end

# Where the kernel gives no huge pages, all that is left is to say so.
if grep -q 'no huge pages' "$work/alone/prediction.txt"; then
  for test in "what is missing is said" "a sweep bounds the walks" "a model of another machine" \
    "prediction beside measurement" "the history"; do
    begin "$test"
    skip "the kernel gives no huge pages here"
  done
  finish
fi

begin "what is missing is said"
file_has "$work/alone/prediction.txt" 'not told: no sweep with small and huge pages is known'
file_has "$work/alone/prediction.txt" 'no total: this covers faults only'
file_has "$work/alone/prediction.json" '"total": null'
end

begin "a sweep bounds the walks"
run sweep -s 64K,4M,64M -r 1 --windows 1 --window 50us -k chase -b small,thp --counters none -q -o "$work/sweep"
holds test "$status" -eq 0 -o "$status" -eq 3
run predict --json "${once[@]}" --model "$work/sweep" -o "$work/bounded" -- "${program[@]}"
exits 0
file_has "$work/bounded/prediction.json" '"walks_known": "bounded"'
file_has "$work/bounded/prediction.txt" 'run time'
end

begin "a model of another machine"
cp -r "$work/sweep" "$work/other"
sed -i 's/name="HostName" value="[^"]*"/name="HostName" value="elsewhere"/' "$work/other/machine.xml"
run predict "${once[@]}" --model "$work/other" -o "$work/never-run" -- true
exits 125
err_has 'is of another machine'
err_has 'escalier sweep -b small,thp'
end

begin "prediction beside measurement"
mkdir "$work/pairs"
run run "${once[@]}" --model "$work/sweep" -a libc,libc-thp -o "$work/pairs/one" -- "${program[@]}"
exits 0
file_has "$work/pairs/one/summary.txt" 'points from the prediction'
run report "$work/pairs/one"
# A long command, as the history's reader has a longest cell.
run run -r 2 --watched-rounds 1 -w 0 -q --model "$work/sweep" -a libc,libc-thp -o "$work/pairs/two" -- \
  "${program[0]}" "${program[1]} # $(printf 'x%.0s' {1..600})"
exits 0
holds test "$(grep -c ',timed,' "$work/pairs/two/executions.csv")" -eq 4
holds test "$(grep -c ',watched,' "$work/pairs/two/executions.csv")" -eq 2
holds test "$(wc -l <"$work/pairs/predictions.csv")" -eq 3
holds test "$(grep -c '^started,' "$work/pairs/predictions.csv")" -eq 1
end

begin "the history"
run predict --history "$work/pairs/predictions.csv"
exits 0
holds grep -qE '^libc-thp +2 ' "$out"
run predict --history "$work/pairs/none.csv"
exits 1
out_is_empty
err_has 'escalier run --predict'
run predict --history "$work/sweep/windows.csv"
exits 1
err_has 'line 1 of the CSV'
holds test "$(grep -c 'escalier run --predict' "$err")" -eq 0
sed -i '1s/started/begun/' "$work/pairs/predictions.csv"
run run "${once[@]}" --model "$work/sweep" -a libc,libc-thp -o "$work/pairs/three" -- "${program[@]}"
exits 125
err_has 'has other columns'
end

begin "a run is compared with a run"
run compare "$work/pairs/one" "$work/sweep"
exits 1
err_has 'one is of a sweep, the other of a program'
run compare "$work/pairs/one" "$work/nowhere"
exits 1
out_is_empty
err_has "cannot read $work/nowhere/environment.json"
err_has 'try: the folder of a run'
cp -r "$work/pairs/one" "$work/header"
sed -i 1q "$work/header/executions.csv"
run report "$work/header"
exits 1
err_has 'holds no executions'
: >"$work/header/environment.json"
run report "$work/header"
exits 1
err_has 'it is empty'
end

begin "a program that is over at once is refused"
run predict "${once[@]}" --sample 10s -o "$work/short" -- true
exits 123
file_has "$work/short/prediction.txt" 'it ended before its memory was sampled'
end

begin "a program of several processes is refused"
# A hundredfold of what the first sample takes passes before the next: long enough for a slow one.
run predict "${once[@]}" --sample 1ms --no-trace -o "$work/several" -- bash -c 'sleep 0.6 & sleep 0.6; wait'
exits 123
file_has "$work/several/prediction.txt" 'no prediction: it has'
file_has "$work/several/prediction.json" '"advice": "predict the process'
end

begin "blocks that grew are told"
seq 600000 >"$work/numbers"
run predict "${once[@]}" --counters none -o "$work/grown" -- sed -z s/1/2/g "$work/numbers"
exits 0
holds grep -qz 'stay  *on  *small' <<<"$(tr '\n' ' ' <"$work/grown/prediction.txt")"
end

begin "the program's own exit code is handed on"
run predict "${once[@]}" -o "$work/code" -- awk 'BEGIN { for (i = 0; i < 150000; i++) a[i] = i ""; exit 7 }'
exits 7
end

finish
