/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/alloc/pattern.h"

#include <string.h>

const struct pattern *const patterns[] = {
	&pattern_pair_64,
	&pattern_pair_32k,
	&pattern_churn_tiny,
	&pattern_churn_64,
	&pattern_churn_1k,
	&pattern_churn_mixed,
	&pattern_churn_64_threads,
	&pattern_lifetimes_small,
	&pattern_lifetimes,
	&pattern_lifetimes_threads,
	&pattern_batches,
	&pattern_tree,
	&pattern_calloc,
	&pattern_aligned,
	&pattern_handover,
	&pattern_exchange,
	&pattern_larson,
	&pattern_storm,
	&pattern_short_threads,
	&pattern_large_pair,
	&pattern_huge_pair,
	&pattern_large,
	&pattern_realloc_vector,
	&pattern_realloc_append,
	&pattern_phases,
	&pattern_shrink,
	&pattern_shrink_small,
	NULL,
};

const struct pattern *pattern_find(const char *name)
{
	for (size_t i = 0; patterns[i]; i++)
		if (strcmp(patterns[i]->name, name) == 0)
			return patterns[i];
	return NULL;
}
