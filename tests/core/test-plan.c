/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan.h"

#include "base/file.h"
#include "core/kernel.h"
#include "core/warm.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Rewritten with REFRESH=1 in the environment. */
#define PLAN_TEXT "tests/core/data/plan.txt"

static struct machine load(const char *description)
{
	struct complaint complaint = {0};
	struct machine machine;

	assert_int_equal(topology_load(&machine, description, &complaint), 0);
	return machine;
}

static struct plan_options options_default(void)
{
	return (struct plan_options){
		.kernels = {"chase", "strided"},
		.kernels_count = 2,
		.backends = {"small", "hugetlb-2m"},
		.backend_pages = {4096, 2 << 20},
		.backend_pools = {false, true},
		.backends_count = 2,
		.groups = {"cache", "tlb"},
		.groups_count = 2,
		.rounds_min = 6,
		.rounds_max = 25,
		.windows = 8,
		.window_ns = 1000000,
		.target = 0.02,
		.budget_ns = 150000000000,
		.seed = 42,
	};
}

static struct plan build(
	const struct machine *machine, const struct plan_options *options)
{
	struct complaint complaint = {0};
	struct plan plan;

	assert_int_equal(plan_build(&plan, machine, options, &complaint), 0);
	return plan;
}

static size_t sizes_between(const struct plan *plan, double low, double high)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->sizes_count; i++)
		count += (double)plan->sizes[i] > low && (double)plan->sizes[i] <= high;
	return count;
}

static bool has_size(const struct plan *plan, uint64_t bytes)
{
	for (size_t i = 0; i < plan->sizes_count; i++)
		if (plan->sizes[i] == bytes)
			return true;
	return false;
}

/* At least 4 an octave; every capacity itself, and twice as many within half an octave of
 * it. */
static void check_sizes(const struct machine *machine)
{
	struct plan_options options = options_default();
	struct plan plan = build(machine, &options);
	unsigned cpu = plan.points[0].cpu;
	unsigned last = machine_last_cache_level(machine, cpu);
	double top = (double)plan.sizes[plan.sizes_count - 1];

	assert_int_equal(plan.sizes[0], 4096);
	for (size_t i = 1; i < plan.sizes_count; i++)
		assert_true(plan.sizes[i] > plan.sizes[i - 1]);
	for (double octave = 4096; 2 * octave <= top; octave *= 2)
		assert_true(sizes_between(&plan, octave, 2 * octave) >=
			    (octave < 256 << 20 ? 4 : 1));
	for (unsigned level = 1; level <= last; level++) {
		const struct cache *cache = machine_cache(machine, level, cpu);
		double bytes = cache ? (double)cache->bytes : 0;

		if (!cache || bytes * M_SQRT2 > top || bytes < 8192)
			continue;
		assert_true(has_size(&plan, cache->bytes));
		if (bytes * M_SQRT2 > 256 << 20)
			continue;
		assert_true(sizes_between(&plan, bytes / M_SQRT2 - 1,
				    bytes * M_SQRT2 + 1) >= 8);
	}
	for (unsigned level = 1; level <= 2; level++) {
		uint64_t reach = machine_tlb_reach(machine, level, 4096);

		if (reach && (double)reach <= top)
			assert_true(has_size(&plan, reach));
	}
	plan_release(&plan);
}

static void test_sizes_follow_the_machine(void **state)
{
	static const char *const machines[] = {
		"pack:1 l3:1(size=32MiB) core:8 l2:1(size=512KiB) l1d:1(size=32KiB) pu:2",
		"pack:2 [numa] l3:1(size=36608KiB) core:4 l2:1(size=1MiB) l1d:1(size=48KiB) pu:1",
		"pack:1 core:2 pu:1",
		NULL,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		struct machine machine = load(machines[i]);

		check_sizes(&machine);
		topology_release(&machine);
	}
}

static void test_largest_is_four_last_caches(void **state)
{
	struct plan_options options = options_default();
	struct machine big = load(
		"pack:1 l3:1(size=96MiB) core:4 l2:1(size=1MiB) l1d:1(size=32KiB) pu:1");
	struct machine small = load(
		"pack:1 l3:1(size=8MiB) core:4 l2:1(size=1MiB) l1d:1(size=32KiB) pu:1");
	struct plan plan;

	(void)state;
	big.memory_bytes = big.available_bytes = 64ull << 30;
	big.nodes[0].bytes = big.nodes[0].free_bytes = 64ull << 30;
	plan = build(&big, &options);
	assert_int_equal(plan.max_buffer_bytes, 384 << 20);
	plan_release(&plan);
	small.memory_bytes = small.available_bytes = 64ull << 30;
	small.nodes[0].bytes = small.nodes[0].free_bytes = 64ull << 30;
	plan = build(&small, &options);
	assert_int_equal(plan.max_buffer_bytes, 256 << 20);
	plan_release(&plan);
	/* Not more than what is free, less a fifth and the scratch. */
	small.memory_bytes = small.available_bytes = 100 << 20;
	small.nodes[0].bytes = small.nodes[0].free_bytes = 100 << 20;
	plan = build(&small, &options);
	assert_true(plan.max_buffer_bytes <= (uint64_t)80 << 20);
	assert_true(plan.max_buffer_bytes + plan.scratch_bytes <= (uint64_t)80 << 20);
	plan_release(&plan);
	topology_release(&big);
	topology_release(&small);
}

