#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Includes point down only: each folder may include the folders and headers named for it. Prints what
# breaks the rule; exit 1 where something does.
set -eu
cd "$(dirname "$0")/../.."

declare -A may=(
  [base]="base"
  [topology]="topology base"
  [counters]="counters base"
  [alloc]="alloc base"
  [core]="core topology counters alloc base"
  [analysis]="analysis core topology counters base interpose/trace/format.h"
  [cli]="cli analysis core topology counters alloc base interpose/trace/format.h"
  [interpose]="interpose alloc/hp/hp.h"
)
broken=0
for folder in "${!may[@]}"; do
  while IFS=: read -r file line text; do
    header=${text#*\"}
    header=${header%\"*}
    included=${header%%/*}
    case " ${may[$folder]} " in
      *" $included "* | *" $header "*) ;;
      *)
        echo "$file:$line: $folder/ may not include $included/"
        broken=1
        ;;
    esac
  done < <(grep -rn --include='*.[ch]' '^#include "' "$folder" || true)
done
# The allocator stands alone: other programs link it.
while IFS=: read -r file line text; do
  echo "$file:$line: alloc/hp/ may include alloc/hp/ only"
  broken=1
done < <(grep -rn --include='*.[ch]' '^#include "' alloc/hp | grep -v '"alloc/hp/' || true)
exit $broken
