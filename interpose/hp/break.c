/* SPDX-License-Identifier: MIT */

/*
 * Transparent huge pages for programs that take memory with brk and sbrk by themselves,
 * asked for with ESCALIER_HP_BRK=thp. They move the break by a few pages, and each new
 * page is touched before there is room for a huge one: so the true break runs ahead of
 * the program's, to the next boundary of a huge page. Like libc's own, these functions
 * are for one thread at a time.
 */
#include "interpose/hp/interpose.h"
#include "interpose/hp/maps.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* libc's: it remembers the break too, for its own use. */
static struct {
	int (*brk)(void *address);
	void *(*sbrk)(intptr_t bytes);
} libc;

static char *program_end; /* the break that the program knows */
static char *true_end;

static void find_libc(void)
{
	libc.brk = (int (*)(void *))dlsym(RTLD_NEXT, "brk");
	libc.sbrk = (void *(*)(intptr_t))dlsym(RTLD_NEXT, "sbrk");
	if (!libc.brk || !libc.sbrk)
		abort(); /* a libc without them */
}

static bool wanted(void)
{
	static _Atomic int answer;

	if (!libc.sbrk)
		find_libc();
	return maps_wanted(&answer, "ESCALIER_HP_BRK");
}

/* Where somebody else moved the break, the program's goes there too. */
static char *current(void)
{
	char *end = libc.sbrk(0);

	if (end != true_end)
		program_end = true_end = end;
	return program_end;
}

/* To the boundary, or where there is no room for that, exactly. */
static int grow(char *address)
{
	char *ahead = address + (-(uintptr_t)address & (HUGE_BYTES - 1));
	char *from = true_end;

	if (libc.brk(ahead) != 0) {
		ahead = address;
		if (libc.brk(address) != 0)
			return -1;
	}
	from += -(uintptr_t)from & (page_bytes() - 1);
	if (ahead > from)
		maps_advise(from, (size_t)(ahead - from));
	true_end = ahead;
	return 0;
}

/* Memory given up here is gone: when it comes back, it reads as 0. */
static int move(char *address)
{
	int saved = errno;

	if (address > true_end) {
		if (grow(address) != 0)
			return -1;
	} else if (address < program_end) {
		if (libc.brk(address) != 0)
			return -1;
		true_end = address;
	}
	program_end = address;
	errno = saved;
	return 0;
}

EXPORT int brk(void *address)
{
	if (!wanted())
		return libc.brk(address);
	(void)current();
	return move(address);
}

EXPORT void *sbrk(intptr_t bytes)
{
	char *before;

	if (!wanted())
		return libc.sbrk(bytes);
	before = current();
	if (bytes != 0 && move(before + bytes) != 0)
		return (void *)-1;
	return before;
}
