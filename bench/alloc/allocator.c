/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/alloc/allocator.h"

#include <string.h>

const struct allocator allocators[] = {
	{"glibc", {NULL}, NULL, true},
	{"jemalloc", {"libjemalloc.so.2", "libjemalloc.so"}, NULL, true},
	{"mimalloc", {"libmimalloc.so.3", "libmimalloc.so.2", "libmimalloc.so"}, NULL,
		true},
	{"tcmalloc", {"libtcmalloc_minimal.so.4", "libtcmalloc.so.4"}, NULL, true},
	{"rpmalloc", {"librpmallocwrap.so", "librpmalloc.so"}, NULL, false},
	{"snmalloc", {"libsnmallocshim.so"}, NULL, false},
	{"hp", {"libescalier-hp.so"}, NULL, false},
	{"hp-small", {"libescalier-hp.so"}, "ESCALIER_HP_PAGES=small", false},
	{NULL, {NULL}, NULL, false},
};

int allocator_find(const char *name)
{
	for (int i = 0; allocators[i].name; i++)
		if (strcmp(allocators[i].name, name) == 0)
			return i;
	return -1;
}
