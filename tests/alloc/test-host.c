/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the kernel's files say, on a tree of files of our own, and the judgement of pages.
 */
#include "alloc/backend.h"
#include "alloc/host.h"
#include "base/file.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* after the headers that it needs */
#include <cmocka.h>

#define MB (1024ull * 1024)
#define THP "/sys/kernel/mm/transparent_hugepage"
#define THP_2M THP "/hugepages-2048kB/enabled"

static void put(const char *root, const char *path, const char *content)
{
	char whole[256];
	char *name;
	FILE *file;

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	name = strrchr(whole, '/');
	*name = '\0';
	assert_int_equal(file_make_folders(whole), 0);
	*name = '/';
	file = fopen(whole, "w");
	assert_non_null(file);
	fputs(content, file);
	fclose(file);
}

static int set_up(void **state)
{
	char *root = strdup("/tmp/escalier-host-XXXXXX");

	*state = root;
	return root && mkdtemp(root) ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[128];
	int status;

	snprintf(command, sizeof(command), "rm -r %s", (char *)*state);
	status = system(command);
	free(*state);
	return status;
}

static void test_no_thp(void **state)
{
	struct complaint complaint = {0};
	uint64_t bytes = 77;

	assert_int_equal(host_thp_page(*state, &bytes), 0);
	assert_int_equal(bytes, 0);
	assert_int_equal(host_thp_allowed(*state, &complaint), -ENOTSUP);
	assert_string_equal(complaint.what, "this kernel has no transparent huge pages");
}

static void test_thp_switches(void **state)
{
	uint64_t bytes;
	const struct {
		const char *general;
		const char *own;    /* NULL: an older kernel */
		const char *advice; /* NULL: allowed */
	} cases[] = {
		{"[always] madvise never", NULL, NULL},
		{"always [madvise] never", NULL, NULL},
		{"always madvise [never]", NULL,
			"echo madvise | sudo tee " THP "/enabled"},
		{"always [madvise] never", "always [inherit] madvise never", NULL},
		{"always madvise [never]", "always [inherit] madvise never",
			"echo madvise | sudo tee " THP "/enabled"},
		{"always madvise [never]", "always inherit [madvise] never", NULL},
		{"[always] madvise never", "always inherit madvise [never]",
			"echo madvise | sudo tee " THP_2M},
	};

	put(*state, THP "/hpage_pmd_size", "what\n");
	assert_int_equal(host_thp_page(*state, &bytes), -EINVAL);
	put(*state, THP "/hpage_pmd_size", "2097152\n");
	assert_int_equal(host_thp_page(*state, &bytes), 0);
	assert_int_equal(bytes, 2 * MB);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct complaint complaint = {0};
		int expected = cases[i].advice ? -ENOTSUP : 0;

		put(*state, THP "/enabled", cases[i].general);
		if (cases[i].own)
			put(*state, THP_2M, cases[i].own);
		assert_int_equal(host_thp_allowed(*state, &complaint), expected);
		assert_string_equal(
			complaint.advice, cases[i].advice ? cases[i].advice : "");
	}
}

static void test_room(void **state)
{
	struct complaint complaint = {0};

	put(*state, "/proc/meminfo",
		"MemTotal: 8192 kB\nMemFree: 1024 kB\nMemAvailable:    4096 kB\n");
	assert_int_equal(host_room(*state, "small", 4 * MB, -1, &complaint), 0);
	assert_int_equal(host_room(*state, "small", 4 * MB + 1, -1, &complaint), -ENOMEM);
	assert_string_equal(complaint.what, "small: 4M wanted, 4M of memory available");
}

static void test_room_on_a_node(void **state)
{
	struct complaint complaint = {0};

	put(*state, "/sys/devices/system/node/node3/meminfo",
		"Node 3 MemTotal:  8192 kB\nNode 3 MemFree:   1024 kB\n"
		"Node 3 Active(anon): 4096 kB\n"
		"Node 3 Active(file):  512 kB\nNode 3 Inactive(file): 512 kB\n");
	assert_int_equal(host_room(*state, "thp", 2 * MB, 3, &complaint), 0);
	assert_int_equal(host_room(*state, "thp", 6 * MB, 3, &complaint), -ENOMEM);
	assert_string_equal(
		complaint.what, "thp: 6M wanted, 2M of memory available on node 3");
	/* Nothing known of this one: the kernel decides. */
	assert_int_equal(host_room(*state, "thp", 6 * MB, 4, &complaint), 0);
}

