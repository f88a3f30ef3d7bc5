# SPDX-License-Identifier: GPL-3.0-or-later
#
#   make [MODE=release|debug|asan|tsan] [CC=gcc|clang]   builds build/<cc>-<mode>/escalier
#   make check      unit and command-line tests of this mode      make lint    format, tidy, layers
#   make fuzz       a short run of every fuzz target (clang)       make bench   the tool's own cost
#   make install DESTDIR= PREFIX=/usr/local                        make uninstall

MODE ?= release
ifeq ($(origin CC),default)
CC := gcc
endif
B ?= build/$(notdir $(CC))-$(MODE)
PREFIX ?= /usr/local
ARCH := $(shell $(CC) -dumpmachine | cut -d- -f1)
VERSION := 0.1.0

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wcast-qual -Wwrite-strings -Wvla -Wformat=2 -Wundef -Werror
OPT_release := -O2 -g
OPT_debug := -O0 -g
OPT_asan := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OPT_tsan := -O1 -g -fsanitize=thread
PACKAGES := hwloc jansson libdw libelf
PKG_CFLAGS := $(shell pkg-config --cflags $(PACKAGES))
PKG_LIBS := $(shell pkg-config --libs $(PACKAGES)) -lpfm -lm -lpthread -ldl
# liblikwid is optional, and loaded by this name when it is first needed; LIKWID=no builds without.
ifndef LIKWID
LIKWID := $(if $(filter /%,$(shell $(CC) -print-file-name=liblikwid.so)),$(shell scripts/lib/find-likwid.sh $(CC)))
endif
LIKWID_FOLDER := $(if $(filter-out no,$(LIKWID)),likwid,likwid-absent)
CPPFLAGS := -I. -D_GNU_SOURCE -DESCALIER_VERSION='"$(VERSION)"' -DESCALIER_PREFIX='"$(PREFIX)"' \
	-DESCALIER_LIKWID_SONAME='"$(LIKWID)"' $(EXTRA_CPPFLAGS)
CFLAGS := -std=c11 $(OPT_$(MODE)) $(WARNINGS) $(EXTRA_CFLAGS)
LDFLAGS := $(filter -fsanitize%,$(OPT_$(MODE))) $(EXTRA_LDFLAGS)

