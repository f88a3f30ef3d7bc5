# SPDX-License-Identifier: GPL-3.0-or-later
# The tests of hp share their support; the misuse suite has a program of its own.
HP_TESTS := $(wildcard tests/alloc/hp/test-*.c)
HP_SUPPORT := $(patsubst tests/%.c,$(B)/tests/%.o,$(filter-out $(HP_TESTS) \
	tests/alloc/hp/misuse.c,$(wildcard tests/alloc/hp/*.c)))
$(HP_TESTS:%.c=$(B)/%): $(B)/tests/alloc/hp/%: $(B)/tests/alloc/hp/%.o $(HP_SUPPORT) \
		$(call libs_of,alloc)
	$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(PKG_LIBS) -lcmocka
$(B)/tests/alloc/hp/misuse: $(B)/tests/alloc/hp/misuse.o $(call libs_of,alloc)
	$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(PKG_LIBS)
TEST_PROGRAMS += $(HP_TESTS:%.c=$(B)/%)
test-programs: $(B)/tests/alloc/hp/misuse
