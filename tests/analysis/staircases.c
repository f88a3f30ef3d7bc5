/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/analysis/staircases.h"

#include "base/file.h"
#include "base/text.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where a size lies: in a private cache, in a shared one, where that overflows, in
 * memory. */
enum residual_class { IN_PRIVATE, IN_SHARED, AT_EDGE, IN_MEMORY, CLASSES };
enum { SIZES_OCTAVE = 4 };

struct residuals {
	double *values[CLASSES];
	size_t counts[CLASSES];
};

struct residuals *residuals_load(const char *path)
{
	static const char *const names[CLASSES] = {"private", "shared", "edge", "memory"};
	struct residuals *residuals = calloc(1, sizeof(*residuals));
	struct text text;
	char *rest;

	text_init(&text);
	if (!residuals || file_read_all(path, &text) != 0)
		abort();
	for (int c = 0; c < CLASSES; c++)
		residuals->values[c] = calloc(text.length + 1, sizeof(double));
	for (char *line = strtok_r(text.bytes, "\n", &rest); line;
		line = strtok_r(NULL, "\n", &rest))
		for (int c = 0; c < CLASSES; c++) {
			size_t length = strlen(names[c]);

			if (strncmp(line, names[c], length) == 0 && line[length] == '\t')
				residuals->values[c][residuals->counts[c]++] =
					strtod(line + length, NULL);
		}
	for (int c = 0; c < CLASSES; c++)
		assert(residuals->counts[c] > 0);
	text_release(&text);
	return residuals;
}

void residuals_release(struct residuals *residuals)
{
	for (int c = 0; c < CLASSES; c++)
		free(residuals->values[c]);
	free(residuals);
}

static double pick(struct random *random, const double *values, size_t count)
{
	return values[random_below(random, count)];
}

double residuals_draw(const struct residuals *residuals, struct random *random)
{
	int class = random_below(random, 2) ? IN_PRIVATE : IN_MEMORY;

	return pick(random, residuals->values[class], residuals->counts[class]);
}

static double uniform(struct random *random, double low, double high)
{
	return low + (high - low) * (double)random_below(random, 1 << 30) / (1 << 30);
}

/* What is true of one staircase, in cycles and octaves. */
struct model {
	enum staircase_family family;
	double clock_ghz;
	double latency[5];            /* by level */
	double octaves[4], widths[4]; /* of caches: half, and from 5 to 95 % */
	double tlb_cost[2];
	double slow_rise; /* of memory: share of an octave */
};

/* Share beyond a cache at a distance from its half, in octaves. */
static double beyond(const struct model *model, size_t cache, double x)
{
	double distance = x - model->octaves[cache];
	double width = model->widths[cache];

	/* The first level's replacement is close to least recently used everywhere. */
	switch (cache == 0 && model->family == FAMILY_RANDOM ? FAMILY_LOGISTIC
							     : model->family) {
	case FAMILY_LOGISTIC:
		return 1 / (1 + exp(-5.9 / width * distance));
	case FAMILY_SETS:
		/* Of a set with 8 ways and Poisson many lines; scaled to the width. */
		{
			double mean = 8 * exp2(distance * 1.7 / fmax(width, 0.2));
			double fits = 0;
			double term = exp(-mean);

			for (int k = 0; k <= 7; k++) {
				fits += term;
				term *= mean / (k + 1);
			}
			return 1 - fits;
		}
	case FAMILY_RANDOM:
		return distance > -1 ? 1 - exp2(-distance - 1) : 0;
	default:
		return fmin(fmax(distance / width + 0.5, 0), 1);
	}
}

static double past_reach(double bytes, double reach)
{
	return bytes > reach ? 1 - reach / bytes : 0;
}

static void choose_caches(
	struct staircase_truth *truth, struct model *model, struct random *random)
{
	static const double first[] = {32, 32, 48, 64, 128};
	static const double second[] = {256, 512, 512, 1024, 1280, 2048};
	static const double third[] = {8192, 16384, 32768, 36864};
	static const double fourth[] = {65536, 98304};
	const double sizes[4] = {pick(random, first, 5), pick(random, second, 6),
		pick(random, third, 4), pick(random, fourth, 2)};
	const double costs[5][2] = {{3, 5}, {11, 18}, {38, 75}, {120, 170}, {250, 480}};
	size_t caches = truth->levels - 1;
	double before = 0;

