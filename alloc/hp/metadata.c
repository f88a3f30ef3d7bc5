/* SPDX-License-Identifier: MIT */
#include "alloc/hp/metadata.h"

#include "alloc/hp/pages.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
	CHUNK_BYTES = 256 << 10,
	LINE_BYTES = 64,
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char *cursor;
static size_t left;
static _Atomic uint64_t total;

void *metadata_new(size_t bytes)
{
	void *result = NULL;

	bytes = (bytes + LINE_BYTES - 1) & ~(size_t)(LINE_BYTES - 1);
	pthread_mutex_lock(&mutex);
	if (left < bytes) {
		struct pages_span span;
		size_t wanted = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;

		if (pages_map_metadata(wanted, pages_base_bytes(), &span) != 0)
			goto out;
		cursor = span.base;
		left = span.bytes;
	}
	result = cursor;
	cursor += bytes;
	left -= bytes;
	atomic_fetch_add_explicit(&total, bytes, memory_order_relaxed);
out:
	pthread_mutex_unlock(&mutex);
	return result;
}

uint64_t metadata_bytes(void)
{
	return atomic_load_explicit(&total, memory_order_relaxed);
}

void metadata_fork_prepare(void)
{
	pthread_mutex_lock(&mutex);
}

void metadata_fork_done(void)
{
	pthread_mutex_unlock(&mutex);
}
