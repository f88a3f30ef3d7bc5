#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Whether inject.so does to the program beside it what it is told to, and nothing else.
# ESCALIER_INJECT is the library. Prints TAP.
set -u

library=${ESCALIER_INJECT:?the library to test}
victim=${library%/*}/victim
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0
wrong=

# The test of this name begins.
begin() {
	name=$1
	wrong=
}

end() {
	number=$((number + 1))
	if [ -z "$wrong" ]; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		printf '%s\n' "$wrong" | sed 's/^/# /'
	fi
}

# expect WANTED VARIABLE=VALUE...: the victim's output under these settings.
expect() {
	wanted="${1:+$1
}preloaded no longer"
	shift
	mkdir "$work/in"
	rm -f "$work/counts"
	got=$(env INJECT_COUNT="$work/counts" "$@" LD_PRELOAD="$library" \
		"$victim" "$work/in" 2>&1) || got="$got; status $?"
	rm -r "$work/in"
	[ "$got" = "$wanted" ] || wrong="$wrong
$* gave: $got; expected: $wanted"
}

# counted LINE...: the counts hold these lines.
counted() {
	for line in "$@"; do
		grep -qx "$line" "$work/counts" || wrong="$wrong
no \"$line\" in: $(cat "$work/counts")"
	done
}

# refused VARIABLE=VALUE: a specification that ends the program.
refused() {
	status=0
	env "$1" LD_PRELOAD="$library" "$victim" "$work" >"$work/said" 2>&1 || status=$?
	[ "$status" = 126 ] && grep -q '^inject: INJECT' "$work/said" || wrong="$wrong
$1: status $status, said: $(cat "$work/said")"
}

begin "without an order nothing fails, and everything is counted"
expect ""
counted "injected 0" "signalled 0"
for function in write mmap; do # the C library, too, may write and map
	counted "$function [1-9][0-9]*"
done
end

# The victim calls each of these exactly twice.
for function in open openat fopen opendir read fsync rename mkdir posix_spawnp pipe2 \
	mprotect madvise perf_event_open mbind move_pages; do
	begin "$function fails at the call that is meant"
	for call in 1 2; do
		expect "$function $call EXDEV" INJECT="$function:$call:EXDEV"
		counted "$function 2" "injected 1" "signalled 0"
	done
	expect "$function 1 EXDEV
$function 2 EXDEV" INJECT="$function:*:18"
	counted "injected 2"
	expect "" INJECT="$function:3:EXDEV"
	counted "injected 0"
	end
done

begin "write and mmap fail"
expect "write 2 ENOSPC" INJECT="write:2:ENOSPC:in/data"
expect "mmap 1 ENOMEM
mmap 2 ENOMEM" INJECT="mmap:*:ENOMEM"
end

begin "only calls on the path count, by name and by descriptor"
expect "open 2 EACCES" INJECT="open:2:EACCES:dat"
expect "read 1 EIO" INJECT="read:1:EIO:in/data"
expect "rename 1 EROFS" INJECT="rename:1:EROFS:other"
expect "" INJECT="open:1:EACCES:elsewhere"
expect "" INJECT="fsync:1:EIO:elsewhere"
counted "injected 0"
end

begin "a signal comes in front of the call, and both orders can be given"
expect "caught TERM" INJECT_SIGNAL="mkdir:2:TERM"
counted "injected 0" "signalled 1"
expect "fsync 1 EIO
caught TERM" INJECT_SIGNAL="fsync:1:15" INJECT="fsync:1:EIO"
counted "injected 1" "signalled 1"
end

begin "what cannot be understood ends the program"
refused INJECT=open
refused INJECT=open:1
refused INJECT=opens:1:EIO
refused INJECT=ope:1:EIO
refused INJECT=open:0:EIO
refused INJECT=open:x:EIO
refused INJECT=open:*1:EIO
refused INJECT=open:1:EWHAT
refused INJECT=open:1:
refused INJECT=mmap:1:ENOMEM:path
refused INJECT_SIGNAL=open:1:EIO
refused INJECT_COUNT=/nowhere/at/all
end
echo "1..$number"
