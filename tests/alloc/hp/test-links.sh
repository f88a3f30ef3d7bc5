#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What hp's objects ask the linker for: no allocator, no stdio, nothing of the rest of the project,
# and no dynamic thread-local storage, all of which would call back into the program that hp serves.
# Prints TAP.
set -u
objects=$(dirname "${ESCALIER:?the program, beside which the objects are}")/alloc/hp
if [ "${MODE:-release}" != release ]; then
  echo "ok 1 - links # SKIP a sanitizer adds calls of its own"
  echo "1..1"
  exit 0
fi
tests=0 failures=0
wanted=$(nm -u "$objects"/*.o | awk 'NF == 2 { sub(/@.*/, "", $2); print $2 }' | sort -u)
given=$(nm --defined-only "$objects"/*.o | awk 'NF == 3 { print $3 }' | sort -u)

# none NAME PATTERN: no symbol from outside matches.
none() {
  local found
  found=$(comm -23 <(echo "$wanted") <(echo "$given") | grep -xE "$2")
  tests=$((tests + 1))
  if [ -z "$found" ]; then
    echo "ok $tests - $1"
  else
    failures=$((failures + 1))
    printf '# %s\n' "$found"
    echo "not ok $tests - $1"
  fi
}

tests=1
if [ -n "$wanted" ]; then
  echo "ok 1 - there are objects to look at"
else
  failures=1
  echo "not ok 1 - there are objects to look at"
fi
none "no allocator" '(m|c|re|v|pv)alloc|reallocarray|free|posix_memalign|aligned_alloc|memalign|strn?dup|asprintf|getline'
none "no stdio" 'std(in|out|err)|f(open|close|read|write|puts|putc|flush|printf)|v?f?printf|v?snprintf|d?printf|puts|putchar|perror|setvbuf|__v?s?n?f?printf_chk|fdopen'
none "nothing of other folders" '(text|file|number|complaint|clocks|cpus|random|pool|memory)_.*'
none "no loader, no locale, no temporary streams" 'dl(open|sym|close)|setlocale|qsort|opendir|readdir|getpwuid|localtime|syslog|exit|atexit'
none "no dynamic thread-local storage" '__tls_get_addr|_TLS_MODULE_BASE_'
echo "1..$tests"
[ "$failures" -eq 0 ]
