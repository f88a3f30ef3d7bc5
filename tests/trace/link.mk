# SPDX-License-Identifier: GPL-3.0-or-later
# The program that tests/cli/test-trace.sh traces, without a sanitizer's allocator in it. It calls
# what it is written to call: a compiler may leave out a malloc that it knows.
TRACE_VICTIM := $(B)/tests/trace/victim
$(TRACE_VICTIM): tests/trace/victim.c interpose/trace/format.h $(B)/flags
	@mkdir -p $(@D)
	$(CC) -std=c11 -O1 -g $(WARNINGS) -D_GNU_SOURCE -I. -fno-omit-frame-pointer -fno-builtin \
		-o $@ $< -lpthread
test-programs: $(TRACE_VICTIM)
