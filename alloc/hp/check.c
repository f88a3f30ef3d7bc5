/* SPDX-License-Identifier: MIT */
#include "alloc/hp/check.h"

#include "alloc/hp/hp.h"
#include "alloc/hp/misuse.h"
#include "alloc/hp/pages.h"
#include "alloc/hp/policy.h"
#include "alloc/hp/random.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

enum {
	CANARY = 0xc5,
	CANARY_BYTES = 8, /* at least */
	POISON = 0xde,
	LINKS = 16,        /* bytes at the start of a free block that its list uses */
	QUARANTINE = 1024, /* blocks, at most */
};

unsigned check_flags;
static uintptr_t secret;

struct kept {
	void *block; /* NULL: none */
	size_t usable;
};

/* A ring: the oldest of `kept_count` blocks at `kept_first`. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct kept quarantine[QUARANTINE];
static size_t kept_first;
static size_t kept_count;
static size_t kept_bytes;

void check_configure(unsigned flags)
{
	check_flags = flags;
	secret = random_word();
	kept_count = 0;
	kept_bytes = 0;
}

size_t check_grown_bytes(size_t bytes)
{
	return bytes + CANARY_BYTES + sizeof(uintptr_t);
}

static uintptr_t *mark_of(const void *block, size_t usable)
{
	return (uintptr_t *)((uintptr_t)block + usable) - 1;
}

static uintptr_t live_mark(const void *block, size_t bytes)
{
	return secret ^ (uintptr_t)block ^ bytes << 1;
}

static uintptr_t freed_mark(const void *block)
{
	return ~secret ^ (uintptr_t)block;
}

void check_allocated(void *block, size_t usable, size_t bytes)
{
	memset((char *)block + bytes, CANARY, usable - sizeof(uintptr_t) - bytes);
	*mark_of(block, usable) = live_mark(block, bytes);
}

size_t check_live(const void *block, size_t usable)
{
	const unsigned char *at = block;
	uintptr_t mark;
	size_t bytes;

	if ((uintptr_t)block % HP_POLICY_ALIGNMENT != 0)
		misuse_report("free of no live block at", block, 0);
	mark = *mark_of(block, usable);
	if (mark == freed_mark(block))
		misuse_report("double free of", block, usable);
	bytes = (mark ^ secret ^ (uintptr_t)block) >> 1;
	if (bytes > usable - sizeof(uintptr_t) || live_mark(block, bytes) != mark)
		misuse_report("overflow or free of no block at", block, usable);
	if (check_flags & HP_CHECK_CANARY)
		for (size_t i = bytes; i < usable - sizeof(uintptr_t); i++)
			if (at[i] != CANARY)
				misuse_report("overflow of", block, bytes);
	return bytes;
}

static bool is_filled(const unsigned char *at, const unsigned char *end, int byte)
{
	while (at < end && *at == byte)
		at++;
	return at == end;
}

/* Page by page: one that was given back to the system in the meantime reads as 0. That
 * cannot be the last one, in which the mark still stands. If that has been damaged with
 * the rest, nothing can be said. */
static void check_poison(const void *block, size_t usable, size_t from)
{
	const unsigned char *at = (const unsigned char *)block + from;
	const unsigned char *end = (const unsigned char *)mark_of(block, usable);
	size_t page = pages_base_bytes();

	if (!(check_flags & HP_CHECK_POISON) ||
		*mark_of(block, usable) != freed_mark(block))
		return;
	while (at < end) {
		size_t rest = page - (uintptr_t)at % page;
		const unsigned char *stop = rest < (size_t)(end - at) ? at + rest : end;

		if (!is_filled(at, stop, POISON) &&
			(stop == end || !is_filled(at, stop, 0)))
			misuse_report("write after free to", block, usable);
		at = stop;
	}
}

void check_unwritten(const void *block, size_t usable)
{
	check_poison(block, usable, LINKS);
}

void check_forget(void *block, size_t usable)
{
	if (check_flags & HP_CHECK_POISON)
		*mark_of(block, usable) = 0;
}

/* With the lock. */
static struct kept take_oldest(void)
{
	struct kept oldest = quarantine[kept_first];

	kept_first = (kept_first + 1) % QUARANTINE;
	kept_count--;
	kept_bytes -= oldest.usable;
	return oldest;
}

/* Out of the lock, in which nobody waits long. */
static void *checked(const struct kept *leaving)
{
	if (leaving->block)
		check_poison(leaving->block, leaving->usable, 0);
	return leaving->block;
}

void *check_keep(void *block, size_t usable)
{
	struct kept leaving = {0};

	if (!(check_flags & HP_CHECK_QUARANTINE) || usable > CHECK_KEEP_BYTES)
		return block;
	pthread_mutex_lock(&mutex);
	if (kept_count == QUARANTINE)
		leaving = take_oldest();
	quarantine[(kept_first + kept_count) % QUARANTINE] =
		(struct kept){.block = block, .usable = usable};
	kept_count++;
	kept_bytes += usable;
	pthread_mutex_unlock(&mutex);
	return checked(&leaving);
}

void *check_oldest(size_t most_bytes)
{
	struct kept leaving = {0};

	pthread_mutex_lock(&mutex);
	if (kept_bytes > most_bytes)
		leaving = take_oldest();
	pthread_mutex_unlock(&mutex);
	return checked(&leaving);
}

void check_each_kept(void (*visit)(size_t usable, void *context), void *context)
{
	pthread_mutex_lock(&mutex);
	for (size_t i = 0; i < kept_count; i++)
		visit(quarantine[(kept_first + i) % QUARANTINE].usable, context);
	pthread_mutex_unlock(&mutex);
}

void check_freed(void *block, size_t usable)
{
	if (check_flags & HP_CHECK_POISON)
		memset(block, POISON, usable);
	*mark_of(block, usable) = freed_mark(block);
}

void check_fork_prepare(void)
{
	pthread_mutex_lock(&mutex);
}

void check_fork_done(void)
{
	pthread_mutex_unlock(&mutex);
}