	for (size_t k = 0; k < caches; k++) {
		double share = k == 0   ? uniform(random, 0.93, 1.05)
			       : k == 1 ? uniform(random, 0.6, 1.05)
					: exp2(uniform(random, -3.5, 0.05));
		double least = before * (model->family == FAMILY_RANDOM ? 6 : 4);

		truth->announced[k] = sizes[k] * 1024;
		truth->caches[k] = fmax(share * truth->announced[k], least);
		model->octaves[k] = log2(truth->caches[k]);
		model->widths[k] =
			k == 0 ? uniform(random, 0.1, 0.4) : uniform(random, 0.3, 1.4);
		before = truth->caches[k];
	}
	for (size_t k = 0; k < truth->levels; k++) {
		size_t row = k == truth->levels - 1 ? 4 : k;

		model->latency[k] = uniform(random, costs[row][0], costs[row][1]);
	}
}

static void choose_tlbs(
	struct staircase_truth *truth, struct model *model, struct random *random)
{
	static const double first[] = {32, 64, 64, 72, 96};
	static const double second[] = {1024, 1536, 2048, 3072};

	truth->tlbs[0] = 4096 * pick(random, first, 5);
	truth->tlbs[1] = 4096 * pick(random, second, 4);
	truth->tlbs_announced = random_below(random, 10) < 7;
	model->tlb_cost[0] = uniform(random, 2, 9);
	model->tlb_cost[1] = uniform(random, 12, 45);
	model->slow_rise = uniform(random, 0, 0.08);
	/* On the edge of a cache, as often as not. */
	for (size_t t = 0; t < 2; t++)
		if (truth->levels > 2 && random_below(random, 3) == 0) {
			size_t cache = t == 0 ? 1 : truth->levels - 2;
			double reach = truth->caches[cache] * uniform(random, 0.6, 1.2);

			if (reach > 64 << 10 && (t == 0 || reach > 4 * truth->tlbs[0]))
				truth->tlbs[t] = reach;
		}
}

/* A machine of two cores that announces it. */
static void announce(struct staircase_truth *truth)
{
	struct machine *machine = &truth->machine;
	size_t caches = truth->levels - 1;

	*machine = (struct machine){.packages = 1, .cores = 2, .cpu_count = 2};
	(void)snprintf(machine->hypervisor, sizeof(machine->hypervisor), "KVM");
	cpus_add(&machine->cpus, 0);
	cpus_add(&machine->cpus, 1);
	machine->caches = calloc(caches, sizeof(*machine->caches));
	machine->tlbs = calloc(2, sizeof(*machine->tlbs));
	assert(machine->caches && machine->tlbs);
	machine->caches_count = caches;
	for (size_t k = 0; k < caches; k++)
		machine->caches[k] = (struct cache){.level = (unsigned)k + 1,
			.kind = k == 0 ? CACHE_DATA : CACHE_UNIFIED,
			.bytes = (uint64_t)truth->announced[k],
			.shared_cpus = k > 1 ? 2 : 1,
			.cpus = machine->cpus};
	machine->tlbs_count = truth->tlbs_announced ? 2 : 0;
	for (size_t t = 0; t < machine->tlbs_count; t++)
		machine->tlbs[t] = (struct tlb){.level = (unsigned)t + 1,
			.kind = TLB_DATA,
			.page_bytes = 4096,
			.entries = (unsigned)(truth->tlbs[t] / 4096)};
}

static void set_counts(const struct staircase_truth *truth, const struct model *model,
	enum staircase_counting counting, double x, double *values, struct random *random)
{
	const size_t caches = truth->levels - 1;
	double past[5] = {1};
	/* A polluted window: lines that neighbours took. */
	double junk = random_below(random, 12) == 0 ? uniform(random, 0, 0.1) : 0;

	for (size_t k = 0; k < caches; k++)
		past[k + 1] = fmin(past[k] * (beyond(model, k, x) + junk) *
					   uniform(random, 0.98, 1.02),
			1.002);
	if (counting == COUNT_NOTHING)
		return;
	values[QUANTITY_PAGE_WALKS] =
		past_reach(exp2(x), truth->tlbs[1]) * uniform(random, 0.98, 1.02);
	if (counting == COUNT_MISSES) {
		values[QUANTITY_L1_MISSES] = past[1];
		if (caches > 1)
			values[QUANTITY_LLC_MISSES] = past[caches];
		return;
	}
	values[QUANTITY_DTLB_L1_MISSES] = fmax(values[QUANTITY_PAGE_WALKS],
		past_reach(exp2(x), truth->tlbs[0]) * uniform(random, 0.98, 1.02));
	values[QUANTITY_FROM_L2] = caches > 1 ? past[1] - past[2] : 0;
	if (caches > 2)
		values[QUANTITY_FROM_L3] = past[2] - past[3];
	values[QUANTITY_FROM_DRAM] = past[caches > 3 ? 3 : caches];
}

