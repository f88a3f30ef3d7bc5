/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/level-parts.h"

#include <math.h>
#include <stdio.h>

/*
 * A step in time does not say what it is of. It is taken for what makes the least of
 * implausible things: a private cache holds about what it announces, a shared one may
 * hold much less, none holds more; a cache costs a factor when it overflows, a TLB less;
 * what is announced should show. The costs below were set on synthetic staircases, and
 * held against others and real sweeps (tests/analysis/staircases.h).
 */
#define COST_UNEXPLAINED 1.0 /* and more the higher it is */
#define COST_HEIGHT 1.5
#define LEAST_UNEXPLAINED 0.4 /* lower ones are more likely noise than a level */
#define COST_ABSENT 3.0
#define COST_ABSENT_OF_PAGES 0.5 /* behind walks, caches hardly show */
#define COST_TLB 0.6
#define IMPOSSIBLE 1e9
/* What a hit of a further TLB and a page walk, most of whose entries are in caches, add
 * at the most: 7 to 9 and some 30 on most, and the latter several times in a guest. */
#define TLB_HIT_CYCLES 25
#define NEXT_CACHE_CYCLES 25 /* as a hit of L2, 8 to 14, beyond one of L1 */
#define WALK_CYCLES 150
#define CYCLES_PER_NS 3

enum { CACHES_MOST = 8 };

struct naming {
	const struct level_sample *sample;
	struct nominal caches[CACHES_MOST], tlbs[NOMINALS];
	bool shared[CACHES_MOST];
	size_t caches_count, tlbs_count;
	const struct nominal *best[STEPS]; /* by step; NULL unexplained */
	const struct nominal *current[STEPS];
	double best_cost;
};

static double height_of(const struct step *step)
{
	return log(step->after / step->before);
}

/* Cycles that a step adds; of times alone, at the clock of most. */
static double added_cycles(const struct level_sample *sample, const struct step *step)
{
	return (step->after - step->before) * (sample->cycles_known ? 1 : CYCLES_PER_NS);
}

/* What a step adds beyond what its kind can. */
static double cost_of_excess(
	const struct level_sample *sample, const struct step *step, double most_cycles)
{
	return 2 * fmax(0, log(added_cycles(sample, step) / most_cycles));
}

static double cost_of_cache(
	const struct naming *naming, const struct step *step, size_t cache)
{
	double distance = step->half - log2((double)naming->caches[cache].bytes);
	double small = 2 * fmax(0, 0.6 - height_of(step));

	if (distance > 1.25 || distance < -7)
		return IMPOSSIBLE;
	return small + level_cost_of_place(
			       &naming->caches[cache], naming->shared[cache], step->half);
}

/* Whether a miss is served by a further TLB, not by a page walk. */
static bool has_next(const struct naming *naming, const struct nominal *tlb)
{
	for (size_t t = 0; t < naming->tlbs_count; t++)
		if (naming->tlbs[t].page_bytes == tlb->page_bytes &&
			naming->tlbs[t].level > tlb->level)
			return true;
	return false;
}

/* Where one line a page is read, a TLB's step may be a high one beside the little that
 * caches take, and some of its entries may be lost to others; half of the reads go beyond
 * it where it is full. What it costs has a limit. */
static double cost_of_tlb_of_pages(
	const struct naming *naming, const struct step *step, const struct nominal *tlb)
{
	double distance = step->half - log2((double)tlb->bytes);
	double most = has_next(naming, tlb) ? TLB_HIT_CYCLES : WALK_CYCLES;

	if (distance > 0.6 || distance < -1.5)
		return IMPOSSIBLE;
	return COST_TLB + 1.5 * fmax(0, fabs(distance) - 0.3) +
	       cost_of_excess(naming->sample, step, most);
}

static double cost_of_tlb(
	const struct naming *naming, const struct step *step, const struct nominal *tlb)
{
	double distance = fabs(log2(step->resident / (double)tlb->bytes));

	if (naming->sample->per_page)
		return cost_of_tlb_of_pages(naming, step, tlb);
	if (distance > 0.5)
		return IMPOSSIBLE;
	return COST_TLB + 1.5 * fmax(0, distance - 0.25) +
	       2 * fmax(0, height_of(step) - 0.9);
}

