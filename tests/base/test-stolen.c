/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/stolen.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct root {
	char path[64], proc[80], stat[96];
};

/* A recorded /proc/stat, under a root of its own. */
static void make(struct root *root, const char *content)
{
	struct text text;

	(void)snprintf(root->path, sizeof(root->path), "/tmp/escalier-stolen-XXXXXX");
	assert_non_null(mkdtemp(root->path));
	(void)snprintf(root->proc, sizeof(root->proc), "%s/proc", root->path);
	(void)snprintf(root->stat, sizeof(root->stat), "%s/stat", root->proc);
	assert_int_equal(file_make_folders(root->proc), 0);
	text_init(&text);
	text_append(&text, content);
	assert_int_equal(file_write_all(root->stat, &text), 0);
	text_release(&text);
}

static void discard(const struct root *root)
{
	(void)unlink(root->stat);
	(void)rmdir(root->proc);
	(void)rmdir(root->path);
}

static void sums_over_the_cpus_of_the_set(void **state)
{
	const uint64_t tick_ns = 1000000000 / (uint64_t)sysconf(_SC_CLK_TCK);
	struct cpus cpus = {{0}};
	struct root root;

	(void)state;
	make(&root, "cpu  9 9 9 9 9 9 9 1116 0 0\n"
		    "cpu0 1 2 3 4 5 6 7 5 0 0\n"
		    "cpu1 1 2 3 4 5 6 7 11 0 0\n"
		    "cpu11 1 2 3 4 5 6 7 1100 0 0\n"
		    "intr 14813 9 8 7 6 5 4 3 2\n");
	assert_int_equal(stolen_ns(root.path, &cpus), 0);
	cpus_add(&cpus, 1);
	assert_int_equal(stolen_ns(root.path, &cpus), 11 * tick_ns);
	cpus_add(&cpus, 0);
	assert_int_equal(stolen_ns(root.path, &cpus), 16 * tick_ns);
	cpus_add(&cpus, 11);
	cpus_add(&cpus, 12); /* offline */
	assert_int_equal(stolen_ns(root.path, &cpus), 1116 * tick_ns);
	discard(&root);
}

static void what_is_not_told_is_none(void **state)
{
	struct cpus cpus = {{0}};
	struct root root;

	(void)state;
	cpus_add(&cpus, 0);
	assert_int_equal(stolen_ns("/nonexistent", &cpus), 0);
	make(&root, "cpu0 1 2 3 4 5 6 7\ncpu0 1\ncpux\n");
	assert_int_equal(stolen_ns(root.path, &cpus), 0);
	discard(&root);
	/* Never less than before. */
	assert_true(stolen_ns("", &cpus) <= stolen_ns("", &cpus));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_over_the_cpus_of_the_set),
		cmocka_unit_test(what_is_not_told_is_none),
	};

	return cmocka_run_group_tests_name("stolen", tests, NULL, NULL);
}
