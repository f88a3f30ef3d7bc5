/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/allocators.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A folder with files that pass for libraries. */
static char folder[] = "/tmp/escalier-allocators-XXXXXX";

static void touch(const char *name)
{
	char path[PATH_MAX];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
}

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	touch("libescalier-hp.so");
	touch("libjemalloc.so.2");
	touch("libmimalloc.so.2.0");
	touch("libmimalloc.so.3.1");
	return setenv("LD_LIBRARY_PATH", folder, 1);
}

static int remove_folder(void **state)
{
	char command[PATH_MAX];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

static void every_entry_has_its_own_name_and_words(void **state)
{
	size_t count = 0;

	(void)state;
	for (; program_allocators[count].name[0]; count++) {
		assert_true(program_allocators[count].summary[0] != '\0');
		for (size_t i = 0; i < count; i++)
			assert_string_not_equal(program_allocators[i].name,
				program_allocators[count].name);
		for (size_t i = 0;
			i < ALLOCATOR_VARIABLES && program_allocators[count].variables[i];
			i++)
			assert_non_null(
				strchr(program_allocators[count].variables[i], '='));
	}
	assert_true(count > 8);
	assert_string_equal(program_allocators[0].name, "libc");
}

static void finds_libraries_where_the_loader_looks(void **state)
{
	struct program_allocator found;
	struct complaint complaint = {0};
	char path[PATH_MAX];

	(void)state;
	assert_int_equal(allocator_find(&found, "libc", "/none", &complaint), 0);
	assert_string_equal(found.path, "");
	assert_int_equal(allocator_find(&found, "jemalloc", "/none", &complaint), 0);
	(void)snprintf(path, sizeof(path), "%s/libjemalloc.so.2", folder);
	assert_string_equal(found.path, path);
	/* The newest of several. */
	assert_int_equal(allocator_find(&found, "mimalloc", "/none", &complaint), 0);
	(void)snprintf(path, sizeof(path), "%s/libmimalloc.so.3.1", folder);
	assert_string_equal(found.path, path);
	assert_int_equal(allocator_find(&found, "hp-thp", folder, &complaint), 0);
	(void)snprintf(path, sizeof(path), "%s/libescalier-hp.so", folder);
	assert_string_equal(found.path, path);
}

static void says_what_is_missing(void **state)
{
	struct program_allocator found;
	struct complaint complaint = {0};

	(void)state;
	assert_int_equal(allocator_find(&found, "hp", "/none", &complaint), -ENOPKG);
	assert_string_equal(complaint.what, "hp is not installed");
	assert_non_null(strstr(complaint.why, "/none"));
	assert_int_equal(
		allocator_find(&found, "jemallock", "/none", &complaint), -ENOENT);
	assert_string_equal(complaint.what, "there is no allocator \"jemallock\"");
	assert_non_null(strstr(complaint.advice, "jemalloc,"));
}

static void takes_a_library_of_the_users_own(void **state)
{
	static const char *const wrong[] = {
		"", "name", "=/lib/x.so", "name=relative.so", "name="};
	struct program_allocator defined;
	struct complaint complaint = {0};
	char definition[PATH_MAX + 8];

	(void)state;
	(void)snprintf(
		definition, sizeof(definition), "mine=%s/libjemalloc.so.2", folder);
	assert_int_equal(allocator_define(&defined, definition, &complaint), 0);
	assert_string_equal(defined.name, "mine");
	assert_string_equal(defined.path, definition + strlen("mine="));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(
			allocator_define(&defined, wrong[i], &complaint), -EINVAL);
	assert_int_equal(
		allocator_define(&defined, "mine=/no/such.so", &complaint), -ENOENT);
}

static const char *find(char **environment, const char *name)
{
	for (; *environment; environment++)
		if (strncmp(*environment, name, strlen(name)) == 0 &&
			(*environment)[strlen(name)] == '=')
			return *environment + strlen(name) + 1;
	return NULL;
}

static void replaces_what_would_choose_an_allocator(void **state)
{
	const char *const base[] = {"HOME=/root", "MALLOC_CONF=narenas:1",
		"LD_PRELOAD=/lib/other.so", "GLIBC_TUNABLES=glibc.malloc.hugetlb=2",
		"MIMALLOC_VERBOSE=1", "ESCALIER_HP_PAGES=small", NULL};
	struct program_allocator found;
	struct complaint complaint = {0};
	char preload[PATH_MAX + 32];
	char **environment;

	(void)state;
	assert_int_equal(allocator_find(&found, "jemalloc", "/none", &complaint), 0);
	environment = allocator_environment(&found, (char *const *)(uintptr_t)base);
	assert_non_null(environment);
	assert_string_equal(find(environment, "HOME"), "/root");
	(void)snprintf(
		preload, sizeof(preload), "%s/libjemalloc.so.2:/lib/other.so", folder);
	assert_string_equal(find(environment, "LD_PRELOAD"), preload);
	assert_null(find(environment, "MALLOC_CONF"));
	assert_null(find(environment, "GLIBC_TUNABLES"));
	assert_null(find(environment, "MIMALLOC_VERBOSE"));
	assert_null(find(environment, "ESCALIER_HP_PAGES"));
	free((void *)environment);

	assert_int_equal(allocator_find(&found, "libc-thp", "/none", &complaint), 0);
	environment = allocator_environment(&found, (char *const *)(uintptr_t)base);
	assert_string_equal(find(environment, "LD_PRELOAD"), "/lib/other.so");
	assert_string_equal(
		find(environment, "GLIBC_TUNABLES"), "glibc.malloc.hugetlb=1");
	free((void *)environment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_entry_has_its_own_name_and_words),
		cmocka_unit_test(finds_libraries_where_the_loader_looks),
		cmocka_unit_test(says_what_is_missing),
		cmocka_unit_test(takes_a_library_of_the_users_own),
		cmocka_unit_test(replaces_what_would_choose_an_allocator),
	};

	return cmocka_run_group_tests_name(
		"allocators", tests, make_folder, remove_folder);
}
