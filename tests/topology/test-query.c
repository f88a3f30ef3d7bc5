/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "topology/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER "tests/topology/machines/"

static struct machine load(const char *description)
{
	struct complaint complaint;
	struct machine machine;

	assert_int_equal(topology_load(&machine, description, &complaint), 0);
	return machine;
}

static void each_cpu_sees_its_own_caches(void **state)
{
	struct machine machine = load(FOLDER "desktop-hybrid.xml");

	(void)state;
	assert_int_equal(machine_cache(&machine, 1, 0)->bytes, 48 << 10);
	assert_int_equal(machine_cache(&machine, 1, 15)->bytes, 32 << 10);
	assert_int_equal(machine_cache(&machine, 2, 11)->bytes, 1280 << 10);
	assert_int_equal(machine_cache(&machine, 2, 12)->bytes, 2 << 20);
	assert_int_equal(machine_cache(&machine, 2, 12)->shared_cpus, 4);
	assert_int_equal(machine_cache(&machine, 3, 0)->instances, 1);
	assert_null(machine_cache(&machine, 4, 0));
	assert_null(machine_cache(&machine, 1, 16));
	assert_int_equal(machine_last_cache_level(&machine, 0), 3);
	assert_int_equal(machine_last_cache_level(&machine, 16), 0);
	assert_int_equal(machine_line_bytes(&machine, 0), 64);
	topology_release(&machine);
}

static void a_machine_without_caches_has_defaults(void **state)
{
	struct machine machine = load(FOLDER "vm-no-caches.xml");

	(void)state;
	assert_null(machine_cache(&machine, 1, 0));
	assert_int_equal(machine_last_cache_level(&machine, 0), 0);
	assert_int_equal(machine_line_bytes(&machine, 0), 64);
	assert_int_equal(machine_tlb_reach(&machine, 1, 4096), 0);
	topology_release(&machine);
}

/* A cache of unknown size is printed, but nothing can be planned by it. */
static void caches_of_unknown_size_are_passed_over(void **state)
{
	struct cache caches[] = {
		{.level = 1, .kind = CACHE_INSTRUCTION, .bytes = 65536},
		{.level = 1, .kind = CACHE_DATA, .bytes = 32768, .line_bytes = 128},
		{.level = 2, .kind = CACHE_UNIFIED},
		{.level = 3, .kind = CACHE_MEMORY_SIDE, .bytes = 1 << 30},
	};
	struct machine machine = {.caches = caches, .caches_count = 4};

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		cpus_add(&caches[i].cpus, 7);
	assert_ptr_equal(machine_cache(&machine, 1, 7), &caches[1]);
	assert_null(machine_cache(&machine, 2, 7));
	assert_null(machine_cache(&machine, 3, 7));
	assert_int_equal(machine_last_cache_level(&machine, 7), 1);
	assert_int_equal(machine_line_bytes(&machine, 7), 128);
}

static void reach_adds_partitions_and_leaves_stores_out(void **state)
{
	struct machine machine = load(FOLDER "desktop-hybrid.xml");

	(void)state;
	assert_int_equal(machine_tlb_reach(&machine, 1, 4096), 96 * 4096);
	assert_int_equal(machine_tlb_reach(&machine, 2, 4096), 2048 * 4096);
	assert_int_equal(machine_tlb_reach(&machine, 2, 2 << 20), 2048ull << 20);
	assert_int_equal(machine_tlb_reach(&machine, 3, 4096), 0);
	assert_int_equal(machine_tlb_reach(&machine, 1, 65536), 0);
	topology_release(&machine);
}

