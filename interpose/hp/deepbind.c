/* SPDX-License-Identifier: MIT */

/*
 * A module opened with RTLD_DEEPBIND binds free to libc's, while the strdup that it
 * calls, inside of libc, still allocates by our malloc: its first free(strdup(...)) ends
 * the program. There is no way to be in front of libc for such a module but to bind it as
 * any other, which this does. ESCALIER_HP_DEEPBIND=keep leaves the flag alone, for
 * programs whose modules cannot do without (and have their own way with memory).
 *
 * The loader looks for the library on behalf of its caller, and knows him by the return
 * address: libc's dlopen must be jumped to, not called. hp.mk has the compiler do so.
 */
#include "interpose/hp/interpose.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

typedef void *(*dlopen_function)(const char *file, int mode);

static _Atomic(dlopen_function) next_dlopen;
static int dropped; /* flags; set before next_dlopen is */

static dlopen_function find_next(void)
{
	const char *value = secure_getenv("ESCALIER_HP_DEEPBIND");
	dlopen_function next = (dlopen_function)dlsym(RTLD_NEXT, "dlopen");

	if (!next)
		abort(); /* a libc without it */
	dropped = value && strcmp(value, "keep") == 0 ? 0 : RTLD_DEEPBIND;
	atomic_store_explicit(&next_dlopen, next, memory_order_release);
	return next;
}

EXPORT void *dlopen(const char *file, int mode)
{
	dlopen_function next = atomic_load_explicit(&next_dlopen, memory_order_acquire);

	if (!next)
		next = find_next();
	return next(file, mode & ~dropped);
}
