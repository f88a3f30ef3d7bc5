/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "alloc/pool.h"

#include "base/file.h"
#include "base/number.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMPACT "/proc/sys/vm/compact_memory"

/* Each write makes the kernel look again; compaction between two of them seldom gains
 * more after the third. */
enum { TRIES = 3, POOL_PATH = 128 };

struct state {
	uint64_t pages;    /* without surplus */
	uint64_t free;     /* not faulted in */
	uint64_t promised; /* of the free ones, to existing mappings */
	uint64_t surplus;
};

static void path_of(const struct pool *pool, const char *file, char path[POOL_PATH])
{
	char where[48] = "kernel/mm";

	if (pool->node >= 0)
		snprintf(where, sizeof(where), "devices/system/node/node%d", pool->node);
	snprintf(path, POOL_PATH, "/sys/%s/hugepages/hugepages-%" PRIu64 "kB/%s", where,
		pool->page_bytes / 1024, file);
}

static int read_file(const struct pool *pool, const char *file, uint64_t *value)
{
	char path[POOL_PATH];

	path_of(pool, file, path);
	return file_read_u64(pool->root, path, value);
}

static int read_state(const struct pool *pool, struct state *state)
{
	struct pool all = *pool;
	int error = read_file(pool, "nr_hugepages", &state->pages);

	if (!error)
		error = read_file(pool, "free_hugepages", &state->free);
	if (!error)
		error = read_file(pool, "surplus_hugepages", &state->surplus);
	/* The kernel promises pages of any node: only the whole machine has a number. */
	all.node = -1;
	if (!error)
		error = read_file(&all, "resv_hugepages", &state->promised);
	if (error)
		return error;
	if (state->promised > state->free)
		state->promised = state->free;
	state->pages -= state->surplus < state->pages ? state->surplus : state->pages;
	return 0;
}

static int write_pages(const struct pool *pool, uint64_t pages)
{
	char path[POOL_PATH];

	path_of(pool, "nr_hugepages", path);
	return file_write_u64(pool->root, path, pages);
}

int pool_open(struct pool *pool, const char *root, uint64_t page_bytes, int node)
{
	struct state state;
	int error;

	*pool = (struct pool){.page_bytes = page_bytes, .node = node};
	if (strlen(root) >= sizeof(pool->root))
		return -ENAMETOOLONG;
	memcpy(pool->root, root, strlen(root) + 1);
	error = read_state(pool, &state);
	if (error)
		return error;
	pool->before = pool->asked = pool->now = state.pages;
	return 0;
}

int pool_available(const struct pool *pool, uint64_t *pages)
{
	struct state state;
	int error = read_state(pool, &state);

	if (!error)
		*pages = state.free - state.promised;
	return error;
}

/* Whether vm.nr_hugepages means pages of this size. */
static bool is_default_size(const struct pool *pool)
{
	char path[sizeof(pool->root) + 32];
	struct text text;
	const char *at = NULL;
	bool is = false;

	snprintf(path, sizeof(path), "%s/proc/meminfo", pool->root);
	text_init(&text);
	if (file_read_all(path, &text) == 0)
		at = strstr(text.bytes, "Hugepagesize:");
	if (at)
		is = strtoull(at + strlen("Hugepagesize:"), NULL, 10) * 1024 ==
		     pool->page_bytes;
	text_release(&text);
	return is;
}

void pool_advise(const struct pool *pool, uint64_t pages, struct complaint *complaint)
{
	char path[POOL_PATH];

	if (pool->node < 0 && is_default_size(pool)) {
		complaint_advise(
			complaint, "sudo sysctl vm.nr_hugepages=%" PRIu64, pages);
		return;
	}
	path_of(pool, "nr_hugepages", path);
	complaint_advise(complaint, "echo %" PRIu64 " | sudo tee %s", pages, path);
}

static int explain_write(const struct pool *pool, int error, struct complaint *complaint)
{
	char path[POOL_PATH];

	path_of(pool, "nr_hugepages", path);
	if (error == -EPERM || error == -EROFS)
		error = -EACCES;
	complaint_what(complaint,
		"cannot set the huge-page pool to %" PRIu64 " pages: %s", pool->asked,
		strerror(-error));
	complaint_why(complaint,
		error == -EACCES ? "only root may write %s"
				 : "the kernel refused a write to %s",
		path);
	pool_advise(pool, pool->asked, complaint);
	return error;
}

/* One write and what came of it. */
static int set_and_note(struct pool *pool)
{
	struct state state;
	uint64_t last = pool->now;
	int error = write_pages(pool, pool->asked);

	if (error)
		return error;
	error = read_state(pool, &state);
	if (error) {
		/* Unknown is not unchanged: what was asked for is what there may be. */
		state.pages = pool->asked;
	}
	pool->now = state.pages;
	if (pool->now > last)
		pool->added += pool->now - last;
	pool->changed = pool->added > 0;
	return error;
}

int pool_grow(struct pool *pool, uint64_t free_pages, struct complaint *complaint)
{
	char size[NUMBER_TEXT];
	struct state state;
	int error = read_state(pool, &state);

	if (error) {
		complaint_what(complaint, "cannot read the huge-page pool: %s",
			strerror(-error));
		return error;
	}
	pool->now = state.pages;
	pool->asked = state.pages;
	if (state.free - state.promised >= free_pages)
		return 0;
	pool->asked += free_pages - (state.free - state.promised);
	for (int try = 0; try < TRIES && pool->now < pool->asked; try++) {
		/* Compaction makes whole pages out of scattered ones; not every kernel
		 * has it, and nothing depends on it. */
		if (try > 0)
			(void)file_write_u64(pool->root, COMPACT, 1);
		error = set_and_note(pool);
		if (error)
			return explain_write(pool, error, complaint);
	}
	if (pool->now >= pool->asked)
		return 0;
	number_format_bytes(size, pool->page_bytes);
	complaint_what(complaint,
		"the pool of %s pages holds %" PRIu64 " of the %" PRIu64 " wanted", size,
		pool->now, pool->asked);
	complaint_why(complaint, "the kernel found no more memory free and contiguous");
	complaint_advise(complaint,
		"stop what uses memory, reserve pages soon after boot "
		"(hugepagesz=%s hugepages=%" PRIu64 "), or measure smaller sizes",
		size, pool->asked);
	return -ENOMEM;
}

/* What to take the pool back to: what was added is taken away. Where others changed the
 * size in the meantime, pages that they use or were promised stay. */
static uint64_t restored_size(const struct pool *pool, const struct state *state)
{
	uint64_t target = state->pages > pool->added ? state->pages - pool->added : 0;
	uint64_t whole = state->pages + state->surplus;
	uint64_t idle = state->free - state->promised;
	uint64_t held = whole > idle ? whole - idle : 0;

	if (held > state->pages) /* the rest is surplus, and no part of the setting */
		held = state->pages;
	return state->pages != pool->now && target < held ? held : target;
}

int pool_restore(struct pool *pool)
{
	struct state state;
	uint64_t target;
	uint64_t taken;
	uint64_t was;
	int error;

	if (!pool->changed)
		return 0;
	error = read_state(pool, &state);
	if (error)
		return error;
	was = state.pages;
	target = restored_size(pool, &state);
	error = write_pages(pool, target);
	if (!error)
		error = read_state(pool, &state);
	if (error)
		return error;
	pool->now = state.pages;
	taken = was > state.pages ? was - state.pages : 0;
	pool->added =
		state.pages == target || taken > pool->added ? 0 : pool->added - taken;
	pool->changed = pool->added > 0;
	return state.pages == target ? 0 : -EBUSY;
}
