/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/nominal.h"

#include "base/number.h"

#include <stdio.h>
#include <stdlib.h>

static int compare(const void *left, const void *right)
{
	const struct nominal *a = left;
	const struct nominal *b = right;
	int difference = (a->bytes > b->bytes) - (a->bytes < b->bytes);

	if (!difference)
		difference = (int)a->tlb - (int)b->tlb;
	return difference ? difference : (int)a->level - (int)b->level;
}

size_t nominal_list(
	const struct machine *machine, unsigned cpu, struct nominal nominals[NOMINALS])
{
	char size[NUMBER_TEXT];
	size_t count = 0;

	for (unsigned level = 1; level <= machine_last_cache_level(machine, cpu);
		level++) {
		const struct cache *cache = machine_cache(machine, level, cpu);

		if (!cache || cache->bytes == 0 || count == NOMINALS)
			continue;
		nominals[count] = (struct nominal){.bytes = cache->bytes, .level = level};
		(void)snprintf(nominals[count].label, NOMINAL_LABEL, "L%u%s %s", level,
			cache->kind == CACHE_DATA ? "d" : "",
			number_format_bytes(size, cache->bytes));
		count++;
	}
	for (size_t i = 0; i < machine->tlbs_count && count < NOMINALS; i++) {
		const struct tlb *tlb = &machine->tlbs[i];

		if (tlb->kind == TLB_INSTRUCTION || tlb->entries == 0)
			continue;
		nominals[count] = (struct nominal){
			.bytes = tlb->entries * tlb->page_bytes,
			.tlb = true,
			.page_bytes = tlb->page_bytes,
			.level = tlb->level,
		};
		(void)snprintf(nominals[count].label, NOMINAL_LABEL, "L%u %s %u×%s",
			tlb->level, tlb->kind == TLB_DATA ? "dTLB" : "TLB", tlb->entries,
			number_format_bytes(size, tlb->page_bytes));
		count++;
	}
	qsort(nominals, count, sizeof(*nominals), compare);
	return count;
}

uint64_t nominal_last_cache(const struct machine *machine, unsigned cpu)
{
	const struct cache *cache =
		machine_cache(machine, machine_last_cache_level(machine, cpu), cpu);

	return cache ? cache->bytes : 0;
}
