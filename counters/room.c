/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/pmu.h"
#include "counters/split.h"

#include <string.h>

static const struct {
	const char *arch;
	unsigned programmable; /* of one hardware thread */
	uint32_t fixed;
} rooms[] = {
	{"zen2", 6, 0},
	{"zen3", 6, 0},
	{"zen4", 6, 0},
	{"zen5", 6, 0},
	/* Four more where hyper-threading is off. */
	{"skx", 4, ROOM_FIXED_CYCLES | ROOM_FIXED_INSTRUCTIONS},
	{"icx", 8, ROOM_FIXED_CYCLES | ROOM_FIXED_INSTRUCTIONS},
	{"spr", 8, ROOM_FIXED_CYCLES | ROOM_FIXED_INSTRUCTIONS},
	{"gnr", 8, ROOM_FIXED_CYCLES | ROOM_FIXED_INSTRUCTIONS},
	{"adl_glc", 8, ROOM_FIXED_CYCLES | ROOM_FIXED_INSTRUCTIONS},
	{"adl_grt", 6, ROOM_FIXED_CYCLES | ROOM_FIXED_INSTRUCTIONS},
	{"arm_n1", 6, ROOM_FIXED_CYCLES},
	{"arm_v1", 6, ROOM_FIXED_CYCLES},
	{"arm_v2", 6, ROOM_FIXED_CYCLES},
	{"arm_ac72", 6, ROOM_FIXED_CYCLES},
};

/*
 * Which event selects (the low byte), of which unit masks, may use which counters only:
 * the tables of intel_icl_event_constraints and intel_glc_event_constraints in Linux's
 * arch/x86/events/intel/core.c. The first entry that matches holds.
 */
static const struct constraint {
	const char *arch;
	uint8_t first, last;
	uint8_t mask; /* of one unit mask; 0: of all */
	uint32_t counters;
} constraints[] = {
	{"icx", 0x03, 0x0a, 0, 0xf},
	{"icx", 0x1f, 0x28, 0, 0xf},
	{"icx", 0x32, 0x32, 0, 0xf},
	{"icx", 0x48, 0x54, 0, 0xf},
	{"icx", 0x60, 0x8b, 0, 0xf},
	{"icx", 0xa3, 0xa3, 0x04, 0xff},
	{"icx", 0xa3, 0xa3, 0x10, 0xff},
	{"icx", 0xa3, 0xa3, 0x14, 0xff},
	{"icx", 0xa3, 0xa3, 0, 0xf},
	{"icx", 0xa8, 0xb0, 0, 0xf},
	{"icx", 0xb7, 0xbd, 0, 0xf},
	{"icx", 0xd0, 0xe6, 0, 0xf},
	{"icx", 0xef, 0xef, 0, 0xf},
	{"icx", 0xf0, 0xf4, 0, 0xf},
	{"spr", 0x2e, 0x2e, 0, 0xff},
	{"spr", 0x3c, 0x3c, 0, 0xff},
	{"spr", 0x01, 0x8f, 0, 0xf},
	{"spr", 0xa3, 0xa3, 0x01, 0xf},
	{"spr", 0xa3, 0xa3, 0x02, 0xf},
	{"spr", 0xa3, 0xa3, 0x08, 0xf},
	{"spr", 0xa4, 0xa4, 0x04, 0x1},
	{"spr", 0xa4, 0xa4, 0x08, 0x1},
	{"spr", 0xcd, 0xcd, 0x02, 0x1},
	{"spr", 0xce, 0xce, 0, 0x1},
	{"spr", 0xd0, 0xdf, 0, 0xf},
};

struct counter_room counter_room_of(const char *arch)
{
	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++)
		if (strcmp(rooms[i].arch, arch) == 0)
			return (struct counter_room){.nominal = rooms[i].programmable,
				.proved = rooms[i].programmable,
				.fixed = rooms[i].fixed};
	return (struct counter_room){.nominal = 4, .proved = 4, .supposed = true};
}

