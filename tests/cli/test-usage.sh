#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The command line of every subcommand: what is taken, what is refused and how.
# shellcheck source=tests/cli/lib.sh
. tests/cli/lib.sh

# A good value: the plan has every word that follows.
plans() {
  local words=("${@:2}") word
  begin "sweep $1 is planned"
  # shellcheck disable=SC2086 # the options are words
  run sweep --dry-run --counters none --output "$work/never" $1
  exits 0
  for word in "${words[@]}"; do
    # Columns are aligned by blanks, and these do not matter.
    tr -s ' ' <"$out" | grep -qF -e "$word" || wrong "the plan does not have \"$word\""
  done
  is_absent "$work/never"
  end
}

# A bad value: the message names the option and has every word that follows.
refuses() {
  local words=("${@:2}") word
  begin "sweep $1 is refused"
  # shellcheck disable=SC2086
  run sweep --dry-run --counters none $1
  exits 2
  out_is_empty
  err_is_message
  for word in "${words[@]}"; do err_has "$word"; done
  end
}

begin "no command"
run
exits 2
out_is_empty
err_has 'Usage: escalier COMMAND'
end

begin "an unknown command"
run staircase
exits 2
out_is_empty
err_has 'escalier: there is no command "staircase"'
err_has 'Usage: escalier COMMAND'
end

begin "the version"
run --version
exits 0
holds grep -qE '^escalier [0-9]+\.[0-9]+\.[0-9]+$' "$out"
err_is_empty
end

for option in --help -h help; do
  begin "escalier $option"
  run $option
  exits 0
  for command in sweep report compare levels costs machine fields; do out_has "  $command "; done
  err_is_empty
  end
done

for command in sweep report compare levels costs machine fields; do
  for option in --help -h; do
    begin "escalier $command $option"
    run "$command" "$option"
    exits 0
    out_has "Usage: escalier $command"
    err_is_empty
    end
  done
done

# Which values are good, and how the plan shows them.
synthetic="pack:1 [numa] l3:1(size=16MiB) core:4 l2:1(size=512KiB) l1d:1(size=48KiB) pu:1"
plans "-b libc" "backends libc"
plans "--backends=small,libc,thp" "backends small, libc, thp"
plans "-b hugetlb-2m -s 8M" "4 free pages of 2M needed at once"
plans "-k page-chase" "kernels page-chase"
plans "--kernels=strided,chase" "kernels strided, chase"
plans "--counters fake -g cache" "groups cache"
plans "--counters fake --groups=tlb,cache" "groups tlb, cache"
plans "--counters fake -g cache -g tlb" "groups cache, tlb"
plans "--counters fake -e cycles,page-faults" "groups events"
plans "--counters fake --events=r0f45 -g software -e faults,cs:k" "groups events, software, events2"
plans "--counters fake -g cache --scale" "groups cache"
plans "-g none" "groups none"
plans "--counters=none" "groups none: clocks only"
plans "--filter=ukhGH --counters=fake" "groups cache, tlb"
plans "--counters=fake --check none" "groups cache, tlb"
plans "--counters=fake --check=anew" "groups cache, tlb"
plans "--counters auto" "kernels chase"
plans "-s 8K,64K,1.5M" "sizes 8K 64K 1.5M (3)"
plans "--sizes=4K:16K --per-octave=1" "sizes 4K" "16K"
plans "-s 4K,8K --strides=64,128 -k chase -b libc" "points 4 a round"
plans "-C 0" "places CPU 0"
plans "--cpu=0" "places CPU 0"
plans "-C 0 -m 0" "places CPU 0 with memory of node 0"
plans "-C 0 --membind=0" "places CPU 0 with memory of node 0"
plans "-r 7" "rounds 7 to 7"
plans "--rounds=2:3" "rounds 2 to 3"
plans "--target=5%" "within +-5 %"
plans "--target 0.01" "within +-1 %"
plans "--budget=200s" "no new one after 3 m 20 s"
plans "--windows=3" "3 windows of"
plans "--window=50us" "windows of 50 us each"
plans "--seed=77" "seed 77"
plans "-q" "rounds 3 to 3" "4 windows of"
plans "--quick --rounds=5" "rounds 5 to 5" "4 windows of"
plans "--rounds=5 --quick" "rounds 5 to 5" "4 windows of"
plans "--no-reserve --verify --json --quiet -s 4K" "sizes 4K (1)"
plans "-o $work/elsewhere -n -s 4K" "sizes 4K (1)"
is_absent "$work/elsewhere"

