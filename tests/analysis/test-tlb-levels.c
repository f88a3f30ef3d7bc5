/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLB reaches by the time of reads of one line a page, on machines whose truth is known.
 */
#include "analysis/levels-print.h"

#include "base/random.h"
#include "tests/analysis/noise.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SIZES = 65, ROUNDS = 4, DRAWS = 60, BOOTSTRAPPED = 8, TLBS = 4 };
enum { SMALL_PAGE = 4096, HUGE_PAGE = 2 << 20, LINE = 64 };

/* What it holds, and what a read past it takes longer. */
struct past {
	double bytes, cycles;
};
struct truth {
	struct machine machine;
	struct cache caches[3];
	struct tlb tlbs[TLBS]; /* of 4K, then of 2M; by level */
	struct past lines[3];
	double hit_cycles, walk_cycles;
	double tlb_share; /* of its entries, that a series gets */
	struct random random;
	struct stair stairs[SIZES];
	struct stair_round rounds[SIZES][ROUNDS];
	struct series series;
	struct staircase staircase;
	struct levels levels;
};

static double uniform(struct random *random, double low, double high)
{
	return low + (high - low) * (double)(random_next(random) >> 11) * 0x1p-53;
}

/* A machine like those there are; of its last cache others take most. */
static void choose(struct truth *t, uint64_t seed)
{
	static const uint64_t l1[] = {32 << 10, 48 << 10, 64 << 10};
	static const uint64_t l2[] = {512 << 10, 1 << 20, 2 << 20};
	static const unsigned first[] = {64, 72, 96};
	static const unsigned second[] = {1024, 1536, 2048, 3072};
	const struct cpus alone = {{3}};

	random_init(&t->random, seed);
	t->caches[0] = (struct cache){.level = 1,
		.kind = CACHE_DATA,
		.bytes = l1[random_below(&t->random, 3)],
		.shared_cpus = 1};
	t->caches[1] = (struct cache){.level = 2,
		.kind = CACHE_UNIFIED,
		.bytes = l2[random_below(&t->random, 3)],
		.shared_cpus = 1};
	t->caches[2] = (struct cache){
		.level = 3, .kind = CACHE_UNIFIED, .bytes = 32 << 20, .shared_cpus = 2};
	for (int c = 0; c < 3; c++) {
		t->caches[c].line_bytes = LINE;
		t->caches[c].cpus = alone;
		t->lines[c].bytes = (double)t->caches[c].bytes;
	}
	t->lines[0].cycles = uniform(&t->random, 8, 12);
	t->lines[1].cycles = uniform(&t->random, 30, 60);
	t->lines[2].cycles = uniform(&t->random, 150, 350);
	t->lines[2].bytes *= uniform(&t->random, 0.1, 1);
	for (unsigned i = 0; i < TLBS; i++)
		t->tlbs[i] = (struct tlb){.level = i % 2 + 1,
			.kind = i % 2 ? TLB_UNIFIED : TLB_DATA,
			.page_bytes = i < 2 ? SMALL_PAGE : HUGE_PAGE,
			.entries = i % 2 ? second[random_below(&t->random, 4)]
					 : first[random_below(&t->random, 3)]};
	t->hit_cycles = uniform(&t->random, 6, 10);
	t->walk_cycles = uniform(&t->random, 20, 70);
	t->tlb_share = uniform(&t->random, 0.8, 1);
	t->machine = (struct machine){.cpu_count = 2,
		.cores = 2,
		.packages = 1,
		.cpus = alone,
		.caches = t->caches,
		.caches_count = 3,
		.tlbs = t->tlbs,
		.tlbs_count = TLBS,
		.hypervisor = "KVM"};
}

/* Of what is used in turn, with some collisions: nothing stays far beyond it. */
static double beyond(double bytes, double capacity)
{
	return 1 / (1 + pow(bytes / capacity, -6));
}

static double cycles_at(const struct truth *t, double bytes, uint64_t entry_bytes)
{
	const struct tlb *tlbs = &t->tlbs[entry_bytes == SMALL_PAGE ? 0 : 2];
	const double touched = bytes / SMALL_PAGE * LINE;
	double cycles = 4.4;

	for (int c = 0; c < 3; c++)
		cycles += t->lines[c].cycles * beyond(touched, t->lines[c].bytes);
	cycles += t->hit_cycles *
		  beyond(bytes, t->tlb_share * tlbs[0].entries * (double)entry_bytes);
	return cycles + t->walk_cycles * beyond(bytes, t->tlb_share * tlbs[1].entries *
							       (double)entry_bytes);
}

/* Reads of a line a page over pages of one size, whose TLB entries hold another. */
static void sweep(
	struct truth *t, uint64_t page_bytes, uint64_t entry_bytes, bool intervals)
{
	for (size_t i = 0; i < SIZES; i++) {
		struct stair *stair = &t->stairs[i];
		double cycles[ROUNDS], ns[ROUNDS];

		*stair = (struct stair){
			.bytes = (uint64_t)exp2(12 + (double)i / 4) & ~UINT64_C(4095),
			.rounds = t->rounds[i],
			.rounds_count = ROUNDS,
			.windows = ROUNDS,
			.windows_clean = ROUNDS,
			.page_bytes = page_bytes};
		for (size_t r = 0; r < ROUNDS; r++) {
			struct stair_round *round = &t->rounds[i][r];

			round->number = r;
			for (int q = 0; q < QUANTITIES; q++)
				round->values[q] = NAN;
			cycles[r] = cycles_at(t, (double)stair->bytes, entry_bytes) *
				    noise(&t->random, 0.02);
			ns[r] = cycles[r] / 3;
			round->values[QUANTITY_CLOCK_CYCLES] = cycles[r];
			round->values[QUANTITY_NS] = ns[r];
		}
		for (int q = 0; q < QUANTITIES; q++)
			stair->estimates[q].median = NAN;
		stair->cycles = estimate_sample(cycles, ROUNDS, 0.95);
		stair->estimates[QUANTITY_NS] = estimate_sample(ns, ROUNDS, 0.95);
	}
	t->series = (struct series){.kernel = "page-chase",
		.backend = page_bytes == SMALL_PAGE ? "small" : "hugetlb-2m",
		.stride = SMALL_PAGE,
		.stairs = t->stairs,
		.count = SIZES,
		.windows = SIZES * ROUNDS};
	t->staircase = (struct staircase){.series = &t->series, .count = 1};
	assert_int_equal(levels_find(&t->levels, &t->staircase, &t->series, &t->machine,
				 intervals),
		0);
}