void counter_room_prove(
	struct counter_room *room, unsigned any, unsigned cycles, unsigned instructions)
{
	if (any == 0)
		return;
	room->proved = any;
	if (!room->supposed)
		return;
	room->nominal = any;
	room->fixed = (cycles > any ? ROOM_FIXED_CYCLES : 0) |
		      (instructions > any ? ROOM_FIXED_INSTRUCTIONS : 0);
}

static bool is_arm(const char *arch)
{
	return strncmp(arch, "arm", 3) == 0;
}

static bool is_hardware(const struct event_code *code, uint64_t generic)
{
	return code->type == PERF_TYPE_HARDWARE && (code->config & UINT32_MAX) == generic;
}

/* The fixed counter that an event may use instead of a programmable one. */
static uint32_t fixed_of(const struct event_code *code, const char *arch)
{
	const bool core =
		code->type != PERF_TYPE_HARDWARE && code->type != PERF_TYPE_HW_CACHE;

	if (is_hardware(code, PERF_COUNT_HW_CPU_CYCLES) ||
		(core && code->config == (is_arm(arch) ? 0x11 : 0x3c)))
		return ROOM_FIXED_CYCLES;
	if (is_hardware(code, PERF_COUNT_HW_INSTRUCTIONS) ||
		(core && code->config == (is_arm(arch) ? 0x08 : 0xc0)))
		return ROOM_FIXED_INSTRUCTIONS;
	return 0;
}

static uint32_t constraint_of(const struct event_code *code, const char *arch)
{
	const uint8_t select = code->config & 0xff;
	const uint8_t mask = code->config >> 8 & 0xff;
	/* Golden Cove and Redwood Cove have the constraints of Sapphire Rapids. */
	const bool golden = strcmp(arch, "gnr") == 0 || strcmp(arch, "adl_glc") == 0;
	const char *table = golden ? "spr" : arch;

	if (code->type == PERF_TYPE_HARDWARE || code->type == PERF_TYPE_HW_CACHE)
		return UINT32_MAX;
	for (size_t i = 0; i < sizeof(constraints) / sizeof(constraints[0]); i++) {
		const struct constraint *c = &constraints[i];

		if (strcmp(c->arch, table) == 0 && c->first <= select &&
			select <= c->last && (c->mask == 0 || c->mask == mask))
			return c->counters;
	}
	return UINT32_MAX;
}

/* Where all counters that the event is kept to are taken to be missing, it may have one
 * of them yet. */
static uint32_t counters_for(
	const struct event_code *code, const char *arch, uint32_t programmable)
{
	const uint32_t constraint = constraint_of(code, arch);

	return programmable & constraint ? programmable & constraint : constraint;
}

void group_allowed(const struct group *group, const char *arch,
	const struct counter_room *room, uint32_t allowed[GROUP_EVENTS])
{
	const unsigned nominal = room->nominal < ROOM_PROGRAMMABLE_MAX
					 ? room->nominal
					 : ROOM_PROGRAMMABLE_MAX;
	const unsigned proved = room->proved ? room->proved : nominal;
	const unsigned missing = proved < nominal ? nominal - proved : 0;
	const uint32_t programmable = (1u << nominal) - (1u << missing);
	struct pmus pmus;

	if (pmus_load(&pmus, ""))
		pmus = (struct pmus){.list = NULL};
	for (size_t i = 0; i < group->events_count; i++) {
		struct complaint complaint = {.what = ""};
		struct event_parts parts;
		int error = event_parts_find_for(
			&parts, &pmus, arch, group->events[i].name, &complaint);
		const struct event_part *part = &parts.parts[0];
		/* Of an unknown CPU, its PMU tells whose codes those are. */
		const bool arm = room->supposed && is_arm(part->pmu);
		const char *codes = arm ? part->pmu : arch;

		allowed[i] = programmable;
		if (error)
			continue; /* opening it will tell */
		if (part->code.type == PERF_TYPE_SOFTWARE || part->kind == PMU_SYSTEM)
			allowed[i] = 0;
		else
			allowed[i] = counters_for(&part->code, codes, programmable) |
				     (room->fixed & fixed_of(&part->code, codes));
	}
	pmus_release(&pmus);
}
