/* SPDX-License-Identifier: MIT */
#include "alloc/hp/check.h"

#include "alloc/hp/hp.h"
#include "alloc/hp/misuse.h"
#include "alloc/hp/random.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

enum {
	CANARY = 0xc5,
	CANARY_BYTES = 8, /* at least */
	POISON = 0xde,
	LINKS = 16, /* bytes at the start of a free block that its list uses */
	QUARANTINE = 1024,
};

unsigned check_flags;
static uintptr_t secret;

/* Oldest first, in a ring. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct {
	void *block;
	size_t usable;
} quarantine[QUARANTINE];
static size_t quarantined;

void check_configure(unsigned flags)
{
	check_flags = flags;
	secret = random_word();
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
	uintptr_t mark = *mark_of(block, usable);
	const unsigned char *at = block;
	size_t bytes;

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

/* The mark may have been damaged with the rest. */
void check_unwritten(const void *block, size_t usable)
{
	const unsigned char *at = block;

	if (!(check_flags & HP_CHECK_POISON) ||
		*mark_of(block, usable) != freed_mark(block))
		return;
	for (size_t i = LINKS; i < usable - sizeof(uintptr_t); i++)
		if (at[i] != POISON)
			misuse_report("write after free to", block, usable);
}

/* Swaps the block with the oldest of the quarantine. */
static void *keep(void *block, size_t usable)
{
	size_t place;
	void *oldest;
	size_t oldest_usable;

	pthread_mutex_lock(&mutex);
	place = quarantined++ % QUARANTINE;
	oldest = quarantine[place].block;
	oldest_usable = quarantine[place].usable;
	quarantine[place].block = block;
	quarantine[place].usable = usable;
	pthread_mutex_unlock(&mutex);
	if (oldest)
		check_unwritten(oldest, oldest_usable);
	return oldest;
}

void *check_freed(void *block, size_t usable)
{
	if (check_flags & HP_CHECK_POISON)
		memset(block, POISON, usable);
	*mark_of(block, usable) = freed_mark(block);
	return check_flags & HP_CHECK_QUARANTINE ? keep(block, usable) : block;
}