begin "twice as many sizes with twice --per-octave"
run sweep -n --counters none --topology "$synthetic" -s 4K:64M --per-octave 2
few=$(grep -oE '\([0-9]+\)$' "$out" | tr -d '()')
exits 0
run sweep -n --counters none --topology "$synthetic" -s 4K:64M --per-octave 16
many=$(grep -oE '\([0-9]+\)$' "$out" | tr -d '()')
exits 0
holds test "${many:-0}" -gt $((2 * ${few:-1000}))
end

begin "a plan for another machine"
run sweep -n --counters none -t "$synthetic" -C 3
exits 0
holds grep -qE '^places +CPU 3$' "$out"
# The sizes go past the last cache of that machine.
out_has '16M '
end

begin "the same plan twice from the same seed"
run sweep -n --counters none --seed 5
cp "$out" "$work/plan"
run sweep -n --counters none --seed 5
exits 0
holds cmp "$out" "$work/plan"
end

refuses "--backends=foo" '--backends: "foo"' 'there is no backend foo' 'accepted: libc, small'
refuses "-b small,small" '--backends' 'twice'
refuses "-b small,," '--backends' 'an empty name'
refuses "--kernels=foo" '--kernels: "foo"' 'there is no kernel foo' 'accepted: chase'
refuses "--counters fake --groups=nonesuch" 'counter group "nonesuch"' 'try: groups of this CPU'
refuses "--counters fake -g $work/none.txt" "$work/none.txt"
refuses "--counters fake -g cache -g cache" '--groups' 'twice'
refuses "--counters fake -e page-fualts" 'event page-fualts' 'PAGE-FAULTS'
refuses "--counters fake -e L1_DTLB_MISST" 'event L1_DTLB_MISST'
refuses "--counters fake -e cycles,,faults" 'an empty name'
refuses "--counters fake -e faults,faults" 'stands in it twice'
refuses "--counters fake --events=" '--events' 'the list is empty'
refuses "--counters fake -e abacus/event=1/" 'no PMU "abacus"'
refuses "--sizes=x" '--sizes: "x"' 'x is not a size' 'accepted: sizes as'
refuses "-s 64K,4K" '--sizes' 'sizes must ascend'
refuses "-s 4K,4K" '--sizes' 'twice'
refuses "-s 0" '--sizes' 'out of range'
refuses "-s 4K,1000T" '--sizes' 'out of range'
refuses "-s 64K:4K" '--sizes' 'is not a range'
refuses "-s 4K:" '--sizes: "4K:"' 'not a range of sizes'
refuses "-s 18446744073709551616" '--sizes' 'is not a size'
refuses "-s -4K" '--sizes: "-4K"'
for value in 0 65 x -1 1.5; do
  refuses "--per-octave=$value" "--per-octave: \"$value\"" 'accepted: 1 to 64'
done
for value in 0 12 4 x; do
  refuses "--strides=$value" "--strides: \"$value\"" 'accepted: multiples of 8'
done
for value in x -1 0-100000; do
  refuses "--cpu=$value" "--cpu: \"$value\"" 'accepted: CPU numbers'
done
refuses "--cpu=1020" '--cpu: there is no CPU 1020'
refuses "--membind=0" '--membind needs --cpu' 'try: --cpu 0 --membind 0'
refuses "-C 0 --membind=x" '--membind: "x"' 'accepted: node numbers'
refuses "-C 0 -m 1020" '--membind: there is no NUMA node 1020'
for value in 0 5:2 1001 x 6: 2:3:4; do
  refuses "--rounds=$value" "--rounds: \"$value\"" 'accepted: 1 to 1000'
