/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COUNTERS_SPLIT_H
#define COUNTERS_SPLIT_H

#include "counters/group.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A group that asks for more counters than the PMU has is measured in parts, in windows
 * of their own, and never multiplexed: each part is on the PMU all of its windows.
 *
 * Every part begins with the group's cycles and instructions (the events of its metrics
 * METRIC_CYCLES and METRIC_INSTRUCTIONS), so that ratios are of the same instructions and
 * parts can be compared. A metric, an identity or an expectation goes to each part that
 * holds all of its counters; an event may be in several parts for that.
 */

/* The counters of one core, as bits: programmable ones from 0 up, fixed ones at the top.
 */
enum { ROOM_PROGRAMMABLE_MAX = 24 };
#define ROOM_FIXED_CYCLES (1u << 30)
#define ROOM_FIXED_INSTRUCTIONS (1u << 31)

struct counter_room {
	unsigned nominal; /* programmable counters of the CPU */
	unsigned proved;  /* of them, those that count at once here; 0: not known */
	uint32_t fixed;   /* ROOM_FIXED_* */
	bool supposed;    /* the CPU is not known, and the rest a guess */
};

/* The nominal room of a group folder's CPUs; `proved` is the same. Four programmable
 * counters and none fixed where the CPU is not known. */
struct counter_room counter_room_of(const char *arch);

/* What was proved here, as copies of one event that count at once: of one that takes a
 * programmable counter (0: nothing is proved), of cycles, of instructions. All that is
 * known of a CPU whose room is supposed. */
void counter_room_prove(
	struct counter_room *room, unsigned any, unsigned cycles, unsigned instructions);

/*
 * The counters that each event of the group may use on a CPU of that arch: the kernel
 * keeps some events to some counters. 0 for an event that needs none (software, units
 * outside of the core). Where fewer are proved than nominal, those with the lowest
 * numbers are taken to be the missing ones, since that is the worst for such events.
 */
void group_allowed(const struct group *group, const char *arch,
	const struct counter_room *room, uint32_t allowed[GROUP_EVENTS]);

struct group_split {
	uint32_t parts[GROUP_EVENTS]; /* the events of each, as bits by their index */
	size_t parts_count;           /* 1: the group fits as it is */
	uint32_t common;              /* in every part */
	/* Metrics and identities, as bits by index, whose counters cannot be on the PMU
	 * at once: no part has them. */
	uint32_t lost_metrics, lost_identities;
	uint32_t lost_events; /* fit beside nothing else */
};

/* Pure: same input, same split. 0, or -ENOSPC where not one event fits. */
int group_split(struct group_split *split, const struct group *group,
	const uint32_t allowed[GROUP_EVENTS]);

/*
 * Makes a part a group of its own, with its text: the name is "<group>-<n>" from 1, or
 * the group's own where there is but one part. 0 or -ENOMEM; release it.
 */
int group_take_part(struct group *part, const struct group *group,
	const struct group_split *split, size_t index);

#endif
