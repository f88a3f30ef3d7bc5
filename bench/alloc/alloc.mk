# SPDX-License-Identifier: GPL-3.0-or-later
#   make bench-alloc [BENCH_ALLOC=--quick]      allocators side by side (see bench/alloc/main.c)
# The player links nothing that would allocate for it, and the compiler may not know malloc.
BENCH_PATTERNS := patterns account churn lifetimes large threads phases
BENCH_PLAYER := player $(BENCH_PATTERNS)
BENCH_DRIVER := main trial allocator results report $(BENCH_PATTERNS)
$(BENCH_PLAYER:%=$(B)/bench/alloc/%.o): CFLAGS += -fno-builtin
$(B)/bench/alloc/alloc-player: $(BENCH_PLAYER:%=$(B)/bench/alloc/%.o) $(B)/libbase.a
	$(CC) $(LDFLAGS) -o $@ $^ -lm -lpthread
$(B)/bench/alloc/bench-alloc: $(BENCH_DRIVER:%=$(B)/bench/alloc/%.o) $(call libs_of,core)
	$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS)
bench-alloc: $(B)/bench/alloc/bench-alloc $(B)/bench/alloc/alloc-player $(HP_LIBRARY)
	$< --hp-library $(HP_LIBRARY) $(BENCH_ALLOC)
