/* SPDX-License-Identifier: MIT */
#include "alloc/hp/gigantic.h"

#include "alloc/hp/pages.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

enum { PARTS = GIGANTIC_BYTES / PAGES_HUGE_BYTES };

struct gigantic {
	struct gigantic *next;
	char *start;
	int node;
	bool closed;
	size_t used;
	bool taken[PARTS];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct gigantic *pages;

static size_t parts_of(size_t bytes)
{
	return (bytes + PAGES_HUGE_BYTES - 1) / PAGES_HUGE_BYTES;
}

static bool is_free(const struct gigantic *page, size_t first, size_t parts)
{
	for (size_t i = first; i < first + parts; i++)
		if (page->taken[i])
			return false;
	return true;
}

static void mark(struct gigantic *page, size_t first, size_t parts, bool taken)
{
	for (size_t i = first; i < first + parts; i++)
		page->taken[i] = taken;
	page->used = taken ? page->used + parts : page->used - parts;
}

static void *take_from(struct gigantic *page, size_t parts, size_t step)
{
	for (size_t first = 0; first + parts <= PARTS; first += step)
		if (is_free(page, first, parts)) {
			mark(page, first, parts, true);
			return page->start + first * PAGES_HUGE_BYTES;
		}
	return NULL;
}

void *gigantic_take(size_t bytes, size_t alignment, int node)
{
	void *start = NULL;

	pthread_mutex_lock(&lock);
	for (struct gigantic *page = pages; page && !start; page = page->next)
		if (page->node == node && !page->closed)
			start = take_from(page, parts_of(bytes), parts_of(alignment));
	pthread_mutex_unlock(&lock);
	return start;
}

int gigantic_add(void *start, int node)
{
	struct gigantic *page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return -ENOMEM;
	page->start = start;
	page->node = node;
	pthread_mutex_lock(&lock);
	page->next = pages;
	pages = page;
	pthread_mutex_unlock(&lock);
	return 0;
}

void *gigantic_give(const void *start, size_t bytes)
{
	struct gigantic **link = &pages;
	struct gigantic *page;
	char *empty = NULL;

	pthread_mutex_lock(&lock);
	while (*link && (size_t)((const char *)start - (*link)->start) >= GIGANTIC_BYTES)
		link = &(*link)->next;
	page = *link;
	if (page) {
		mark(page, (size_t)((const char *)start - page->start) / PAGES_HUGE_BYTES,
			parts_of(bytes), false);
		if (page->used == 0) {
			*link = page->next;
			empty = page->start;
			(void)munmap(page, sizeof(*page));
		}
	}
	pthread_mutex_unlock(&lock);
	return empty;
}

void gigantic_close(void)
{
	pthread_mutex_lock(&lock);
	for (struct gigantic *page = pages; page; page = page->next)
		page->closed = true;
	pthread_mutex_unlock(&lock);
}