/* Where half of the reads go beyond a cache and all before it. */
static double find_half(const struct model *model, size_t cache)
{
	double x = 12;

	for (double past = 0; past < 0.5; x += 0.01) {
		past = 1;
		for (size_t k = 0; k <= cache; k++)
			past *= beyond(model, k, x);
	}
	return exp2(x);
}

static double time_at(
	const struct staircase_truth *truth, const struct model *model, double x)
{
	const size_t caches = truth->levels - 1;
	double cycles = model->latency[0];
	double reached = 1;

	for (size_t k = 0; k < caches; k++) {
		reached *= beyond(model, k, x);
		cycles += reached * (model->latency[k + 1] - model->latency[k]);
	}
	if (x > model->octaves[caches - 1])
		cycles *= 1 + model->slow_rise * (x - model->octaves[caches - 1]);
	for (size_t t = 0; t < 2; t++)
		cycles += model->tlb_cost[t] * past_reach(exp2(x), truth->tlbs[t]);
	return cycles;
}

static enum residual_class class_of(const struct staircase_truth *truth, double x)
{
	double last = log2(truth->caches[truth->levels - 2]);

	if (x > last + 0.8)
		return IN_MEMORY;
	if (truth->levels == 2 || x < log2(truth->caches[1]) - 0.5)
		return IN_PRIVATE;
	return x < last - 0.8 || truth->levels == 3 ? IN_SHARED : AT_EDGE;
}

static void measure(struct staircase_truth *truth, const struct model *model,
	enum staircase_counting counting, struct stair *stair,
	const struct residuals *residuals, size_t *cursor, struct random *random)
{
	double x = log2((double)stair->bytes);
	enum residual_class class = class_of(truth, x);
	double sample[2][64];

	for (size_t r = 0; r < stair->rounds_count; r++) {
		struct stair_round *round = &stair->rounds[r];
		/* Along the recorded sequence: neighbours share their disturbance. */
		double residual = residuals->values[class][(cursor[r] + CLASSES) %
							   residuals->counts[class]];
		double cycles = time_at(truth, model, x) * exp(residual);

		/* At its edge the last cache serves a round, or memory does. */
		if (class == AT_EDGE || class == IN_MEMORY)
			cycles = fmax(cycles, 0.9 * model->latency[truth->levels - 2]);
		if (class == AT_EDGE)
			cycles = fmin(cycles, 1.4 * model->latency[truth->levels - 1]);
		cursor[r]++;
		round->number = r;
		for (int q = 0; q < QUANTITIES; q++)
			round->values[q] = NAN;
		round->values[QUANTITY_NS] = cycles / model->clock_ghz;
		round->values[counting == COUNT_NOTHING ? QUANTITY_CLOCK_CYCLES
							: QUANTITY_CYCLES] = cycles;
		set_counts(truth, model, counting, x, round->values, random);
		for (int q = 0; q < QUANTITIES; q++)
			truth->staircase.known[q] |= !isnan(round->values[q]);
		sample[0][r] = cycles;
		sample[1][r] = round->values[QUANTITY_NS];
	}
	stair->windows = stair->windows_clean = stair->rounds_count;
	stair->cycles_counted = counting != COUNT_NOTHING;
	stair->cycles = estimate_sample(sample[0], stair->rounds_count, 0.95);
	stair->estimates[QUANTITY_NS] =
		estimate_sample(sample[1], stair->rounds_count, 0.95);
}

static bool is_apart(
	const struct staircase_truth *truth, const struct model *model, size_t tlb)
{
	double reach = log2(truth->tlbs[tlb]);

	for (size_t k = 0; k + 1 < truth->levels; k++)
		if (fabs(model->octaves[k] - reach) < 1.5)
			return false;
	return model->tlb_cost[tlb] > 0.4 * time_at(truth, model, reach);
}

