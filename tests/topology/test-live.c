/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the kernel says, read from trees made here in place of /proc and /sys; and the way
 * of a live machine's facts through an exported file and back.
 */
#include "base/file.h"
#include "topology/load.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct tree {
	char root[64];
};

static int make_tree(void **state)
{
	struct tree *tree = calloc(1, sizeof(*tree));

	if (!tree)
		return -1;
	(void)snprintf(tree->root, sizeof(tree->root), "/tmp/escalier-test-XXXXXX");
	*state = tree;
	return mkdtemp(tree->root) ? 0 : -1;
}

static int drop_one(
	const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

static int drop_tree(void **state)
{
	struct tree *tree = *state;
	int error = nftw(tree->root, drop_one, 8, FTW_DEPTH | FTW_PHYS);

	free(tree);
	return error;
}

static void put(const struct tree *tree, const char *path, const char *content)
{
	char whole[256];
	struct text text;

	(void)snprintf(whole, sizeof(whole), "%s%s", tree->root, path);
	*strrchr(whole, '/') = '\0';
	assert_int_equal(file_make_folders(whole), 0);
	(void)snprintf(whole, sizeof(whole), "%s%s", tree->root, path);
	text_init(&text);
	text_append(&text, content);
	assert_int_equal(file_write_all(whole, &text), 0);
	text_release(&text);
}

static struct machine load(const char *description)
{
	struct complaint complaint;
	struct machine machine;

	assert_int_equal(topology_load(&machine, description, &complaint), 0);
	return machine;
}

static void memory_and_nodes(void **state)
{
	struct machine machine = load("pack:2 [numa(memory=8GiB)] core:2 pu:1");
	const struct tree *tree = *state;

	put(tree, "/proc/meminfo",
		"MemTotal:       24684096 kB\nMemFree:        1000 kB\n"
		"MemAvailable:   24428828 kB\n");
	put(tree, "/sys/devices/system/node/node0/meminfo",
		"Node 0 MemTotal:        4417752 kB\nNode 0 MemFree:         4244160 kB\n"
		"Node 0 Inactive:        999999 kB\nNode 0 Inactive(file):  1024 kB\n");
	put(tree, "/sys/devices/system/node/node0/cpulist", "0-3,9\n");
	put(tree, "/sys/devices/system/node/node1/meminfo", "Node 1 MemFree: 8 kB\n");
	put(tree, "/sys/devices/system/node/node1/cpulist", "\n");
	assert_int_equal(live_read(&machine, tree->root), 0);
	assert_int_equal(machine.memory_bytes, 24684096ull * 1024);
	assert_int_equal(machine.available_bytes, 24428828ull * 1024);
	assert_int_equal(machine.nodes[0].free_bytes, (4244160ull + 1024) * 1024);
	assert_int_equal(machine.nodes[1].free_bytes, 8 * 1024);
	/* The kernel's lists stand over hwloc's, within the machine's CPUs. */
	assert_int_equal(cpus_count(&machine.nodes[0].cpus), 4);
	assert_int_equal(cpus_count(&machine.nodes[1].cpus), 0);
	topology_release(&machine);
}

/* hwloc names no AArch64 CPU. */
static void names_of_arm_cpus(void **state)
{
	static const struct {
		const char *cpuinfo, *vendor, *model;
	} cases[] = {
		{"CPU implementer\t: 0x41\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\n\n"
		 "CPU implementer\t: 0x41\nCPU part\t: 0xd4f\n",
			"Arm", "Neoverse N1"},
		{"CPU implementer\t: 0x00\nCPU part\t: 0x051\n", "",
			"implementer 0x00 part 0x051"},
		{"vendor_id\t: AuthenticAMD\n", "", ""},
	};
	const struct tree *tree = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct machine machine = load("core:2 pu:1");

		machine.vendor[0] = machine.cpu_model[0] = '\0';
		put(tree, "/proc/cpuinfo", cases[i].cpuinfo);
		assert_int_equal(live_read(&machine, tree->root), 0);
		assert_string_equal(machine.vendor, cases[i].vendor);
		assert_string_equal(machine.cpu_model, cases[i].model);
		topology_release(&machine);
	}
}

