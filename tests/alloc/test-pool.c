/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pools on a sysfs of files, behind which the test plays the kernel: a write to
 * nr_hugepages is answered with as many pages as there is memory for.
 */
#include "alloc/pool.h"
#include "base/file.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* after the headers that it needs */
#include <cmocka.h>

#define MB (1024ull * 1024)
#define HUGE "/sys/kernel/mm/hugepages/hugepages-2048kB"
#define NODE1 "/sys/devices/system/node/node1/hugepages/hugepages-2048kB"

static struct {
	char root[64];
	uint64_t memory;        /* pages that the kernel can make */
	uint64_t after_compact; /* the same, once memory was compacted */
	uint64_t kept;          /* fewer it does not leave */
	int writes;
	int compactions;
	int write_error;     /* every write fails with it */
	int read_back_fails; /* reading nr_hugepages fails after a write */
} kernel;

int __real_file_write_u64(const char *root, const char *path, uint64_t value);
int __wrap_file_write_u64(const char *root, const char *path, uint64_t value);
int __real_file_read_u64(const char *root, const char *path, uint64_t *value);
int __wrap_file_read_u64(const char *root, const char *path, uint64_t *value);

static void put(const char *path, const char *content)
{
	char whole[256];
	char *name;
	FILE *file;

	snprintf(whole, sizeof(whole), "%s%s", kernel.root, path);
	name = strrchr(whole, '/');
	*name = '\0';
	assert_int_equal(file_make_folders(whole), 0);
	*name = '/';
	file = fopen(whole, "w");
	assert_non_null(file);
	fputs(content, file);
	fclose(file);
}

static void put_u64(const char *folder, const char *file, uint64_t value)
{
	char path[160];
	char number[32];

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	snprintf(number, sizeof(number), "%llu\n", (unsigned long long)value);
	put(path, number);
}

static uint64_t get_u64(const char *folder, const char *file)
{
	char path[160];
	uint64_t value = 0;

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	assert_int_equal(__real_file_read_u64(kernel.root, path, &value), 0);
	return value;
}

/* nr_hugepages counts surplus pages, a write to it does not. */
static void set_pool(const char *folder, uint64_t pages, uint64_t used, uint64_t surplus)
{
	put_u64(folder, "nr_hugepages", pages + surplus);
	put_u64(folder, "free_hugepages", pages + surplus - used);
	put_u64(folder, "surplus_hugepages", surplus);
}

int __wrap_file_write_u64(const char *root, const char *path, uint64_t value)
{
	char folder[128];
	uint64_t used;

	if (kernel.write_error)
		return kernel.write_error;
	if (strcmp(path, "/proc/sys/vm/compact_memory") == 0) {
		kernel.compactions++;
		kernel.memory = kernel.after_compact;
		return 0;
	}
	assert_string_equal(root, kernel.root);
	assert_non_null(strstr(path, "/nr_hugepages"));
	kernel.writes++;
	snprintf(folder, sizeof(folder), "%.*s",
		(int)(strlen(path) - strlen("/nr_hugepages")), path);
	used = get_u64(folder, "nr_hugepages") - get_u64(folder, "free_hugepages");
	if (value > kernel.memory)
		value = kernel.memory;
	if (value < kernel.kept)
		value = kernel.kept;
	/* Pages in use outlive a smaller pool as surplus. */
	set_pool(folder, value, used, used > value ? used - value : 0);
	return 0;
}

int __wrap_file_read_u64(const char *root, const char *path, uint64_t *value)
{
	if (kernel.read_back_fails && kernel.writes > 0 && strstr(path, "/nr_hugepages"))
		return -EIO;
	return __real_file_read_u64(root, path, value);
}

static int set_up(void **state)
{
	(void)state;
	memset(&kernel, 0, sizeof(kernel));
	strcpy(kernel.root, "/tmp/escalier-pool-XXXXXX");
	assert_non_null(mkdtemp(kernel.root));
	kernel.memory = kernel.after_compact = 1000;
	set_pool(HUGE, 10, 4, 0);
	put_u64(HUGE, "resv_hugepages", 1);
	set_pool(NODE1, 5, 0, 0);
	put("/proc/meminfo", "MemTotal: 1 kB\nHugepagesize:       2048 kB\n");
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", kernel.root);
	return system(command);
}

static struct pool open_pool(int node)
{
	struct pool pool;

	assert_int_equal(pool_open(&pool, kernel.root, 2 * MB, node), 0);
	return pool;
}

static void test_open(void **state)
{
	struct pool pool = open_pool(-1);
	uint64_t available;

	(void)state;
	assert_int_equal(pool.before, 10);
	assert_int_equal(pool.now, 10);
	assert_false(pool.changed);
	assert_int_equal(pool_available(&pool, &available), 0);
	assert_int_equal(available, 5); /* 6 free, 1 of them promised */
	assert_int_equal(pool_open(&pool, kernel.root, 16 * MB, -1), -ENOENT);
	assert_int_equal(pool_open(&pool, kernel.root, 2 * MB, 7), -ENOENT);
}

