/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/check/judge.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Names that mean the same on every system. The formula is that of a counter and this
 * divisor. */
static const struct {
	const char *event;
	const char *kernel;
	const char *divisor;
	double low, high;
} generic[] = {
	{"INSTRUCTIONS", "loop", "INSTRUCTIONS", 0.995, 1.005},
	{"BRANCH-INSTRUCTIONS", "loop", "BRANCHES", 0.995, 1.005},
	{"BRANCHES", "loop", "BRANCHES", 0.995, 1.005},
	{"CYCLES", "loop", "CYCLES", 0.9, 1.1},
	{"CPU-CYCLES", "loop", "CYCLES", 0.9, 1.1},
	{"PAGE-FAULTS", "touch", "READS", 0.995, 1.005},
	{"FAULTS", "touch", "READS", 0.995, 1.005},
	{"MINOR-FAULTS", "touch", "READS", 0.995, 1.005},
	{"MAJOR-FAULTS", "touch", "READS", 0, 0.005},
	/* A busy machine takes the CPU away between the sleeps too. */
	{"CONTEXT-SWITCHES", "sleep", "READS", 0.995, 2.005},
	{"CS", "sleep", "READS", 0.995, 2.005},
	{"CPU-MIGRATIONS", "migrate", "READS", 0.995, 1.005},
	{"MIGRATIONS", "migrate", "READS", 0.995, 1.005},
};

static bool in_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

void formula_uses(const struct group *group, const char *formula, bool uses[GROUP_EVENTS])
{
	for (size_t i = 0; i < group->events_count; i++) {
		const char *counter = group->events[i].counter;
		const size_t length = strlen(counter);
		const char *at = formula;

		uses[i] = false;
		for (; !uses[i] && (at = strstr(at, counter)); at += length)
			uses[i] = (at == formula || !in_name(at[-1])) &&
				  !in_name(at[length]);
	}
}

static bool spoken_of(const struct group *group, size_t event)
{
	bool uses[GROUP_EVENTS];

	for (size_t i = 0; i < group->expectations_count; i++) {
		formula_uses(group, group->expectations[i].formula, uses);
		if (uses[event])
			return true;
	}
	return false;
}

size_t expectations_collect(
	const struct group *group, struct expectation expectations[EXPECTATIONS])
{
	size_t count = group->expectations_count;

	memcpy(expectations, group->expectations, count * sizeof(*expectations));
	for (size_t i = 0; i < group->events_count; i++) {
		const char *name = group->events[i].name;

		if (strncasecmp(name, "perf::", 6) == 0)
			name += 6;
		for (size_t g = 0; g < sizeof(generic) / sizeof(generic[0]); g++) {
			struct expectation *made = &expectations[count];

			if (strcasecmp(name, generic[g].event) != 0 ||
				spoken_of(group, i))
				continue;
			*made = (struct expectation){
				.low = generic[g].low, .high = generic[g].high};
			(void)snprintf(made->kernel, sizeof(made->kernel), "%s",
				generic[g].kernel);
			(void)snprintf(made->formula, sizeof(made->formula), "%s/%s",
				group->events[i].counter, generic[g].divisor);
			count++;
		}
	}
	return count;
}
