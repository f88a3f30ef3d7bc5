/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_COMPARISON_REMARKS_H
#define ANALYSIS_COMPARISON_REMARKS_H

#include "analysis/comparison.h"
#include "base/text.h"
#include "core/environment.h"

/* How the executions of a contender that fails ended, in words. Returns `words`. */
const char *comparison_failure(
	const struct contender *contender, char *words, size_t size);

/* What is to be known of the run beside its numbers, one paragraph each: failures, whose
 * malloc it was, what the intervals lack, what counting changed, what was left out. */
void comparison_print_remarks(const struct comparison *comparison,
	const struct environment *environment, struct text *text);

#endif
