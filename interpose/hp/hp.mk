# SPDX-License-Identifier: GPL-3.0-or-later
# libescalier-hp.so: hp under libc's names, in one link, so that malloc is hp_malloc itself. What hp
# maps for itself does not pass by the program's mmap, which is also defined here.
HP_LIBRARY := $(B)/libescalier-hp.so
HP_SOURCES := $(wildcard interpose/hp/*.c alloc/hp/*.c)
HP_OBJECTS := $(HP_SOURCES:%.c=$(B)/preload/%.o)
HP_OPT_release := -O2 -g
HP_OPT_debug := -O1 -g
# Traps in place of messages: no runtime that would have to be loaded first.
HP_OPT_asan := -O1 -g -fsanitize=undefined -fsanitize-undefined-trap-on-error
HP_OPT_tsan := -O1 -g
HP_LTO := $(if $(findstring gcc,$(notdir $(CC))),-flto=auto)
HP_FLAGS := -std=c11 $(HP_OPT_$(MODE)) $(HP_LTO) $(WARNINGS) -D_GNU_SOURCE -I. -fPIC \
	-fvisibility=hidden -foptimize-sibling-calls -fno-plt -ftls-model=initial-exec \
	-fno-builtin-malloc -fno-builtin-calloc -fno-builtin-realloc -fno-builtin-free
$(B)/preload/%.o: %.c $(B)/flags interpose/hp/hp.mk
	@mkdir -p $(@D)
	$(CC) $(HP_FLAGS) $(HP_MORE) -MMD -MP -c -o $@ $<
# What the program may define itself is called by its name, and not inlined.
$(B)/preload/interpose/%.o: HP_MORE := -fsemantic-interposition
$(B)/preload/alloc/%.o: HP_MORE := -Dmmap=direct_mmap
$(HP_LIBRARY): $(HP_OBJECTS) interpose/hp/exports.map
	$(CC) $(HP_FLAGS) -shared -Wl,-z,defs,-z,now,-soname,$(@F) \
		-Wl,--version-script=interpose/hp/exports.map -o $@ $(HP_OBJECTS)
all: $(HP_LIBRARY)