# Lowest layer first. A module's own folder, and <folder>/<arch>/ in place of <folder>/generic/
# where there is one for this architecture.
MODULES := base topology counters alloc core analysis cli
arch_of = $(if $(wildcard $(1)/$(ARCH)),$(1)/$(ARCH),$(1)/generic)
sources_of = $(wildcard $(1)/*.c $(1)/kernels/*.c $(1)/check/*.c $(1)/hp/*.c $(1)/$(LIKWID_FOLDER)/*.c \
	$(call arch_of,$(1))/*.c)
$(foreach m,$(MODULES),$(eval SOURCES_$(m) := $(call sources_of,$(m))))
$(foreach m,$(MODULES),$(eval OBJECTS_$(m) := $(SOURCES_$(m):%.c=$(B)/%.o)))
# main.o stays out of the library, so that tests can link the subcommands.
OBJECTS_cli := $(filter-out $(B)/cli/main.o,$(OBJECTS_cli))
LIBRARIES := $(MODULES:%=$(B)/lib%.a)

# What each module may link: itself and the layers that it may include.
BELOW_base :=
BELOW_topology := base
BELOW_counters := base
BELOW_alloc := base
BELOW_core := alloc counters topology base
BELOW_analysis := core alloc counters topology base
BELOW_cli := analysis core alloc counters topology base
libs_of = $(foreach l,$(1) $(BELOW_$(1)),$(B)/lib$(l).a)

.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all check check-likwid test-programs lint lint-shell format format-check fuzz check-aarch64 \
	check-install bench bench-alloc bench-levels bench-predict bench-programs bench-trace install uninstall clean

all: $(B)/escalier $(B)/libescalier-trace.so

$(B)/escalier: $(B)/cli/main.o $(call libs_of,cli)
	$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)

define library_rule
$(B)/lib$(1).a: $(OBJECTS_$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	ar rcs $$@ $$^
endef
$(foreach m,$(MODULES),$(eval $(call library_rule,$(m))))

# Everything is rebuilt when a flag changes.
FLAGS := $(CC) $(LIKWID_FOLDER) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)
ifneq ($(shell cat $(B)/flags 2>/dev/null),$(FLAGS))
$(shell mkdir -p $(B))
$(file >$(B)/flags,$(FLAGS))
endif
$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(PKG_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Libraries to preload into other programs: never with a sanitizer, whose runtime would have to
# come first.
PRELOAD_FLAGS := -std=c11 -O2 -g $(WARNINGS) -D_GNU_SOURCE -I. -fPIC -fvisibility=hidden -fno-plt \
	-shared -Wl,-z,defs,-z,now
TRACE_FILES := $(wildcard interpose/trace/*.[ch])
$(B)/libescalier-trace.so: $(TRACE_FILES) $(B)/flags
	@mkdir -p $(@D)
	$(CC) $(PRELOAD_FLAGS) -o $@ $(filter %.c,$^)
include interpose/hp/hp.mk
include alloc/hp/libhp.mk

# tests/<module>/test-NAME.c links that module and those below it; tests/<module>/link.mk adds what
# one of them needs beside (LINK_test-NAME := flags).
TESTS := $(wildcard $(MODULES:%=tests/%/test-*.c) $(MODULES:%=tests/%/$(LIKWID_FOLDER)/test-*.c))
TEST_PROGRAMS := $(TESTS:%.c=$(B)/%)
-include $(wildcard tests/*/link.mk tests/*/*/link.mk)
# The other modules, but for the reader of large files, have no threads.
ifeq ($(MODE),tsan)
TEST_PROGRAMS := $(filter $(B)/tests/alloc/% $(B)/tests/counters/% $(B)/tests/core/test-csv,$(TEST_PROGRAMS))
endif
# Failures that are injected are the system's, whichever compiler, and come to one thread.
ifneq ($(filter clang,$(notdir $(CC))),)
TEST_PROGRAMS := $(filter-out %-failures,$(TEST_PROGRAMS))
endif
define test_rule
$(B)/tests/$(1)/test-%: $(B)/tests/$(1)/test-%.o $(call libs_of,$(2))
	$$(CC) $$(LDFLAGS) $$(LINK_$$(@F)) -o $$@ $$(filter %.o,$$^) $$(filter %.a,$$^) $$(PKG_LIBS) \
		-lcmocka
endef
$(foreach m,$(MODULES),$(eval $(call test_rule,$(m),$(m))))
$(foreach m,$(MODULES),$(eval $(call test_rule,$(m)/$(LIKWID_FOLDER),$(m))))
test-programs: $(TEST_PROGRAMS)

# The shell suites run the program itself; failures are injected into the plain builds only, since a
# sanitizer's runtime and a preload that stands before it do not agree.
SUITES := $(INTERPOSE_SUITES) $(wildcard tests/cli/test-*.sh tests/alloc/hp/test-*.sh)
# Each mode runs what it can tell something by: the other compiler, whole sweeps, runs and interposers;
# asan, all but the long walks through options, interruptions and liblikwid; tsan, what has threads,
# and a sweep.
ifeq ($(notdir $(CC)) $(MODE),clang release)
SUITES := $(filter %/test-interpose.sh %/test-sweep.sh %/test-run.sh %/test-trace.sh %/test-misuse.sh,$(SUITES))
endif
ifeq ($(MODE),asan)
SUITES := $(filter-out %/test-usage.sh %/test-failures.sh %/test-interrupt.sh %/test-likwid.sh,$(SUITES))
endif
ifeq ($(MODE),tsan)
SUITES := $(filter %/test-sweep.sh,$(SUITES))
endif
INJECT := $(B)/tests/inject/inject.so
$(INJECT): tests/inject/inject.c $(B)/flags
	@mkdir -p $(@D)
	$(CC) -std=c11 -O2 -g $(WARNINGS) -D_GNU_SOURCE -I. -fPIC -shared -o $@ $< -ldl
