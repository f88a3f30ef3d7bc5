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
PACKAGES := hwloc jansson
PKG_CFLAGS := $(shell pkg-config --cflags $(PACKAGES))
PKG_LIBS := $(shell pkg-config --libs $(PACKAGES)) -lpfm -lm -lpthread
CPPFLAGS := -I. -D_GNU_SOURCE -DESCALIER_VERSION='"$(VERSION)"' -DESCALIER_PREFIX='"$(PREFIX)"' \
	$(EXTRA_CPPFLAGS)
CFLAGS := -std=c11 $(OPT_$(MODE)) $(WARNINGS) $(EXTRA_CFLAGS)
LDFLAGS := $(filter -fsanitize%,$(OPT_$(MODE))) $(EXTRA_LDFLAGS)

# Lowest layer first. A module's own folder, and <folder>/<arch>/ in place of <folder>/generic/
# where there is one for this architecture.
MODULES := base topology counters alloc core analysis cli
arch_of = $(if $(wildcard $(1)/$(ARCH)),$(1)/$(ARCH),$(1)/generic)
sources_of = $(wildcard $(1)/*.c $(1)/kernels/*.c $(call arch_of,$(1))/*.c)
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
.PHONY: all check lint format fuzz bench install uninstall clean

all: $(B)/escalier

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
FLAGS := $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)
ifneq ($(shell cat $(B)/flags 2>/dev/null),$(FLAGS))
$(shell mkdir -p $(B))
$(file >$(B)/flags,$(FLAGS))
endif
$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(PKG_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# tests/<module>/test-NAME.c links that module and those below it.
TESTS := $(wildcard $(MODULES:%=tests/%/test-*.c))
TEST_PROGRAMS := $(TESTS:%.c=$(B)/%)
define test_rule
$(B)/tests/$(1)/test-%: $(B)/tests/$(1)/test-%.o $(call libs_of,$(1))
	$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(PKG_LIBS) -lcmocka
endef
$(foreach m,$(MODULES),$(eval $(call test_rule,$(m))))

-include $(shell find $(B) -name '*.d' 2>/dev/null)
