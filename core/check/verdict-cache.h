/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_CHECK_VERDICT_CACHE_H
#define CORE_CHECK_VERDICT_CACHE_H

#include "base/clock.h"
#include "core/check/verdict.h"
#include "counters/group.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Verdicts kept from one program start to the next in a JSON file, each with the whole
 * text of its group. They hold for one key only: a text of all that they depend on (the
 * boot, the CPU, this version, the rights at hand), which the caller makes.
 */
struct verdict_cache {
	uint64_t slots_advertised, slots_proved; /* as the check saw them */
	json_t *groups;                          /* never NULL once loaded */
};

/* What the file holds was found under another key. */
enum { VERDICT_CACHE_STALE = 1 };

/*
 * Reads the file. 0; VERDICT_CACHE_STALE, -ENOENT and the like, or -EINVAL for a damaged
 * file leave the cache empty, and in use; -ENOMEM is the only failure. Release it in any
 * case.
 */
int verdict_cache_load(struct verdict_cache *cache, const char *path, const char *key);
void verdict_cache_release(struct verdict_cache *cache);

/* Writes the file anew, atomically, and the folder that it is in where there is none. 0
 * or -errno. */
int verdict_cache_store(
	const struct verdict_cache *cache, const char *path, const char *key);

/* The verdicts on the group's events, in their order, and when they were found. Returns
 * how many: all of them, or 0 where the cache has none of a group with this text. */
size_t verdict_cache_find(const struct verdict_cache *cache, const struct group *group,
	struct event_verdict verdicts[GROUP_EVENTS], char checked[CLOCK_STAMP]);

/* Replaces what is there of a group of this name. 0 or -ENOMEM. */
int verdict_cache_put(struct verdict_cache *cache, const struct group *group,
	const struct event_verdict *verdicts, const char *checked);

/* Forgets every group. */
void verdict_cache_clear(struct verdict_cache *cache);

#endif