static void nodes_of_cpus(void **state)
{
	struct machine snc = load(FOLDER "xeon-snc2.xml");
	struct machine cxl = load(FOLDER "epyc-cxl.xml");
	struct machine hbm = load(FOLDER "xeon-hbm-flat.xml");

	(void)state;
	assert_int_equal(machine_node_of(&snc, 0), 0);
	assert_int_equal(machine_node_of(&snc, 20), 1);
	assert_int_equal(machine_node_of(&snc, 31), 3);
	assert_int_equal(machine_node_of(&snc, 32), -1);
	assert_int_equal(machine_node_of(&cxl, 7), 1);
	assert_int_equal(cpus_count(&cxl.nodes[2].cpus), 0);
	assert_int_equal(machine_node_of(&hbm, 15), 0);
	assert_int_equal(cpus_count(&hbm.nodes[1].cpus), 0);
	assert_int_equal(cxl.distances[1 * 3 + 2], 50);
	topology_release(&snc);
	topology_release(&cxl);
	topology_release(&hbm);
}

static void base_pages(void **state)
{
	struct machine large = load(FOLDER "arm-64k-pages.xml");
	struct machine laptop = load(FOLDER "arm-16k-pages.xml");

	(void)state;
	assert_int_equal(machine_base_page(&large), 65536);
	assert_false(large.base_page_assumed);
	assert_int_equal(large.page_sizes[2].bytes, 512 << 20);
	assert_int_equal(large.page_sizes[2].pool_pages, 8);
	assert_false(large.page_sizes[2].free_known);
	assert_int_equal(machine_base_page(&laptop), 16384);
	topology_release(&large);
	topology_release(&laptop);
}

enum { GB = 1 << 30 };

static void free_memory_of_a_live_machine(void **state)
{
	struct node nodes[] = {
		{.bytes = 4ull * GB, .free_bytes = 3ull * GB},
		{.bytes = 4ull * GB, .free_bytes = 1ull * GB},
	};
	struct machine machine = {
		.live = true,
		.memory_bytes = 24ull * GB,
		.available_bytes = 20ull * GB,
		.nodes = nodes,
		.nodes_count = 1,
	};

	(void)state;
	/* Hot-plugged memory that the node does not count. */
	assert_int_equal(machine_free_bytes(&machine, 0), 20ull * GB);
	machine.nodes_count = 2;
	assert_true(machine_nodes_fall_short(&machine));
	assert_int_equal(machine_free_bytes(&machine, 1), 20ull * GB);
	/* Nodes that account for all of it are believed. */
	machine.memory_bytes = 8ull * GB;
	machine.available_bytes = 5ull * GB;
	assert_false(machine_nodes_fall_short(&machine));
	assert_int_equal(machine_free_bytes(&machine, 0), 3ull * GB);
	assert_int_equal(machine_free_bytes(&machine, 1), 1ull * GB);
	/* A single node says less than the kernel could reclaim. */
	machine.nodes_count = 1;
	machine.memory_bytes = 4ull * GB;
	assert_int_equal(machine_free_bytes(&machine, 0), 5ull * GB);
	/* No such node: what the machine has. */
	assert_int_equal(machine_free_bytes(&machine, 1), 5ull * GB);
}

static void free_memory_of_a_loaded_machine_is_its_total(void **state)
{
	struct machine cxl = load(FOLDER "epyc-cxl.xml");
	struct machine vm = load(FOLDER "epyc-vm-hotplug.xml");

	(void)state;
	assert_int_equal(machine_free_bytes(&cxl, 2), 128ull * GB);
	assert_int_equal(machine_free_bytes(&cxl, 0), 96ull * GB - GB / 2);
	assert_int_equal(machine_free_bytes(&vm, 0), vm.memory_bytes);
	assert_true(vm.memory_bytes > vm.nodes[0].bytes);
	topology_release(&cxl);
	topology_release(&vm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_cpu_sees_its_own_caches),
		cmocka_unit_test(a_machine_without_caches_has_defaults),
		cmocka_unit_test(caches_of_unknown_size_are_passed_over),
		cmocka_unit_test(reach_adds_partitions_and_leaves_stores_out),
		cmocka_unit_test(nodes_of_cpus),
		cmocka_unit_test(base_pages),
		cmocka_unit_test(free_memory_of_a_live_machine),
		cmocka_unit_test(free_memory_of_a_loaded_machine_is_its_total),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
