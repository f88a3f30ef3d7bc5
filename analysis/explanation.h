/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_EXPLANATION_H
#define ANALYSIS_EXPLANATION_H

#include "analysis/attribution.h"
#include "analysis/costs.h"
#include "base/text.h"

/* Why a session's staircase looks as it does: the costs of events, and by them the steps
 * and the differences of backends. */
struct explanation {
	struct costs costs;
	const struct staircase *staircase;
	const struct series *baseline; /* whose steps these are; NULL: none */
	struct attribution steps[LEVELS];
	size_t steps_count;
	struct attribution tlb_steps[TLB_STEPS];
	size_t tlb_steps_count;
	struct attribution backends[ATTRIBUTION_BACKENDS];
	size_t backends_count;
	uint64_t backends_bytes; /* size at which they are compared */
};

/* `baseline` and its levels (caches and memory) may be NULL and 0. 0 or -ENOMEM; borrows.
 */
int explanation_init(struct explanation *explanation, const struct staircase *staircase,
	const struct series *baseline, const struct level *levels, size_t count);

/* For people: a section of the summary, in 100 columns. `name` stands in its heading
 * where several sessions are told; NULL. 0 or -ENOMEM, as all of these. */
int explanation_print(
	const struct explanation *explanation, const char *name, struct text *text);

/* A line for each term: what it costs, or why that is not told. */
int explanation_print_csv(const struct explanation *explanation, struct text *text);

/* A line for each kernel, backend and size: measured, by term, unexplained. */
int explanation_print_sizes_csv(const struct explanation *explanation, struct text *text);

/* All of it, as one object and a newline. */
int explanation_print_json(const struct explanation *explanation, struct text *text);

#endif
