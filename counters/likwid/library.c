/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/likwid/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* A process has one liblikwid, whose own state is global too. */
static struct {
	struct likwid_library functions;
	char why[sizeof(((struct complaint *)0)->why)]; /* empty: it is loaded */
} loaded;

/* ISO C has no conversion from an object's address to a function's. */
static void find(void *handle, const char *name, void *function, size_t size)
{
	void *address = dlsym(handle, name);

	memcpy(function, &address, size);
	if (!address && !loaded.why[0])
		(void)snprintf(loaded.why, sizeof(loaded.why), "%s has no %s",
			ESCALIER_LIKWID_SONAME, name);
}

static void load(void)
{
	void *handle = dlopen(ESCALIER_LIKWID_SONAME, RTLD_NOW | RTLD_LOCAL);

	if (!handle) {
		(void)snprintf(loaded.why, sizeof(loaded.why), "%s", dlerror());
		return;
	}
#define LIKWID_FIND(function)                                                            \
	find(handle, #function, &loaded.functions.function,                              \
		sizeof(loaded.functions.function))
	LIKWID_FUNCTIONS(LIKWID_FIND);
}

int likwid_library(const struct likwid_library **library, struct complaint *complaint)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, load);
	if (loaded.why[0]) {
		complaint_what(complaint, "liblikwid cannot be loaded");
		complaint_why(complaint, "%s", loaded.why);
		complaint_advise(complaint,
			"sudo apt-get install likwid, of the version built with");
		return -ENOENT;
	}
	*library = &loaded.functions;
	return 0;
}