static int verify(const char *name, uint64_t page, uint64_t huge, int node, double share,
	struct complaint *complaint)
{
	struct memory_grant grant = {.bytes = 64 * MB,
		.node = node,
		.page_bytes = memory_page_bytes(memory_find(name))};
	struct memory_obtained obtained = {
		.page_bytes = page, .huge_bytes = huge, .node = share < 1 ? -1 : 0};

	obtained.node_share = share;
	*complaint = (struct complaint){.what = ""};
	return memory_verify(memory_find(name), &grant, &obtained, complaint);
}

static void test_verify_pages(void **state)
{
	uint64_t base = host_base_page();
	struct complaint c;

	(void)state;
	assert_int_equal(verify("libc", base, 0, -1, 1, &c), 0);
	assert_int_equal(verify("libc", 0, 12 * MB, -1, 1, &c), 0);
	assert_int_equal(verify("small", base, 0, -1, 1, &c), 0);
	assert_int_equal(verify("small", base, 2 * MB, -1, 1, &c), -ENOTSUP);
	assert_string_equal(c.what, "small: 2M of 64M on huge pages");
	assert_int_equal(verify("small", 0, 0, -1, 1, &c), -ENOTSUP);
	assert_string_equal(c.what, "small: not all of 64M in memory");
	assert_int_equal(verify("hugetlb-2m", 2 * MB, 64 * MB, -1, 1, &c), 0);
	assert_int_equal(verify("hugetlb-2m", base, 0, -1, 1, &c), -ENOTSUP);
	assert_string_equal(c.what, "hugetlb-2m: 0 of 64M on huge pages");
	assert_int_equal(verify("hugetlb-1g", 2 * MB, 64 * MB, -1, 1, &c), -ENOTSUP);
	assert_string_equal(c.why, "they are not pages of 1G");
}

static void test_verify_thp(void **state)
{
	uint64_t huge = memory_page_bytes(memory_find("thp"));
	struct complaint c;

	(void)state;
	if (huge == 0) {
		print_message("this kernel has no transparent huge pages\n");
		skip();
	}
	assert_int_equal(verify("thp", huge, 64 * MB, -1, 1, &c), 0);
	assert_int_equal(verify("thp", 0, 12 * MB, -1, 1, &c), -ENOTSUP);
	assert_string_equal(c.what, "thp: 12M of 64M on huge pages");
	assert_string_equal(c.advice, "echo 1 | sudo tee /proc/sys/vm/compact_memory");
}

static void test_verify_node(void **state)
{
	uint64_t base = host_base_page();
	struct complaint c;

	(void)state;
	assert_int_equal(verify("small", base, 0, 0, 1, &c), 0);
	assert_int_equal(verify("small", base, 0, 0, 0, &c), 0); /* not told */
	assert_int_equal(verify("small", base, 0, -1, 0.5, &c), 0);
	assert_int_equal(verify("small", base, 0, 0, 0.75, &c), -ENOTSUP);
	assert_string_equal(c.what, "small: not all pages on node 0");
	assert_string_equal(c.why, "75 % of the sampled pages share a node");
	assert_int_equal(verify("small", base, 0, 1, 1, &c), -ENOTSUP);
}

static void test_registry(void **state)
{
	const char *names[] = {"libc", "small", "thp", "hugetlb-2m", "hugetlb-1g", "hp",
		"hp-firstfit", "hp-bump"};
	const size_t count = sizeof(names) / sizeof(names[0]);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(memory_backends[i]->name, names[i]);
		assert_ptr_equal(memory_find(names[i]), memory_backends[i]);
	}
	assert_null(memory_backends[count]);
	assert_null(memory_find("hugetlb"));
	assert_int_equal(memory_page_bytes(memory_find("libc")), 0);
	assert_int_equal(memory_page_bytes(memory_find("small")), host_base_page());
	assert_int_equal(memory_page_bytes(memory_find("hugetlb-1g")), 1024 * MB);
}

int main(void)
{
#define ROOTED(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		ROOTED(test_no_thp),
		ROOTED(test_thp_switches),
		ROOTED(test_room),
		ROOTED(test_room_on_a_node),
		cmocka_unit_test(test_verify_pages),
		cmocka_unit_test(test_verify_thp),
		cmocka_unit_test(test_verify_node),
		cmocka_unit_test(test_registry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
