# SPDX-License-Identifier: GPL-3.0-or-later
# Programs to be run under a preload: no sanitizer in them, and no compiler that knows malloc.
INTERPOSE := tests/interpose
INTERPOSE_C := $(filter-out $(INTERPOSE)/lib-%,$(wildcard $(INTERPOSE)/*.c))
INTERPOSE_PROGRAMS := $(INTERPOSE_C:%.c=$(B)/%) \
	$(patsubst %.cc,$(B)/%,$(wildcard $(INTERPOSE)/*.cc)) $(B)/$(INTERPOSE)/plain-static \
	$(patsubst %.c,$(B)/%.so,$(wildcard $(INTERPOSE)/lib-*.c))
INTERPOSE_FLAGS := -O1 -g -Wall -Wextra -Werror -D_GNU_SOURCE -I. -fno-builtin
INTERPOSE_NEEDS := $(INTERPOSE)/check.h $(INTERPOSE)/link.mk $(B)/flags
# The C++ compiler beside the C one.
INTERPOSE_CXX := $(patsubst %gcc,%g++,$(patsubst %clang,%clang++,$(CC)))

$(B)/$(INTERPOSE)/%: $(INTERPOSE)/%.c $(INTERPOSE_NEEDS)
	@mkdir -p $(@D)
	$(CC) -std=c11 $(INTERPOSE_FLAGS) -rdynamic -o $@ $< $(filter %.so,$^) -lpthread -ldl \
		-Wl,-rpath,'$$ORIGIN'
$(B)/$(INTERPOSE)/%: $(INTERPOSE)/%.cc $(INTERPOSE_NEEDS)
	@mkdir -p $(@D)
	$(INTERPOSE_CXX) -std=c++17 -fsized-deallocation -Wno-unknown-warning-option $(INTERPOSE_FLAGS) -o $@ $< -lpthread
$(B)/$(INTERPOSE)/%.so: $(INTERPOSE)/%.c $(INTERPOSE_NEEDS)
	@mkdir -p $(@D)
	$(CC) -std=c11 $(INTERPOSE_FLAGS) -fPIC -shared -Wl,-soname,$(@F) -o $@ $<
$(B)/$(INTERPOSE)/plain-static: $(INTERPOSE)/plain.c $(INTERPOSE_NEEDS)
	@mkdir -p $(@D)
	$(CC) -std=c11 $(INTERPOSE_FLAGS) -static -o $@ $<
# Libraries that a program is linked with; the others it opens itself.
$(B)/$(INTERPOSE)/allocation-before-main: $(B)/$(INTERPOSE)/lib-early.so
$(B)/$(INTERPOSE)/allocation-after-our-destructor: $(B)/$(INTERPOSE)/lib-early.so
$(B)/$(INTERPOSE)/own-malloc-inside: $(B)/$(INTERPOSE)/lib-deep.so
test-programs: $(INTERPOSE_PROGRAMS)

# A sanitizer's runtime would have to come before the library: its build for asan traps, and the one
# for tsan would show nothing new.
.PHONY: check-interpose check-programs
ifneq ($(MODE),tsan)
INTERPOSE_SUITES := tests/interpose/test-interpose.sh
endif
ifeq ($(notdir $(CC)) $(MODE),gcc release)
INTERPOSE_SUITES += tests/programs/test-programs.sh
endif
INTERPOSE_SETTINGS = ESCALIER_HP_LIBRARY=$(abspath $(HP_LIBRARY)) \
	INTERPOSE_PROGRAMS=$(abspath $(B)/$(INTERPOSE))
check-interpose: all $(INTERPOSE_PROGRAMS)
	ESCALIER=$(abspath $(B)/escalier) MODE=$(MODE) $(INTERPOSE_SETTINGS) \
		scripts/lib/run-tests.sh -l "$(notdir $(CC)) $(MODE)" $(INTERPOSE_SUITES)
# All programs of the list; installs what is missing of them, about two gigabytes.
check-programs: $(HP_LIBRARY)
	ESCALIER_HP_LIBRARY=$(abspath $<) scripts/lib/check-programs.sh --install