static void pools_and_transparent_pages(void **state)
{
	struct machine machine = load("core:2 pu:1");
	const struct tree *tree = *state;

	put(tree, "/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "2\n");
	put(tree, "/sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages", "1\n");
	put(tree, "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "512\n");
	put(tree, "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "500\n");
	put(tree, "/sys/kernel/mm/hugepages/unrelated/nr_hugepages", "7\n");
	put(tree, "/sys/kernel/mm/transparent_hugepage/enabled",
		"always [madvise] never\n");
	put(tree, "/sys/kernel/mm/transparent_hugepage/defrag",
		"always defer [defer+madvise] madvise never\n");
	put(tree, "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "2097152\n");
	assert_int_equal(live_read(&machine, tree->root), 0);
	assert_int_equal(machine.page_sizes_count, 3);
	assert_int_equal(machine.page_sizes[0].bytes, 4096);
	assert_false(machine.page_sizes[0].hugetlb);
	assert_int_equal(machine.page_sizes[1].bytes, 2 << 20);
	assert_int_equal(machine.page_sizes[1].pool_pages, 512);
	assert_int_equal(machine.page_sizes[1].free_pages, 500);
	assert_true(machine.page_sizes[1].free_known);
	assert_int_equal(machine.page_sizes[2].bytes, 1 << 30);
	assert_int_equal(machine.page_sizes[2].pool_pages, 2);
	assert_true(machine.page_sizes[2].hugetlb);
	assert_string_equal(machine.thp_enabled, "madvise");
	assert_string_equal(machine.thp_defrag, "defer+madvise");
	assert_int_equal(machine.thp_bytes, 2 << 20);
	topology_release(&machine);
}

static void files_that_are_missing_are_no_failure(void **state)
{
	struct machine machine = load("core:2 pu:1");
	const struct tree *tree = *state;
	uint64_t total = machine.memory_bytes;

	assert_int_equal(live_read(&machine, tree->root), 0);
	assert_int_equal(machine.memory_bytes, total);
	assert_int_equal(machine.available_bytes, 0);
	assert_int_equal(machine.page_sizes_count, 1);
	assert_string_equal(machine.thp_enabled, "");
	assert_string_equal(machine.hypervisor, "");
	assert_int_equal(cpus_count(&machine.nodes[0].cpus), 2);
	topology_release(&machine);
}

static void files_with_nonsense_are_absent(void **state)
{
	struct machine machine = load("core:2 pu:1");
	const struct tree *tree = *state;

	put(tree, "/proc/meminfo", "MemTotal: lots\nMemAvailable");
	put(tree, "/sys/devices/system/node/node0/cpulist", "zero to three\n");
	put(tree, "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "many\n");
	put(tree, "/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", "1\n");
	put(tree, "/sys/kernel/mm/transparent_hugepage/enabled", "always ]madvise[\n");
	put(tree, "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "-1\n");
	assert_int_equal(live_read(&machine, tree->root), 0);
	assert_int_equal(machine.available_bytes, 0);
	assert_int_equal(cpus_count(&machine.nodes[0].cpus), 2);
	/* A pool that does not tell how many pages are free still has a size. */
	assert_int_equal(machine.page_sizes_count, 2);
	assert_int_equal(machine.page_sizes[1].pool_pages, 1);
	assert_false(machine.page_sizes[1].free_known);
	assert_string_equal(machine.thp_enabled, "");
	assert_int_equal(machine.thp_bytes, 0);
	topology_release(&machine);
}

static void firmware_names_the_hypervisor(void **state)
{
	struct machine machine = load("core:2 pu:1");
	const struct tree *tree = *state;

	put(tree, "/sys/class/dmi/id/sys_vendor", "QEMU\n");
	assert_int_equal(live_read(&machine, tree->root), 0);
	assert_string_equal(machine.hypervisor, "KVM");
	machine.hypervisor[0] = '\0';
	put(tree, "/sys/class/dmi/id/sys_vendor", "Ampere(R)\n");
	assert_int_equal(live_read(&machine, tree->root), 0);
	assert_string_equal(machine.hypervisor, "");
	put(tree, "/proc/device-tree/compatible", "linux,dummy-virt");
	assert_int_equal(live_read(&machine, tree->root), 0);
	assert_string_equal(machine.hypervisor, "KVM");
	topology_release(&machine);
}

/* Facts that a live machine could have, whatever the one that the test runs on has. */
static void set_facts(struct machine *machine)
{
	static const struct page_size sizes[] = {
		{.bytes = 4096},
		{.bytes = 2 << 20,
			.pool_pages = 64,
			.free_pages = 60,
			.free_known = true},
		{.bytes = 1 << 30, .pool_pages = 3, .free_pages = 0, .free_known = true},
	};
	static const struct tlb tlbs[] = {
		{1, TLB_DATA, 4096, 72, FULLY_ASSOCIATIVE, "CPUID 0x80000005"},
		{1, TLB_STORE, 4096, 16, 0, "two words, <&>\" and more"},
		{2, TLB_UNIFIED, 2 << 20, 1536, 6, ""},
	};

	machine->memory_bytes = 25276514304;
	(void)strcpy(machine->hypervisor, "KVM");
	(void)strcpy(machine->thp_enabled, "madvise");
	(void)strcpy(machine->thp_defrag, "defer+madvise");
	machine->thp_bytes = 2 << 20;
	assert_int_equal(machine_set_page_sizes(machine, sizes, 3), 0);
	assert_int_equal(machine_set_tlbs(machine, tlbs, 3), 0);
	/* Node 0 takes all CPUs: hwloc's own attributes would say otherwise. */
	machine->nodes[0].cpus = machine->cpus;
	machine->nodes[1].cpus = (struct cpus){0};
}

static void an_exported_machine_comes_back_whole(void **state)
{
	const struct tree *tree = *state;
	struct machine machine =
		load("pack:2 [numa(memory=8GiB)] l2:1(size=1MiB) core:2 pu:2");
	struct text before, after;
	struct machine back;
	hwloc_topology_t topology;
	char path[128];

	assert_int_equal(topology_open(&topology), 0);
	assert_int_equal(
		hwloc_topology_set_synthetic(topology,
			"pack:2 [numa(memory=8GiB)] l2:1(size=1MiB) core:2 pu:2"),
		0);
	assert_int_equal(hwloc_topology_load(topology), 0);
	set_facts(&machine);
	(void)snprintf(path, sizeof(path), "%s/machine.xml", tree->root);
	assert_int_equal(export_machine(&machine, topology, path), 0);
	hwloc_topology_destroy(topology);

	back = load(path);
	assert_string_equal(back.source, "machine.xml");
	(void)strcpy(back.source, machine.source);
	text_init(&before);
	text_init(&after);
	assert_int_equal(machine_print_json(&machine, &before), 0);
	assert_int_equal(machine_print_json(&back, &after), 0);
	assert_string_equal(before.bytes, after.bytes);
	text_release(&before);
	text_release(&after);
	topology_release(&machine);
	topology_release(&back);
}

static void this_machine_loads_exports_and_comes_back(void **state)
{
	const struct tree *tree = *state;
	struct machine machine = load(NULL);
	struct complaint complaint;
	struct machine back;
	char path[128];

	assert_true(machine.live);
	assert_string_equal(machine.source, "this machine");
	assert_true(machine.cpu_count > 0);
	assert_true(machine.memory_bytes > 0);
	assert_true(machine_free_bytes(&machine, 0) > 0);
	assert_int_equal(machine_base_page(&machine), sysconf(_SC_PAGESIZE));
	(void)snprintf(path, sizeof(path), "%s/machine.xml", tree->root);
	assert_int_equal(topology_export(path, &complaint), 0);
	back = load(path);
	assert_false(back.live);
	/* Amounts of memory may change meanwhile; these do not. */
	assert_string_equal(back.kernel, machine.kernel);
	assert_string_equal(back.hypervisor, machine.hypervisor);
	assert_string_equal(back.thp_enabled, machine.thp_enabled);
	assert_int_equal(back.thp_bytes, machine.thp_bytes);
	assert_int_equal(back.cpu_count, machine.cpu_count);
	assert_true(cpus_equal(&back.cpus, &machine.cpus));
	assert_int_equal(back.caches_count, machine.caches_count);
	assert_int_equal(back.page_sizes_count, machine.page_sizes_count);
	assert_int_equal(back.tlbs_count, machine.tlbs_count);
	for (size_t i = 0; i < back.tlbs_count; i++)
		assert_memory_equal(&back.tlbs[i], &machine.tlbs[i], sizeof(struct tlb));
	topology_release(&machine);
	topology_release(&back);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_tree, drop_tree)
	const struct CMUnitTest tests[] = {
		TEST(memory_and_nodes),
		TEST(names_of_arm_cpus),
		TEST(pools_and_transparent_pages),
		TEST(files_that_are_missing_are_no_failure),
		TEST(files_with_nonsense_are_absent),
		TEST(firmware_names_the_hypervisor),
		TEST(an_exported_machine_comes_back_whole),
		TEST(this_machine_loads_exports_and_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
