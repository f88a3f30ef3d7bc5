# SPDX-License-Identifier: GPL-3.0-or-later
# A library of liblikwid's name, for the tests that link it or put it into LD_LIBRARY_PATH. In a
# sanitized program it is not: it is built once, plainly.
ifeq ($(LIKWID_FOLDER),likwid)
FAKE_LIKWID := $(B)/tests/counters/likwid/fake/$(LIKWID)
$(FAKE_LIKWID): tests/counters/likwid/fake.c tests/counters/likwid/fake.h $(B)/flags
	@mkdir -p $(@D)
	$(CC) -std=c11 -O2 -g $(WARNINGS) -D_GNU_SOURCE -I. -fPIC -shared -Wl,-soname,$(LIKWID) \
		-o $@ $< -lm
$(B)/tests/counters/likwid/test-likwid-backend: $(FAKE_LIKWID)
LINK_test-likwid-backend := -Wl,--no-as-needed $(FAKE_LIKWID) -Wl,-rpath,$(abspath $(dir $(FAKE_LIKWID)))
test-programs: $(FAKE_LIKWID)
endif
