#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every source file says its licence in one of its first three lines. What is loaded into other
# people's programs, alloc/hp/ and interpose/, is MIT and includes nothing that is not; the rest is
# GPL-3.0-or-later, as liblikwid asks for. Prints what breaks the rule; exit 1 where something does.
set -eu
cd "$(dirname "$0")/../.."
broken=0

complain() {
  echo "$*"
  broken=1
}

# The licence of each source file, by its path.
declare -A licence_of
while read -r licence file; do
  licence_of[${file#./}]=$licence
done < <(find . \( -name build -o -name .git -o -name results \) -prune -o -type f \
  \( -name '*.[chS]' -o -name '*.sh' -o -name '*.mk' -o -name '*.gp' -o -name Makefile \
  -o -path './hooks/*' -o -path './.ci/*' \) -exec awk '
    function tell() { if (last != "") print licence, last }
    FNR == 1 { tell(); last = FILENAME; licence = "none" }
    FNR <= 3 && match($0, /SPDX-License-Identifier: [A-Za-z0-9.-]+/) {
      licence = substr($0, RSTART + 25, RLENGTH - 25)
    }
    FNR == 3 { nextfile }
    END { tell() }' {} +)

for licence in GPL-3.0-or-later MIT; do
  [ -s "LICENSES/$licence.txt" ] || complain "LICENSES/$licence.txt is missing"
done
for file in "${!licence_of[@]}"; do
  case $file in
    alloc/hp/*.[chS] | interpose/*.[chS]) wanted='MIT' ;;
    # Their build, and the programs that they are tried on.
    alloc/hp/* | interpose/* | tests/interpose/*) wanted='MIT or GPL-3.0-or-later' ;;
    *) wanted='GPL-3.0-or-later' ;;
  esac
  case " $wanted " in
    *" ${licence_of[$file]} "*) ;;
    *) complain "$file: ${licence_of[$file]} in place of $wanted" ;;
  esac
done
while IFS=: read -r file line text; do
  included=${text#*\"}
  included=${included%%\"*}
  [ -f "$included" ] || included=$(dirname "$file")/$included
  [ "${licence_of[$included]-}" = MIT ] ||
    complain "$file:$line: MIT code may not include $included"
done < <(grep -rn --include='*.[chS]' '^ *# *include *"' alloc/hp interpose || true)
exit $broken
