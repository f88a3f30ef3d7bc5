/* SPDX-License-Identifier: MIT */
#ifndef INTERPOSE_TRACE_ASIDE_H
#define INTERPOSE_TRACE_ASIDE_H

#include <errno.h>
#include <pthread.h>

/* Around what the library does for itself within a call of the program: neither malloc
 * nor free nor fork is where a thread may be cancelled, as open is; and free leaves errno
 * alone. */
struct aside {
	int error, cancelled;
};

static inline struct aside aside_begin(void)
{
	struct aside aside = {.error = errno};

	(void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &aside.cancelled);
	return aside;
}

static inline void aside_end(const struct aside *aside)
{
	(void)pthread_setcancelstate(aside->cancelled, NULL);
	errno = aside->error;
}

#endif
