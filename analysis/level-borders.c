/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/level-sample.h"
#include "analysis/served.h"

#include <math.h>

static void add_border(struct level_sample *sample, enum level_kind kind, unsigned number,
	enum quantity source)
{
	struct level_border *border = &sample->borders[sample->borders_count++];

	*border = (struct level_border){.kind = kind, .number = number, .known = true};
	border->sources[border->sources_count++] = source;
}

void level_borders_list(struct level_sample *sample, const struct staircase *staircase,
	const struct machine *machine)
{
	const unsigned last = machine_last_cache_level(machine, sample->series->cpu);
	struct served served;

	sample->last_cache = last;
	served_levels(staircase, &served);
	sample->covers_caches = served.count > 2 && !served.misses && last < served.count;
	for (size_t i = 1; i < served.count; i++) {
		/* Between L1 and what the LLC misses nothing is told apart. */
		unsigned number =
			served.misses && i == 2 && last > 2 ? last : (unsigned)i;

		add_border(sample, LEVEL_CACHE, number, served.sources[i]);
	}
	for (size_t i = 0; i < sample->borders_count && !served.misses; i++)
		for (size_t k = i + 1; k < sample->borders_count; k++)
			sample->borders[i].sources[sample->borders[i].sources_count++] =
				sample->borders[k].sources[0];
	if (staircase->known[QUANTITY_DTLB_L1_MISSES])
		add_border(sample, LEVEL_TLB, 1, QUANTITY_DTLB_L1_MISSES);
	if (staircase->known[QUANTITY_PAGE_WALKS])
		add_border(sample, LEVEL_TLB, 2, QUANTITY_PAGE_WALKS);
}

const struct level_border *level_border_find(
	const struct level_sample *sample, enum level_kind kind, unsigned number)
{
	for (size_t b = 0; b < sample->borders_count; b++) {
		const struct level_border *border = &sample->borders[b];

		if (border->known && border->kind == kind && border->number == number)
			return border;
	}
	return NULL;
}

uint64_t level_largest_page(const struct series *series)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < series->count; i++)
		if (series->stairs[i].page_bytes > bytes)
			bytes = series->stairs[i].page_bytes;
	return bytes ? bytes : UINT64_MAX;
}

void level_reaches_list(struct level_sample *sample, const struct machine *machine)
{
	const uint64_t page_bytes = level_largest_page(sample->series);
	struct nominal nominals[NOMINALS];
	size_t count = nominal_list(machine, sample->series->cpu, nominals);

	for (size_t i = 0; i < count && sample->reaches_count < LEVEL_REACHES; i++)
		if (nominals[i].tlb && nominals[i].page_bytes <= page_bytes)
			sample->reaches[sample->reaches_count++] =
				(struct level_reach){.number = nominals[i].level,
					.bytes = (double)nominals[i].bytes,
					.sure = nominals[i].page_bytes == page_bytes};
}

double level_crossing(const struct level_sample *sample, const double *beyond, double p)
{
	for (size_t i = 1; i < sample->count; i++)
		if (beyond[i] >= p && beyond[i - 1] < p)
			return sample->x[i - 1] +
			       (p - beyond[i - 1]) / (beyond[i] - beyond[i - 1]) *
				       (sample->x[i] - sample->x[i - 1]);
	return NAN;
}
