#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The fast part of programs.list, in TAP (see scripts/lib/check-programs.sh).
exec "$(dirname "$0")/../../scripts/lib/check-programs.sh" --fast