void staircase_truth_init(struct staircase_truth *truth, enum staircase_family family,
	enum staircase_counting counting, unsigned rounds,
	const struct residuals *residuals, uint64_t seed)
{
	struct model model = {.family = family};
	struct staircase *staircase = &truth->staircase;
	struct random random;
	size_t cursor[64];
	size_t sizes;
	double high;

	*truth = (struct staircase_truth){0};
	random_init(&random, seed);
	truth->levels = 2 + random_below(&random, counting == COUNT_FILLS ? 3 : 4);
	if (counting == COUNT_PART)
		truth->levels = 5;
	model.clock_ghz = uniform(&random, 2, 3.6);
	choose_caches(truth, &model, &random);
	choose_tlbs(truth, &model, &random);
	announce(truth);
	for (size_t k = 0; k + 1 < truth->levels; k++)
		truth->caches[k] = find_half(&model, k);
	for (size_t t = 0; t < 2; t++)
		truth->tlb_apart[t] = is_apart(truth, &model, t);
	high = fmax(model.octaves[truth->levels - 2] + 2.5, 27);
	sizes = (size_t)((high - 12) * SIZES_OCTAVE) + 1;
	staircase->series = calloc(1, sizeof(*staircase->series));
	staircase->stairs = calloc(sizes, sizeof(*staircase->stairs));
	staircase->rounds = calloc(sizes * rounds, sizeof(*staircase->rounds));
	assert(staircase->series && staircase->stairs && staircase->rounds);
	staircase->count = 1;
	staircase->series[0] = (struct series){.kernel = "chase",
		.backend = "small",
		.stride = 64,
		.node = -1,
		.baseline = true,
		.stairs = staircase->stairs,
		.count = sizes,
		.windows = sizes * rounds};
	for (unsigned r = 0; r < rounds; r++)
		cursor[r] = random_below(&random, 100000);
	for (size_t i = 0; i < sizes; i++) {
		struct stair *stair = &staircase->stairs[i];

		stair->bytes =
			(uint64_t)llround(exp2(12 + (double)i / SIZES_OCTAVE)) / 64 * 64;
		stair->rounds = &staircase->rounds[i * rounds];
		stair->rounds_count = rounds;
		measure(truth, &model, counting, stair, residuals, cursor, &random);
	}
}

void staircase_truth_release(struct staircase_truth *truth)
{
	free(truth->machine.caches);
	free(truth->machine.tlbs);
	staircase_release(&truth->staircase);
}

static bool is_near(double found, double expected)
{
	return fabs(log2(found / expected)) <= 0.5;
}

static bool tlb_holds(const struct staircase_truth *truth, const struct level *level)
{
	double resident = level->values[LEVEL_RESIDENT].value;

	/* Said to be a cache or a TLB, of whichever level. */
	if (level->kind == LEVEL_STEP)
		return is_near(resident, truth->tlbs[0]) ||
		       is_near(resident, truth->tlbs[1]);

	return level->number >= 1 && level->number <= 2 &&
	       is_near(resident, truth->tlbs[level->number - 1]);
}

bool staircase_truth_holds(
	const struct staircase_truth *truth, const struct levels *levels, char why[256])
{
	size_t tlbs = 0;

	(void)snprintf(
		why, 256, "%zu levels instead of %zu", levels->caches, truth->levels);
	if (levels->caches != truth->levels)
		return false;
	for (size_t k = 0; k + 1 < truth->levels; k++) {
		double half = levels->list[k].values[LEVEL_HALF].value;

		(void)snprintf(why, 256, "%s at %.0fK instead of %.0fK",
			levels->list[k].name, half / 1024, truth->caches[k] / 1024);
		if (levels->list[k].number != k + 1 || !is_near(half, truth->caches[k]))
			return false;
	}
	for (size_t i = levels->caches; i < levels->count; i++) {
		(void)snprintf(why, 256, "%s at %.0fK: %.0fK, %.0fK",
			levels->list[i].name,
			levels->list[i].values[LEVEL_RESIDENT].value / 1024,
			truth->tlbs[0] / 1024, truth->tlbs[1] / 1024);
		if (!tlb_holds(truth, &levels->list[i]))
			return false;
		tlbs += levels->list[i].kind == LEVEL_TLB;
	}
	(void)snprintf(why, 256, "%zu TLBs", tlbs);
	return !levels->tlbs_counted || tlbs >= 1;
}