done
for value in 0 101% -1% x nan; do
  refuses "--target=$value" "--target: \"$value\"" 'accepted: a share'
done
for value in -1 x 5parsecs; do
  refuses "--budget=$value" "--budget: \"$value\"" 'accepted: a duration'
done
for value in 0 257 x; do
  refuses "--windows=$value" "--windows: \"$value\"" 'accepted: 1 to 256'
done
for value in 9us 1001ms x; do
  refuses "--window=$value" "--window: \"$value\"" 'accepted: 10us to 1s'
done
for value in -1 x 9223372036854775808; do
  refuses "--seed=$value" "--seed: \"$value\"" 'accepted: 0 to 9223372036854775807'
done
refuses "--counters=abacus" '--counters: "abacus"' 'accepted: auto, perf, likwid, none, fake'
refuses "--check=maybe" '--check: "maybe"' 'accepted: kept (made once a boot), anew, none'
refuses "--filter=z" '--filter: "z"' 'accepted: u user, k kernel'
refuses "--filter=uu" '--filter: "uu"'
refuses "--filter=" '--filter: ""'
refuses "--output=" '--output: ""' 'empty'
refuses "--staircase" '--staircase'
refuses "-Z" '-Z'
refuses "--json=yes" '--json=yes'
refuses "4K" 'unexpected argument "4K"'
for option in backends kernels groups sizes per-octave strides cpu membind rounds target budget \
  windows window seed counters filter topology output; do
  refuses "--$option" "--$option needs a value"
done

begin "--topology is for plans only"
run sweep --topology "$synthetic"
exits 2
err_has '--topology needs --dry-run'
end

begin "every option of the help is tested here"
run sweep --help
while read -r option; do
  grep -qE -e "$option\\b" -e "\\b${option#--}\\b" tests/cli/test-usage.sh ||
    wrong "$option is not"
done < <(grep -oE '^ +(-., )?--[a-z-]+' "$out" | grep -oE -e '--[a-z-]+')
holds grep -q -e --sizes "$out"
end

for source in "$work/none.xml" "nonsense["; do
  for command in machine "sweep -n"; do
    begin "$command refuses the topology ${source#"$work"/}"
    # shellcheck disable=SC2086
    run $command --topology "$source"
    exits 1
    out_is_empty
    err_is_message
    err_has "$source"
    err_has 'try: '
    end
  done
done

begin "machine prints this machine"
run machine
exits 0
out_has 'this machine'
out_has 'Page sizes'
end

begin "machine --json is JSON"
run machine --json
exits 0
cp "$out" "$work/machine.json"
file_has "$work/machine.json" '"caches"'
json_is_valid "$work/machine.json"
end

begin "machine --topology describes another one"
run machine -t "$synthetic"
exits 0
out_has '48K'
out_has '16M'
end

begin "machine --export writes what --topology reads"
run machine --export "$work/machine.xml"
exits 0
out_is_empty
is_file "$work/machine.xml"
run machine --topology="$work/machine.xml"
exits 0
out_has 'Caches'
end

begin "machine --export into a missing folder"
run machine -o "$work/none/machine.xml"
exits 1
err_is_message
err_has "$work/none/machine.xml"
end

for arguments in "--json --export x" "--topology x --export x" "--staircase" "-Z" "--export" \
  "--topology" "extra"; do
  begin "machine $arguments is refused"
  # shellcheck disable=SC2086
  run machine $arguments
  exits 2
  out_is_empty
  err_has 'escalier: machine: '
  err_has 'see: escalier machine --help'
  end
done
is_absent x

begin "fields is a table with a row for each column"
run fields
exits 0
for field in kernel backend page_bytes reads cpu_ns error; do out_has "$field"; done
end

begin "fields takes no argument"
run fields extra
exits 2
err_has 'escalier: fields: unexpected argument "extra"'
end

for arguments in "" "--staircase" "--help=no"; do
  begin "report $arguments is refused"
  # shellcheck disable=SC2086
  run report $arguments
  exits 2
  out_is_empty
  err_has 'escalier: report: '
  err_has 'see: escalier report --help'
  end