static const struct level *find_tlb(const struct truth *t, unsigned number)
{
	for (size_t i = 0; i < t->levels.count; i++)
		if (t->levels.list[i].kind == LEVEL_TLB &&
			t->levels.list[i].number == number)
			return &t->levels.list[i];
	return NULL;
}

/* Whether that TLB is found within half an octave of what it holds, and announced. */
static bool is_right(const struct truth *t, const struct tlb *tlb)
{
	const struct level *level = find_tlb(t, tlb->level);
	double bytes = tlb->entries * (double)tlb->page_bytes;

	return level && level->nominal.bytes == (uint64_t)bytes &&
	       fabs(log2(level->values[LEVEL_HALF].value / (bytes * t->tlb_share))) < 0.5;
}

static bool is_split(const struct truth *t)
{
	struct page_finding finding;

	return page_finding(&finding, &t->levels) == 0 &&
	       finding.seen_bytes == SMALL_PAGE && finding.obtained_bytes == HUGE_PAGE;
}

static void reaches_are_found_by_time_alone(void **state)
{
	struct truth *t = calloc(1, sizeof(*t));
	size_t first = 0;
	size_t second = 0;
	size_t hits = 0;

	(void)state;
	assert_non_null(t);
	for (uint64_t seed = 0; seed < DRAWS; seed++) {
		const struct level *level;

		choose(t, seed);
		sweep(t, SMALL_PAGE, SMALL_PAGE, false);
		first += is_right(t, &t->tlbs[0]);
		second += is_right(t, &t->tlbs[1]);
		level = find_tlb(t, 1);
		hits += level && fabs(level->values[LEVEL_CYCLES].value / t->hit_cycles -
					 1) < 0.25;
		assert_true(t->levels.caches == 0);
		assert_false(is_split(t));
	}
	assert_true(first >= DRAWS * 95 / 100);
	assert_true(second >= DRAWS * 85 / 100);
	assert_true(hits >= DRAWS * 85 / 100);
	free(t);
}

/* Where a host maps the guest's huge pages by small ones, their entries reach no further
 * than those of small pages; where it does not, no step of theirs is taken for one. */
static void pages_that_a_host_splits_are_told_by_time(void **state)
{
	struct truth *t = calloc(1, sizeof(*t));
	char verdict[LEVEL_VERDICT];
	struct page_finding finding;
	size_t split = 0;
	size_t mistaken = 0;

	(void)state;
	assert_non_null(t);
	for (uint64_t seed = 100; seed < 100 + BOOTSTRAPPED; seed++) {
		choose(t, seed);
		sweep(t, HUGE_PAGE, SMALL_PAGE, true);
		split += is_split(t);
		sweep(t, HUGE_PAGE, HUGE_PAGE, true);
		mistaken += is_split(t);
	}
	assert_true(split >= BOOTSTRAPPED - 1);
	assert_true(mistaken == 0);
	choose(t, 1);
	sweep(t, HUGE_PAGE, SMALL_PAGE, true);
	assert_int_equal(page_finding(&finding, &t->levels), 0);
	page_verdict(&finding, &t->machine, verdict);
	assert_non_null(strstr(verdict,
		"2M granted, TLB filled as 4K: the host splits them (by time: the step "
		"at "));
	free(t);
}

static void people_and_programs_can_read_them(void **state)
{
	struct truth *t = calloc(1, sizeof(*t));
	struct text text;

	(void)state;
	assert_non_null(t);
	choose(t, 1);
	sweep(t, HUGE_PAGE, SMALL_PAGE, true);
	text_init(&text);
	assert_int_equal(levels_print(&t->levels, &t->machine, &text), 0);
	assert_non_null(strstr(text.bytes, "L1 dTLB?"));
	assert_non_null(strstr(text.bytes, " +~"));
	assert_non_null(strstr(text.bytes, "hardly"));
	assert_null(strstr(text.bytes, "DRAM"));
	text_clear(&text);
	assert_int_equal(levels_print_json(&t->levels, 1, &t->machine, &text), 0);
	assert_non_null(strstr(text.bytes, "\"seen_bytes\": 4096"));
	assert_non_null(strstr(text.bytes, "\"share\": null"));
	text_clear(&text);
	assert_int_equal(page_split_backends(&t->levels, 1, &text), 1);
	assert_string_equal(text.bytes, "hugetlb-2m");
	text_release(&text);
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reaches_are_found_by_time_alone),
		cmocka_unit_test(pages_that_a_host_splits_are_told_by_time),
		cmocka_unit_test(people_and_programs_can_read_them),
	};

	return cmocka_run_group_tests_name("tlb-levels", tests, NULL, NULL);
}