static void test_points_come_in_order(void **state)
{
	static const uint64_t sizes[] = {65536, 1 << 20};
	static const uint64_t strides[] = {64, 256};
	struct plan_options options = options_default();
	struct machine machine = load("pack:2 [numa] l2:1(size=1MiB) core:2 pu:1");
	struct plan plan;
	size_t i = 0;

	(void)state;
	options.kernels[1] = "page-chase";
	options.sizes = sizes;
	options.sizes_count = 2;
	options.strides = strides;
	options.strides_count = 2;
	plan = build(&machine, &options);
	/* From the last CPU: its own node first, then the other. */
	for (int place = 0; place < 2; place++)
		for (int size = 0; size < 2; size++)
			for (int backend = 0; backend < 2; backend++)
				for (int layout = 0; layout < 3; layout++)
					for (int group = 0; group < 2; group++) {
						const struct point *p = &plan.points[i++];

						assert_int_equal(p->cpu, 3);
						assert_int_equal(p->node, place ? 0 : 1);
						assert_int_equal(p->bytes, sizes[size]);
						assert_string_equal(p->backend,
							options.backends[backend]);
						assert_string_equal(p->kernel,
							layout < 2 ? "chase"
								   : "page-chase");
						assert_int_equal(p->stride,
							layout < 2 ? strides[layout]
								   : 4096);
						assert_string_equal(
							p->group, options.groups[group]);
					}
	assert_int_equal(plan.count, i);
	assert_int_equal(plan.pools_count, 2);
	assert_int_equal(plan.pools[0].pages, 1);
	assert_int_equal(plan.pools[0].page_bytes, 2 << 20);
	assert_int_equal(plan.pools[0].node, 1);
	assert_int_equal(plan.pools[1].node, 0);
	plan_release(&plan);
	topology_release(&machine);
}

static void test_same_in_same_out(void **state)
{
	struct plan_options options = options_default();
	struct machine machine = load(
		"pack:1 l3:1(size=32MiB) core:2 l2:1(size=1MiB) l1d:1(size=32KiB) pu:1");
	struct plan a = build(&machine, &options);
	struct plan b = build(&machine, &options);
	struct text text_a;
	struct text text_b;

	(void)state;
	assert_int_equal(a.count, b.count);
	assert_memory_equal(a.points, b.points, a.count * sizeof(*a.points));
	text_init(&text_a);
	text_init(&text_b);
	plan_print(&a, &options, &text_a);
	plan_print(&b, &options, &text_b);
	assert_string_equal(text_a.bytes, text_b.bytes);
	if (getenv("REFRESH"))
		assert_int_equal(file_write_all(PLAN_TEXT, &text_a), 0);
	text_clear(&text_b);
	assert_int_equal(file_read_all(PLAN_TEXT, &text_b), 0);
	assert_string_equal(text_a.bytes, text_b.bytes);
	text_release(&text_a);
	text_release(&text_b);
	plan_release(&a);
	plan_release(&b);
	topology_release(&machine);
}

static void test_an_element_must_fit(void **state)
{
	static const uint64_t sizes[] = {2048, 8192};
	struct plan_options options = options_default();
	struct machine machine = load("pack:1 core:1 l1d:1(size=32KiB) pu:1");
	struct plan plan;

	(void)state;
	options.kernels[0] = "page-chase";
	options.kernels_count = 1;
	options.sizes = sizes;
	options.sizes_count = 2;
	plan = build(&machine, &options);
	assert_int_equal(plan.count, 4);
	assert_int_equal(plan.points[0].bytes, 8192);
	plan_release(&plan);
	topology_release(&machine);
}

static void refuse(const struct machine *machine, const struct plan_options *options,
	const char *names)
{
	struct complaint complaint = {0};
	struct plan plan;

	assert_int_equal(plan_build(&plan, machine, options, &complaint), -EINVAL);
	assert_non_null(strstr(complaint.what, names));
	assert_true(complaint.why[0] != '\0');
}