done

for arguments in "" "$work/a" "--staircase" "$work/a $work/b $work/c"; do
  begin "compare $arguments is refused"
  # shellcheck disable=SC2086
  run compare $arguments
  exits 2
  out_is_empty
  err_has 'see: escalier compare --help'
  end
done

for arguments in "" "--staircase"; do
  begin "levels $arguments is refused"
  # shellcheck disable=SC2086
  run levels $arguments
  exits 2
  out_is_empty
  err_has 'see: escalier levels --help'
  end
done

for arguments in "" "--staircase" "--csv $work/a $work/b"; do
  begin "costs $arguments is refused"
  # shellcheck disable=SC2086
  run costs $arguments
  exits 2
  out_is_empty
  err_has 'see: escalier costs --help'
  end
done

begin "report on a missing folder"
run report "$work/none"
exits 1
out_is_empty
err_is_message
err_has "$work/none"
end

begin "a run to damage"
run sweep --counters none --no-reserve -s 4K -b libc -r 1 --windows 1 --window 50us -o "$work/run"
exits 0
end

begin "levels of a run without a latency, of one size, and of none"
run levels "$work/run"
exits 0
out_has 'one round has neither confidence nor ranges'
run levels --csv "$work/run"
exits 0
out_has 'kernel,backend,stride'
run levels --csv "$work/run" "$work/run"
exits 2
err_has '--csv is of one DIR'
run sweep --counters none --no-reserve -s 8K -b libc -k strided -r 1 --windows 1 --window 50us -o "$work/strided"
run levels "$work/strided"
exits 3
err_has 'no kernel of the sweep has a latency'
run levels "$work/none"
exits 1
out_is_empty
err_has "$work/none"
end

begin "compare with itself, with nothing in common, and with none"
run compare "$work/run" "$work/run"
exits 0
out_has 'too few rounds for any claim'
run compare "$work/run" "$work/strided"
exits 3
err_has 'no kernel and memory have a size in common'
run compare "$work/run" "$work/none"
exits 1
out_is_empty
err_has "$work/none"
end

begin "costs of a run without counters, and of none"
run costs "$work/run"
exits 3
out_has 'not told: no events of caches or TLBs are counted'
run costs "$work/run" "$work/none"
exits 1
out_is_empty
err_has "$work/none"
end

# damaged NAME FILE COMMAND...: FILE of a copy of the run, changed by a command that reads the old
# one on stdin; report names the file, and leaves no summary that would pass for a new one.
damaged() {
  local file=$2
  begin "report on $1"
  rm -rf "$work/damaged"
  cp -r "$work/run" "$work/damaged"
  rm -f "$work/damaged/summary.txt"
  "${@:3}" <"$work/run/$file" >"$work/damaged/$file"
  run report "$work/damaged"
  exits 1
  out_is_empty
  err_is_message
  err_has "$file"
  is_absent "$work/damaged/summary.txt"
  end
}
for file in windows.csv environment.json machine.xml; do
  damaged "an empty $file" "$file" true
  damaged "a $file of noise" "$file" tr 'a-z\n' '\001-\032 '
done
damaged "an environment.json cut short" environment.json head -c 300
damaged "an environment.json that is a list" environment.json echo '[]'
damaged "a machine.xml cut short" machine.xml head -c 300
damaged "a windows.csv with a short line" windows.csv sed '2s/,.*//'
damaged "a windows.csv with a word for a number" windows.csv sed '2s/,4096,/,many,/'

for file in windows.csv environment.json machine.xml; do
  begin "report on a folder without $file"
  rm -rf "$work/damaged"
  cp -r "$work/run" "$work/damaged"
  rm "$work/damaged/$file"
  run report "$work/damaged"
  exits 1
  err_has "$file"
  end
done

begin "report goes on after a folder that fails"
run report "$work/none" "$work/run"
exits 1
out_has "$work/run/summary.txt"
err_has "$work/none"
end
finish