/* Where one line a page is read, what is high where L1 overflows is of a TLB there. */
static double cost_of_nearness(
	const struct naming *naming, const struct step *step, const struct nominal *cache)
{
	return naming->sample->per_page && cache->level == 1
		       ? cost_of_excess(naming->sample, step, NEXT_CACHE_CYCLES)
		       : 0;
}

/* An announced cache that no step is of; one beyond the sizes measured need not be. */
static double cost_of_absence(const struct naming *naming, size_t cache)
{
	const struct level_sample *sample = naming->sample;
	double bytes = log2((double)naming->caches[cache].bytes);

	if (bytes + 0.25 >= sample->x[sample->count - 1])
		return 0.3;
	return sample->per_page ? COST_ABSENT_OF_PAGES : COST_ABSENT;
}

/* All ways to name the steps from `step` on, with the caches from `cache` on. */
static void name_from(struct naming *naming, size_t step, size_t cache, double cost)
{
	const struct level_sample *sample = naming->sample;
	double skipped = 0;

	if (cost >= naming->best_cost)
		return;
	if (step == sample->unexplained.count) {
		for (size_t c = cache; c < naming->caches_count; c++)
			cost += cost_of_absence(naming, c);
		if (cost >= naming->best_cost)
			return;
		naming->best_cost = cost;
		for (size_t i = 0; i < sample->unexplained.count; i++)
			naming->best[i] = naming->current[i];
		return;
	}
	for (size_t c = cache; c < naming->caches_count; c++) {
		naming->current[step] = &naming->caches[c];
		name_from(naming, step + 1, c + 1,
			cost + skipped +
				cost_of_cache(
					naming, &sample->unexplained.list[step], c) +
				cost_of_nearness(naming, &sample->unexplained.list[step],
					&naming->caches[c]));
		skipped += cost_of_absence(naming, c);
	}
	for (size_t t = 0; t < naming->tlbs_count; t++) {
		naming->current[step] = &naming->tlbs[t];
		name_from(naming, step + 1, cache,
			cost + cost_of_tlb(naming, &sample->unexplained.list[step],
				       &naming->tlbs[t]));
	}
	naming->current[step] = NULL;
	name_from(naming, step + 1, cache,
		cost + COST_UNEXPLAINED +
			COST_HEIGHT * height_of(&sample->unexplained.list[step]));
}

/* From bytes of a cache to those of the buffer whose reads fill it. */
static double span_of_line(
	const struct level_sample *sample, const struct machine *machine)
{
	unsigned line_bytes = machine_line_bytes(machine, sample->series->cpu);

	return sample->per_page ? (double)sample->series->stride / line_bytes : 1;
}

/* Whether something else tells of it than the steps that are left. */
static bool is_told(const struct level_sample *sample, const struct nominal *nominal)
{
	if (sample->per_page)
		return false;
	return level_border_find(
		       sample, nominal->tlb ? LEVEL_TLB : LEVEL_CACHE, nominal->level) ||
	       (!nominal->tlb && sample->gap_closed);
}

/* No TLB holds larger pages than there are; smaller ones it may, where a host splits
 * them.
 */
static void list_nominals(struct naming *naming, const struct machine *machine)
{
	const unsigned cpu = naming->sample->series->cpu;
	const uint64_t private_bytes = staircase_private_bytes(machine, cpu);
	const uint64_t page_bytes = level_largest_page(naming->sample->series);
	const double span = span_of_line(naming->sample, machine);
	struct nominal nominals[NOMINALS];
	size_t count = nominal_list(machine, cpu, nominals);

	for (size_t i = 0; i < count && naming->caches_count < CACHES_MOST; i++) {
		if (is_told(naming->sample, &nominals[i]))
			continue;
		if (nominals[i].tlb) {
			if (nominals[i].page_bytes > page_bytes)
				continue;
			naming->tlbs[naming->tlbs_count++] = nominals[i];
		} else {
			naming->shared[naming->caches_count] =
				nominals[i].bytes > private_bytes;
			nominals[i].bytes = (uint64_t)((double)nominals[i].bytes * span);
			naming->caches[naming->caches_count++] = nominals[i];
		}
	}
}

/* The announced reach of a TLB where a cache's step is, which may be part of it. */
static void note_tlb(
	const struct naming *naming, const struct step *step, struct level *level)
{
	for (size_t t = 0; t < naming->tlbs_count; t++) {
		double reach = log2((double)naming->tlbs[t].bytes);

		if (reach > step->onset - 0.5 && reach < step->full)
			(void)snprintf(level->beside, sizeof(level->beside), "%s",
				naming->tlbs[t].label);
	}
}