static void test_what_cannot_be_planned_is_refused(void **state)
{
	static const uint64_t huge[] = {1ull << 50};
	static const uint64_t tiny[] = {512};
	static const uint64_t odd[] = {12};
	static const uint64_t same[] = {4096, 4096};
	struct machine machine = load("pack:1 core:2 l1d:1(size=32KiB) pu:1");
	struct plan_options options = options_default();
	struct place place = {7, -1};

	(void)state;
	options.places = &place;
	options.places_count = 1;
	refuse(&machine, &options, "CPU 7");
	place = (struct place){0, 5};
	refuse(&machine, &options, "node 5");
	options.places_count = 0;
	machine.memory_bytes = machine.available_bytes = 1 << 30;
	options.sizes_count = 1;
	options.sizes = huge;
	refuse(&machine, &options, "--sizes");
	options.sizes = tiny;
	refuse(&machine, &options, "--sizes");
	options.sizes_count = 0;
	options.strides = odd;
	options.strides_count = 1;
	refuse(&machine, &options, "--strides");
	options.strides = same;
	options.strides_count = 2;
	refuse(&machine, &options, "--strides");
	options.strides_count = 0;
	options.sizes = same;
	options.sizes_count = 2;
	refuse(&machine, &options, "--sizes");
	options.sizes_count = 0;
	options.kernels[1] = "chase";
	refuse(&machine, &options, "--kernels");
	options.kernels[1] = "strided";
	options.backends[1] = "small";
	refuse(&machine, &options, "--backends");
	options.backends[1] = "hugetlb-2m";
	options.groups[1] = "cache";
	refuse(&machine, &options, "--groups");
	options.groups[1] = "tlb";
	options.min_bytes = 1 << 20;
	options.max_bytes = 4096;
	refuse(&machine, &options, "--sizes");
	topology_release(&machine);
}

static void test_warming_is_bounded_by_the_last_cache(void **state)
{
	struct machine machine = load(
		"pack:1 l3:1(size=32MiB) core:2 l2:1(size=1MiB) l1d:1(size=32KiB) pu:1");
	struct point point = {.bytes = 4096, .stride = 64};

	(void)state;
	/* Two passes; then as many reads as the last cache has lines. */
	assert_in_range(warm_reads(&machine, &point), 128, 128 + KERNEL_UNROLL);
	point.bytes = 1 << 30;
	assert_in_range(warm_reads(&machine, &point), (32 << 20) / 64,
		(32 << 20) / 64 + KERNEL_UNROLL);
	assert_int_equal(warm_reads(&machine, &point) % KERNEL_UNROLL, 0);
	topology_release(&machine);
}

/* A virtual machine's: sizes beyond 256 MiB cost seconds each. */
static void test_a_huge_cache_does_not_multiply_the_sizes(void **state)
{
	struct machine machine = load(
		"numa:1(memory=16GiB) pack:1 l3:1(size=512MiB) core:2 l2:1(size=1MiB) "
		"l1d:1(size=32KiB) pu:1");
	struct plan_options options = options_default();
	struct plan plan = build(&machine, &options);
	const double mib = 1 << 20;

	(void)state;
	check_sizes(&machine);
	assert_int_equal(sizes_between(&plan, 256 * mib, 2048 * mib), 3);
	plan_release(&plan);
	options.max_bytes = 2048ull << 20;
	plan = build(&machine, &options);
	assert_true(sizes_between(&plan, 256 * mib, 2048 * mib) >= 12);
	plan_release(&plan);
	topology_release(&machine);
}

/* Reads that take time on a clock of their own: slow until a number of them is done. */
static struct {
	double ns;
	uint64_t reads, slow_reads;
} simulated;

static uint64_t simulated_ns(void)
{
	return (uint64_t)simulated.ns;
}

static void simulated_run(struct kernel_state *state, uint64_t reads)
{
	(void)state;
	assert_int_equal(reads % KERNEL_UNROLL, 0);
	for (uint64_t i = 0; i < reads; i++)
		simulated.ns += simulated.reads++ < simulated.slow_reads
					? 200 - 100.0 * (double)simulated.reads /
							  (double)simulated.slow_reads
					: 20;
}

static uint64_t warm_simulated(uint64_t slow_reads, uint64_t most)
{
	static const struct clocks clocks = {.cpu_ns = simulated_ns};
	static const struct kernel kernel = {.run = simulated_run};
	struct kernel_state state = {.bytes = 0};

	memset(&simulated, 0, sizeof(simulated));
	simulated.slow_reads = slow_reads;
	most = warm_run(&clocks, &kernel, &state, most);
	assert_int_equal(most, simulated.reads);
	return most;
}

static void test_warming_ends_when_reads_are_steady(void **state)
{
	const uint64_t most = 1 << 20;

	(void)state;
	assert_int_equal(warm_simulated(0, 1024), 1024);
	assert_in_range(warm_simulated(0, most), most / 8, most / 4);
	assert_in_range(warm_simulated(most / 2, most), most / 2, most / 4 * 3);
	assert_in_range(warm_simulated(most / 4 * 3, most), most / 4 * 3, most);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes_follow_the_machine),
		cmocka_unit_test(test_largest_is_four_last_caches),
		cmocka_unit_test(test_points_come_in_order),
		cmocka_unit_test(test_same_in_same_out),
		cmocka_unit_test(test_an_element_must_fit),
		cmocka_unit_test(test_what_cannot_be_planned_is_refused),
		cmocka_unit_test(test_a_huge_cache_does_not_multiply_the_sizes),
		cmocka_unit_test(test_warming_is_bounded_by_the_last_cache),
		cmocka_unit_test(test_warming_ends_when_reads_are_steady),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
