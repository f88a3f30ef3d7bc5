/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A group that parses is whole: its text is kept, every formula has a value, and its
 * parts for a small PMU are groups that parse. */
#include "counters/split.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void evaluate(const char *formula, const struct variable *variables, size_t count)
{
	double value;

	if (formula_evaluate(formula, variables, count, &value))
		abort();
}

static void check_formulas(const struct group *group)
{
	struct variable variables[GROUP_EVENTS + 7] = {{"READS", 1000}, {"WALL_NS", 2e6},
		{"CPU_NS", 2e6}, {"time", 2e-3}, {"INSTRUCTIONS", 4000},
		{"BRANCHES", 1000}, {"CYCLES", 5000}};
	size_t count = 7;

	for (size_t i = 0; i < group->events_count; i++)
		variables[count++] = (struct variable){
			group->events[i].counter, 1e6 / (double)(i + 1)};
	for (size_t i = 0; i < group->metrics_count; i++)
		evaluate(group->metrics[i].formula, variables, count);
	for (size_t i = 0; i < group->identities_count; i++) {
		const struct identity *identity = &group->identities[i];

		evaluate(identity->left, variables, count);
		evaluate(identity->right, variables, count);
		if (!(identity->tolerance >= 0 && identity->tolerance <= 1))
			abort();
	}
	for (size_t i = 0; i < group->expectations_count; i++) {
		const struct expectation *expectation = &group->expectations[i];

		evaluate(expectation->formula, variables, count);
		if (!(expectation->low >= 0 && expectation->low <= expectation->high))
			abort();
	}
}

/* Every event that fits is in some part, and no part has more than fit. */
static void check_parts(const struct group *group, unsigned counters)
{
	uint32_t allowed[GROUP_EVENTS];
	struct group_split split;
	uint32_t seen = 0;

	for (size_t i = 0; i < GROUP_EVENTS; i++)
		allowed[i] = (1u << counters) - 1;
	if (group_split(&split, group, allowed) || split.parts_count > GROUP_EVENTS)
		abort();
	for (size_t i = 0; i < split.parts_count; i++) {
		struct complaint complaint = {.what = ""};
		struct group part, again;

		seen |= split.parts[i];
		if ((unsigned)__builtin_popcount(split.parts[i]) > counters)
			abort();
		if (group_take_part(&part, group, &split, i))
			return;
		if (group_parse(&again, part.name, part.text, strlen(part.text),
			    &complaint) ||
			again.events_count != part.events_count ||
			again.metrics_count != part.metrics_count ||
			again.identities_count != part.identities_count ||
			again.expectations_count != part.expectations_count)
			abort();
		check_formulas(&again);
		group_release(&again);
		group_release(&part);
	}
	if ((seen | split.lost_events) != (1u << group->events_count) - 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct complaint complaint = {.what = ""};
	struct group group;
	int error = group_parse(&group, "fuzz", (const char *)data, size, &complaint);

	if (error == -ENOMEM)
		return 0;
	if (error) {
		if (error != -EINVAL || complaint.what[0] == '\0')
			abort();
		return 0;
	}
	if (group.events_count == 0 || memcmp(group.text, data, size) != 0)
		abort();
	check_formulas(&group);
	check_parts(&group, 1 + size % 6);
	group_release(&group);
	return 0;
}