static void set_capacities(const struct step *step, struct level *level)
{
	level->values[LEVEL_ONSET].value = exp2(step->onset);
	level->values[LEVEL_HALF].value = exp2(step->half);
	level->values[LEVEL_FULL].value = exp2(step->full);
	level->values[LEVEL_RESIDENT].value = step->resident;
}

static void name_level(const struct naming *naming, size_t step, struct level *level)
{
	const struct nominal *nominal = naming->best[step];
	const struct step *s = &naming->sample->unexplained.list[step];

	*level = (struct level){.kind = LEVEL_CACHE, .witness = WITNESS_TIME};
	set_capacities(s, level);
	if (!nominal) {
		if (naming->sample->last_cache > 0)
			level->kind = LEVEL_STEP;
		(void)snprintf(level->name, sizeof(level->name), "step %zu", step + 1);
		return;
	}
	level->kind = nominal->tlb ? LEVEL_TLB : LEVEL_CACHE;
	level->number = nominal->level;
	if (!nominal->tlb)
		note_tlb(naming, s, level);
}

static void name_placed(const struct naming *naming, const struct level_placed *placed,
	struct level *level)
{
	*level = (struct level){
		.kind = LEVEL_CACHE, .number = placed->number, .witness = WITNESS_TIME};
	set_capacities(&placed->step, level);
	note_tlb(naming, &placed->step, level);
}

/* A step that is one rise alone may be of another shape; where it took several, these are
 * what the times say. Of the first cache they say enough. */
static int refine_caches(struct level_sample *sample, const struct naming *naming)
{
	int error = 0;

	for (size_t i = 0; i < sample->unexplained.count && !error; i++) {
		const struct nominal *nominal = naming->best[i];

		if (nominal && !nominal->tlb && nominal->level > 1 &&
			sample->unexplained.list[i].own.count == 1)
			error = level_refine(sample, naming->best, i);
	}
	return error;
}

/* Where the times of a cache's hits end, and those of memory begin: log2 of bytes. */
struct range {
	double first, last;
};

/* Of the first cache that is counted where it begins to overflow, of the last the half.
 */
static struct range range_counted(const struct level_sample *sample)
{
	struct range range = {-INFINITY, NAN};

	for (size_t b = 0; b < sample->borders_count && !sample->per_page; b++) {
		const struct level_border *border = &sample->borders[b];

		if (border->kind != LEVEL_CACHE || !border->known)
			continue;
		if (border->number == 1)
			range.first = level_crossing(sample, border->beyond, 0.05);
		range.last = fmax(range.last, border->half);
	}
	return range;
}

/* Behind the last cache memory itself slows down as it grows; and where all reads hit the
 * first there is nothing that could step. */
static bool is_no_level(const struct naming *naming, size_t index, struct range range)
{
	const struct step *step = &naming->sample->unexplained.list[index];

	if (naming->best[index])
		return false;
	return step->full < range.first ||
	       (naming->sample->last_cache > 0 &&
		       (step->half > range.last || height_of(step) < LEAST_UNEXPLAINED));
}

int level_name_steps(struct level_sample *sample, const struct machine *machine,
	struct level levels[LEVELS_TIMED], size_t *count)
{
	struct naming naming = {.sample = sample, .best_cost = IMPOSSIBLE};
	struct range range = range_counted(sample);
	int error = 0;

	*count = 0;
	list_nominals(&naming, machine);
	name_from(&naming, 0, 0, 0);
	if (!sample->per_page)
		error = refine_caches(sample, &naming);
	for (size_t i = 0; i < sample->placed_count; i++) {
		name_placed(&naming, &sample->placed[i], &levels[(*count)++]);
		range.last = fmax(range.last, sample->placed[i].step.half);
	}
	for (size_t i = 0; i < sample->unexplained.count; i++)
		if (naming.best[i] && !naming.best[i]->tlb)
			range.last = fmax(range.last, sample->unexplained.list[i].half);
	for (size_t i = 0; i < sample->unexplained.count; i++)
		if (!is_no_level(&naming, i, range))
			name_level(&naming, i, &levels[(*count)++]);
	return error;
}