static void test_open_refuses_a_long_root(void **state)
{
	char root[200];
	struct pool pool;

	(void)state;
	memset(root, 'r', sizeof(root) - 1);
	root[sizeof(root) - 1] = '\0';
	assert_int_equal(pool_open(&pool, root, 2 * MB, -1), -ENAMETOOLONG);
}

static void test_enough_changes_nothing(void **state)
{
	struct pool pool = open_pool(-1);
	struct complaint complaint = {0};

	(void)state;
	assert_int_equal(pool_grow(&pool, 5, &complaint), 0);
	assert_int_equal(kernel.writes, 0);
	assert_false(pool.changed);
	assert_int_equal(pool_restore(&pool), 0);
	assert_int_equal(kernel.writes, 0);
}

static void test_grow_and_restore(void **state)
{
	struct pool pool = open_pool(-1);
	struct complaint complaint = {0};

	(void)state;
	assert_int_equal(pool_grow(&pool, 64, &complaint), 0);
	assert_int_equal(pool.asked, 69);
	assert_int_equal(pool.now, 69);
	assert_true(pool.changed);
	assert_int_equal(get_u64(HUGE, "nr_hugepages"), 69);
	assert_int_equal(kernel.compactions, 0);
	assert_int_equal(pool_restore(&pool), 0);
	assert_int_equal(get_u64(HUGE, "nr_hugepages"), 10);
	assert_int_equal(kernel.writes, 2);
	assert_int_equal(pool_restore(&pool), 0);
	assert_int_equal(kernel.writes, 2);
}

static void test_node_pool(void **state)
{
	struct pool pool = open_pool(1);
	struct complaint complaint = {0};

	(void)state;
	assert_int_equal(pool_grow(&pool, 8, &complaint), 0);
	assert_int_equal(
		get_u64(NODE1, "nr_hugepages"), 9); /* the promised page may be here */
	assert_int_equal(get_u64(HUGE, "nr_hugepages"), 10);
	assert_int_equal(pool_restore(&pool), 0);
	assert_int_equal(get_u64(NODE1, "nr_hugepages"), 5);
}

static void test_short_pool_keeps_what_there_is(void **state)
{
	struct pool pool = open_pool(-1);
	struct complaint complaint = {0};

	(void)state;
	kernel.memory = kernel.after_compact = 40;
	assert_int_equal(pool_grow(&pool, 64, &complaint), -ENOMEM);
	assert_int_equal(pool.asked, 69);
	assert_int_equal(pool.now, 40);
	assert_int_equal(kernel.writes, 3);
	assert_int_equal(kernel.compactions, 2);
	assert_string_equal(
		complaint.what, "the pool of 2M pages holds 40 of the 69 wanted");
	assert_non_null(strstr(complaint.advice, "hugepagesz=2M hugepages=69"));
	assert_int_equal(pool_restore(&pool), 0);
	assert_int_equal(get_u64(HUGE, "nr_hugepages"), 10);
}

static void test_compaction_helps(void **state)
{
	struct pool pool = open_pool(-1);
	struct complaint complaint = {0};

	(void)state;
	kernel.memory = 40;
	assert_int_equal(pool_grow(&pool, 64, &complaint), 0);
	assert_int_equal(kernel.compactions, 1);
	assert_int_equal(kernel.writes, 2);
	assert_int_equal(pool.now, 69);
	assert_int_equal(pool_restore(&pool), 0);
	assert_int_equal(get_u64(HUGE, "nr_hugepages"), 10);
}

static void test_no_rights(void **state)
{
	const int errors[] = {-EACCES, -EPERM, -EROFS};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct pool pool = open_pool(-1);
		struct complaint complaint = {0};

		kernel.write_error = errors[i];
		assert_int_equal(pool_grow(&pool, 64, &complaint), -EACCES);
		assert_string_equal(complaint.advice, "sudo sysctl vm.nr_hugepages=69");
		assert_non_null(strstr(complaint.why, "only root may write " HUGE));
		assert_false(pool.changed);
		assert_int_equal(pool_restore(&pool), 0);
	}
}

static void test_advice_names_the_file_where_sysctl_means_another(void **state)
{
	struct pool pool = open_pool(1);
	struct complaint complaint = {0};

	(void)state;
	pool_advise(&pool, 9, &complaint);
	assert_string_equal(complaint.advice, "echo 9 | sudo tee " NODE1 "/nr_hugepages");
	put("/proc/meminfo", "Hugepagesize:    1048576 kB\n");
	pool = open_pool(-1);
	pool_advise(&pool, 9, &complaint);
	assert_string_equal(complaint.advice, "echo 9 | sudo tee " HUGE "/nr_hugepages");
}