ifeq ($(MODE),release)
test-programs: $(INJECT)
endif
check: all test-programs
	ESCALIER=$(abspath $(B)/escalier) ESCALIER_INJECT=$(abspath $(INJECT)) MODE=$(MODE) \
		$(INTERPOSE_SETTINGS) scripts/lib/run-tests.sh -l "$(notdir $(CC)) $(MODE)" \
		$(SUITES) $(TEST_PROGRAMS)
# What differs between a build with liblikwid and one without.
LIKWID_TESTS := $(filter $(B)/tests/counters/%,$(TEST_PROGRAMS)) $(B)/tests/core/test-marker
check-likwid: all $(LIKWID_TESTS)
	ESCALIER=$(abspath $(B)/escalier) MODE=$(MODE) scripts/lib/run-tests.sh \
		-l "$(notdir $(CC)) $(MODE), $(LIKWID_FOLDER):" $(LIKWID_TESTS) tests/cli/test-likwid.sh

C_FILES := $(wildcard $(MODULES:%=%/*.[ch]) alloc/hp/*.[ch] core/*/*.[ch] topology/*/*.c \
	counters/*/*.[ch] interpose/*/*.[ch] tests/*/*.[ch] tests/*/*/*.[ch] \
	fuzz/*.c bench/*.c bench/*/*.[ch])
format:
	clang-format -i $(C_FILES)
format-check:
	clang-format --dry-run --Werror $(C_FILES)
lint-shell:
	shellcheck -x scripts/*.sh scripts/lib/*.sh tests/cli/*.sh tests/alloc/hp/*.sh tests/inject/*.sh tests/interpose/*.sh tests/libhp/*.sh tests/programs/*.sh bench/*.sh hooks/pre-commit .ci/run
# Paths that the analyzer follows through a function: its own 225000 take three times as long.
TIDY_NODES ?= 75000
TIDY := $(foreach m,$(MODULES),$(SOURCES_$(m):%=$(B)/tidy/%.ok))
$(B)/tidy/%.ok: % .clang-tidy
	@mkdir -p $(@D)
	clang-tidy --quiet $< -- $(CPPFLAGS) $(PKG_CFLAGS) -std=c11 \
		-Xclang -analyzer-config -Xclang max-nodes=$(TIDY_NODES)
	@touch $@
lint: $(TIDY)

# Each target runs for a few seconds, or FUZZ_SECONDS, from real inputs.
FUZZ_SECONDS ?= 5
CORPUS_fuzz-csv := tests/core/data
CORPUS_fuzz-group := counters/groups/zen3
CORPUS_fuzz-likwid := counters/groups/skx
CORPUS_fuzz-topology := tests/topology/machines
FUZZERS := $(patsubst fuzz/%.c,%,$(wildcard fuzz/fuzz-*.c))
FB := build/clang-fuzz
FUZZ_FLAGS := -std=c11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all
FUZZED := $(foreach m,base topology counters alloc core,$(SOURCES_$(m)))
$(FB)/%.o: %.c Makefile
	@mkdir -p $(@D)
	clang $(subst =fuzzer,=fuzzer-no-link,$(FUZZ_FLAGS)) $(CPPFLAGS) $(PKG_CFLAGS) -MMD -MP -c -o $@ $<
$(FB)/fuzz-%: $(FB)/fuzz/fuzz-%.o $(FUZZED:%.c=$(FB)/%.o)
	clang $(FUZZ_FLAGS) -o $@ $^ $(PKG_LIBS)
# The model is that of hp's own tests.
$(FB)/fuzz-hp: $(FB)/tests/alloc/hp/model.o $(FB)/tests/alloc/hp/model-hp.o
-include $(shell find $(FB) -name '*.d' 2>/dev/null)
fuzz: $(FUZZERS:%=$(FB)/%)
	@$(foreach f,$(FUZZERS),mkdir -p $(FB)/corpus/$(f) && echo $(f) && \
		{ $(FB)/$(f) -max_total_time=$(FUZZ_SECONDS) -timeout=30 -rss_limit_mb=4096 \
			-artifact_prefix=$(FB)/ $(FB)/corpus/$(f) $(CORPUS_$(f)) >$(FB)/$(f).log 2>&1 \
			|| { tail -40 $(FB)/$(f).log; exit 1; }; } && grep ^Done $(FB)/$(f).log &&) true

# The kernels and what they stand on, for the other architecture, run by qemu's user mode.
AARCH64 := aarch64-linux-gnu-gcc
AB := build/aarch64
check-aarch64:
	@mkdir -p $(AB)
	$(AARCH64) -static -std=c11 -O2 $(WARNINGS) $(CPPFLAGS) -o $(AB)/kernels \
		tests/aarch64/kernels.c core/chase.c core/cycle.c $(wildcard core/kernels/*.c) \
		base/random.c base/error.c base/text.c base/clock.c -lm
	qemu-aarch64 $(AB)/kernels
	$(AARCH64) -static -std=c11 -O2 $(WARNINGS) $(CPPFLAGS) -o $(AB)/user-counter \
		tests/aarch64/user-counter.c counters/aarch64/user-counter.c
	qemu-aarch64 $(AB)/user-counter
	$(AARCH64) -std=c11 -O2 $(WARNINGS) $(CPPFLAGS) -c -o $(AB)/generic.o counters/generic/user-counter.c

bench: all $(B)/bench/latency
	bench/overhead.sh $(B)/escalier
	$(B)/bench/latency
# What tracing adds to a malloc and free pair, beside heaptrack and memusage.
bench-trace: all $(B)/bench/pairs
	bench/trace.sh $(abspath $(B))
# Ten programs under five allocators: about half an hour.
bench-programs: all
	bench/programs.sh $(abspath $(B)/escalier)
# Predictions beside measurements of 37 programs: about 40 minutes.
bench-predict: all
	bench/predict.sh $(abspath $(B)/escalier) $(B)/bench/predict $(BENCH_PREDICT)
$(B)/bench/%: $(B)/bench/%.o $(call libs_of,core)
	$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)
include bench/alloc/alloc.mk

SHARE := $(DESTDIR)$(PREFIX)/share/escalier
MAN := $(DESTDIR)$(PREFIX)/share/man/man1
install: all
	install -D -m 755 $(B)/escalier $(DESTDIR)$(PREFIX)/bin/escalier
	install -D -m 644 -t $(SHARE)/plots scripts/plots/*.gp
	for arch in counters/groups/*/; do \
		install -D -m 644 -t $(SHARE)/groups/$$(basename $$arch) $$arch*.txt || exit 1; done
	install -D -m 644 -t $(MAN) docs/escalier.1 docs/escalier-run.1 docs/escalier-trace.1
	install -D -m 755 -t $(DESTDIR)$(PREFIX)/lib $(B)/libescalier-trace.so $(HP_LIBRARY)
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man7 docs/libescalier-hp.7
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/escalier $(MAN)/escalier.1 $(MAN)/escalier-run.1 \
		$(MAN)/escalier-trace.1 \
		$(DESTDIR)$(PREFIX)/lib/libescalier-trace.so \
		$(DESTDIR)$(PREFIX)/lib/$(notdir $(HP_LIBRARY)) \
		$(DESTDIR)$(PREFIX)/share/man/man7/libescalier-hp.7
	rm -rf $(SHARE)
check-install: all
	rm -rf $(B)/root
	$(MAKE) -s install DESTDIR=$(abspath $(B)/root) PREFIX=/usr
	test -x $(B)/root/usr/bin/escalier -a -f $(B)/root/usr/share/escalier/plots/staircase.gp
	$(MAKE) -s uninstall DESTDIR=$(abspath $(B)/root) PREFIX=/usr
	test -z "$$(find $(B)/root ! -type d)"

clean:
	rm -rf build

-include $(shell find $(B) -name '*.d' 2>/dev/null)
