#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# find-likwid.sh CC...: the name by which a program loads liblikwid, "liblikwid.so.5.2", where its
# header and its library can be compiled and linked with; nothing where they cannot.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/uses.c" <<'C'
#include <likwid.h>
int main(void)
{
	return perfgroup_readGroup("", "", "", (GroupInfo *)0);
}
C
"$@" -o "$folder/uses" "$folder/uses.c" -llikwid >/dev/null 2>&1 || exit 0
readelf -d "$folder/uses" | sed -n 's/.*(NEEDED).*\[\(liblikwid[^]]*\)\].*/\1/p'