static void test_other_failures_are_forwarded(void **state)
{
	struct pool pool = open_pool(-1);
	struct complaint complaint = {0};

	(void)state;
	kernel.write_error = -EIO;
	assert_int_equal(pool_grow(&pool, 64, &complaint), -EIO);
	assert_non_null(strstr(complaint.what, "69 pages"));
	kernel.write_error = 0;
	assert_int_equal(pool_grow(&pool, 64, &complaint), 0);
	kernel.write_error = -EIO;
	assert_int_equal(pool_restore(&pool), -EIO);
	assert_true(pool.changed);
	kernel.write_error = 0;
	assert_int_equal(pool_restore(&pool), 0);
	assert_int_equal(get_u64(HUGE, "nr_hugepages"), 10);
}

/* The write went through and cannot be seen: it is still put back. */
static void test_unreadable_after_growing(void **state)
{
	struct pool pool = open_pool(-1);
	struct complaint complaint = {0};

	(void)state;
	kernel.read_back_fails = 1;
	assert_int_equal(pool_grow(&pool, 64, &complaint), -EIO);
	assert_true(pool.changed);
	kernel.read_back_fails = 0;
	assert_int_equal(pool_restore(&pool), 0);
	assert_int_equal(get_u64(HUGE, "nr_hugepages"), 10);
}

/* Pages still in use become surplus, and the setting is exact all the same. */
static void test_restore_under_users(void **state)
{
	struct pool pool = open_pool(-1);
	struct complaint complaint = {0};

	(void)state;
	assert_int_equal(pool_grow(&pool, 64, &complaint), 0);
	set_pool(HUGE, 69, 30, 0);
	assert_int_equal(pool_restore(&pool), 0);
	assert_int_equal(get_u64(HUGE, "surplus_hugepages"), 20);
	assert_int_equal(get_u64(HUGE, "nr_hugepages"), 30);
	pool = open_pool(-1);
	assert_int_equal(pool.before, 10);
}

static void test_others_grew_it_meanwhile(void **state)
{
	struct pool pool = open_pool(-1);
	struct complaint complaint = {0};

	(void)state;
	assert_int_equal(pool_grow(&pool, 64, &complaint), 0);
	set_pool(HUGE, 169, 4, 0);
	assert_int_equal(pool_restore(&pool), 0);
	assert_int_equal(get_u64(HUGE, "nr_hugepages"), 110);
}

static void test_others_hold_what_they_made(void **state)
{
	struct pool pool = open_pool(-1);
	struct complaint complaint = {0};

	(void)state;
	assert_int_equal(pool_grow(&pool, 64, &complaint), 0);
	set_pool(HUGE, 30, 20, 0); /* made smaller, 20 in use and 1 promised */
	assert_int_equal(pool_restore(&pool), 0);
	assert_int_equal(get_u64(HUGE, "nr_hugepages"), 21);
}

/* Two sweeps at once, ended in either order. */
static void test_two_that_grow(void **state)
{
	(void)state;
	for (int first = 0; first < 2; first++) {
		struct pool pools[2] = {open_pool(-1)};
		struct complaint complaint = {0};

		assert_int_equal(pool_grow(&pools[0], 64, &complaint), 0);
		pools[1] = open_pool(-1);
		assert_int_equal(pool_grow(&pools[1], 128, &complaint), 0);
		assert_int_equal(get_u64(HUGE, "nr_hugepages"), 133);
		assert_int_equal(pool_restore(&pools[first]), 0);
		assert_int_equal(pool_restore(&pools[!first]), 0);
		assert_int_equal(get_u64(HUGE, "nr_hugepages"), 10);
	}
}

/* The kernel keeps more than it was told: said, and tried again. */
static void test_restore_falls_short(void **state)
{
	struct pool pool = open_pool(-1);
	struct complaint complaint = {0};

	(void)state;
	assert_int_equal(pool_grow(&pool, 64, &complaint), 0);
	kernel.kept = 30;
	assert_int_equal(pool_restore(&pool), -EBUSY);
	assert_int_equal(get_u64(HUGE, "nr_hugepages"), 30);
	kernel.kept = 0;
	assert_int_equal(pool_restore(&pool), 0);
	assert_int_equal(get_u64(HUGE, "nr_hugepages"), 10);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_open),
		TEST(test_open_refuses_a_long_root),
		TEST(test_enough_changes_nothing),
		TEST(test_grow_and_restore),
		TEST(test_node_pool),
		TEST(test_short_pool_keeps_what_there_is),
		TEST(test_compaction_helps),
		TEST(test_no_rights),
		TEST(test_advice_names_the_file_where_sysctl_means_another),
		TEST(test_other_failures_are_forwarded),
		TEST(test_unreadable_after_growing),
		TEST(test_restore_under_users),
		TEST(test_others_grew_it_meanwhile),
		TEST(test_others_hold_what_they_made),
		TEST(test_two_that_grow),
		TEST(test_restore_falls_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
