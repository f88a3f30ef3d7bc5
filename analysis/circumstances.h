/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_CIRCUMSTANCES_H
#define ANALYSIS_CIRCUMSTANCES_H

#include "core/environment.h"
#include "topology/topology.h"

#include <jansson.h>
#include <stddef.h>

/*
 * What two sessions differ in beside what they measured, so that nobody takes a
 * difference of machines or of programs for one of an allocator. What one of them does
 * not tell is passed over, and so is what differs each time: seed, folder, rounds done.
 */
enum { CIRCUMSTANCES = 16, CIRCUMSTANCE_TEXT = 2048 };
struct circumstance {
	const char *what; /* "command", "kernel" */
	char values[2][CIRCUMSTANCE_TEXT];
};
struct circumstances {
	struct circumstance list[CIRCUMSTANCES]; /* that differ */
	size_t count;
};

/* A machine without a CPU is not known. */
void circumstances_of(struct circumstances *circumstances,
	const struct environment *const environments[2],
	const struct machine *const machines[2]);

/* "the two are not alike in", and below it both of each; nothing where they differ in
 * nothing. */
void circumstances_print(const struct circumstances *circumstances, struct text *text);
/* "command; kernel" */
void circumstances_list(const struct circumstances *circumstances, struct text *text);
/* An array of objects; NULL: not enough memory. */
json_t *circumstances_to_json(const struct circumstances *circumstances);

#endif
