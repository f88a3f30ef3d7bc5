/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A folder of the test's own: `state` is its path. */
static int make_folder(void **state)
{
	char *folder = strdup("/tmp/escalier-file-XXXXXX");

	*state = folder;
	return folder && mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	int result = rmdir(*state);

	free(*state);
	return result;
}

static char *path_in(char path[256], void **state, const char *name)
{
	(void)snprintf(path, 256, "%s/%s", (const char *)*state, name);
	return path;
}

static void write_string(const char *path, const char *string)
{
	struct text text;

	text_init(&text);
	text_append(&text, string);
	assert_int_equal(file_write_all(path, &text), 0);
	text_release(&text);
}

static void assert_content(const char *path, const char *expected)
{
	struct text text;

	text_init(&text);
	assert_int_equal(file_read_all(path, &text), 0);
	assert_string_equal(text.bytes, expected);
	text_release(&text);
}

/* Lengths around the block that is read at once; bytes of every value. */
static void content_comes_back(void **state)
{
	static const size_t lengths[] = {0, 1, 65535, 65536, 65537, 200000};
	char path[256];

	path_in(path, state, "file");
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct text written;
		struct text read;

		text_init(&written);
		text_init(&read);
		for (size_t j = 0; j < lengths[i]; j++)
			text_append_bytes(&written, &(char){(char)(j % 256)}, 1);
		assert_int_equal(file_write_all(path, &written), 0);
		text_append(&read, "before ");
		assert_int_equal(file_read_all(path, &read), 0);
		assert_int_equal(read.length, 7 + lengths[i]);
		assert_memory_equal(read.bytes, "before ", 7);
		assert_memory_equal(read.bytes + 7, written.bytes, lengths[i]);
		text_release(&written);
		text_release(&read);
	}
	assert_int_equal(unlink(path), 0);
}

static void a_failed_replacement_leaves_the_old(void **state)
{
	char path[256];
	char part[256];
	struct text text;

	path_in(path, state, "file");
	path_in(part, state, "file.part");
	write_string(path, "old");
	/* The new content cannot be written. */
	assert_int_equal(symlink("/dev/full", part), 0);
	text_init(&text);
	text_append(&text, "new");
	assert_int_equal(file_write_all(path, &text), -ENOSPC);
	assert_content(path, "old");
	assert_int_equal(access(part, F_OK), -1);
	/* It was never complete. */
	text.error = -ENOMEM;
	assert_int_equal(file_write_all(path, &text), -ENOMEM);
	assert_content(path, "old");
	text.error = 0;
	/* It cannot take its place. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0777), 0);
	assert_int_equal(file_write_all(path, &text), -EISDIR);
	assert_int_equal(access(part, F_OK), -1);
	assert_int_equal(rmdir(path), 0);
	text_release(&text);
}

static void a_pipe_is_written_to_and_stays(void **state)
{
	char folder[] = "/tmp/escalier-file-XXXXXX";
	char path[64];
	char got[8] = "";
	struct stat status;
	struct text text;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/pipe", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	/* Read and write: neither end waits for the other. */
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	text_init(&text);
	text_append(&text, "through");
	assert_int_equal(file_write_all(path, &text), 0);
	assert_int_equal(read(fd, got, sizeof(got)), 7);
	assert_memory_equal(got, "through", 7);
	assert_int_equal(stat(path, &status), 0);
	assert_true(S_ISFIFO(status.st_mode));
	text_release(&text);
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void a_replaced_file_is_another_file(void **state)
{
	char path[256];
	char held[8] = "";
	int fd;

	path_in(path, state, "file");
	write_string(path, "old");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	write_string(path, "new");
	assert_int_equal(read(fd, held, sizeof(held) - 1), 3);
	assert_string_equal(held, "old");
	assert_content(path, "new");
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(path), 0);
}

static void lines_are_cut_to_the_buffer(void **state)
{
	char path[256];
	char line[6];

	path_in(path, state, "file");
	write_string(path, "ab\nsecond\n");
	assert_int_equal(file_read_line(*state, "/file", line, sizeof(line)), 0);
	assert_string_equal(line, "ab");
	write_string(path, "longer than it");
	assert_int_equal(file_read_line("", path, line, sizeof(line)), 0);
	assert_string_equal(line, "longe");
	write_string(path, "");
	assert_int_equal(file_read_line("", path, line, sizeof(line)), 0);
	assert_string_equal(line, "");
	assert_int_equal(unlink(path), 0);
}

static void numbers_are_read_and_written(void **state)
{
	static const char *const bad[] = {
		"", "\n", "x", "-1", "12x", "1 2", "18446744073709551616"};
	char path[256];
	uint64_t value = 0;

	path_in(path, state, "file");
	write_string(path, "longer than the number");
	assert_int_equal(file_write_u64(*state, "/file", UINT64_MAX), 0);
	assert_content(path, "18446744073709551615");
	assert_int_equal(file_read_u64(*state, "/file", &value), 0);
	assert_true(value == UINT64_MAX);
	write_string(path, "42\nand more\n");
	assert_int_equal(file_read_u64("", path, &value), 0);
	assert_int_equal(value, 42);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_string(path, bad[i]);
		assert_int_equal(file_read_u64("", path, &value), -EINVAL);
		assert_int_equal(value, 42);
	}
	assert_int_equal(unlink(path), 0);
}

/* Writing a number creates no file: a missing knob of sysfs is no knob. */
static void what_is_missing_is_said(void **state)
{
	char path[256];
	char line[8];
	uint64_t value;
	struct text text;
	char *long_path = calloc(1, 8193);

	assert_non_null(long_path);
	memset(long_path, 'a', 8192);
	text_init(&text);
	path_in(path, state, "missing");
	assert_int_equal(file_read_line("", path, line, sizeof(line)), -ENOENT);
	assert_int_equal(file_read_u64("", path, &value), -ENOENT);
	assert_int_equal(file_write_u64("", path, 1), -ENOENT);
	assert_int_equal(file_read_all(path, &text), -ENOENT);
	assert_int_equal(file_read_all(*state, &text), -EISDIR);
	assert_int_equal(file_write_all("/dev/null/file", &text), -ENOTDIR);
	assert_int_equal(file_write_u64("", "/dev/full", 1), -ENOSPC);
	assert_int_equal(
		file_read_line("", long_path, line, sizeof(line)), -ENAMETOOLONG);
	assert_int_equal(file_write_all(long_path, &text), -ENAMETOOLONG);
	assert_int_equal(file_make_folders(long_path), -ENAMETOOLONG);
	text_release(&text);
	free(long_path);
}

static void folders_are_made_once(void **state)
{
	static const char *const parts[] = {"a/b/c", "a/b", "a"};
	struct stat status;
	char path[256];

	path_in(path, state, "a/b/c");
	assert_int_equal(file_make_folders(path), 0);
	assert_int_equal(file_make_folders(path), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_true(S_ISDIR(status.st_mode));
	assert_int_equal(file_make_folders(path_in(path, state, "a/b/c/")), 0);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		assert_int_equal(rmdir(path_in(path, state, parts[i])), 0);
	assert_int_not_equal(file_make_folders(""), 0);
	assert_int_equal(file_make_folders("/dev/null/a"), -ENOTDIR);
}

static void a_file_in_the_way_is_no_folder(void **state)
{
	char path[256];

	write_string(path_in(path, state, "file"), "");
	assert_int_equal(file_make_folders(path_in(path, state, "file/b")), -ENOTDIR);
	assert_int_equal(file_make_folders(path_in(path, state, "file")), -ENOTDIR);
	assert_int_equal(unlink(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(content_comes_back),
		cmocka_unit_test(a_failed_replacement_leaves_the_old),
		cmocka_unit_test(a_replaced_file_is_another_file),
		cmocka_unit_test(a_pipe_is_written_to_and_stays),
		cmocka_unit_test(lines_are_cut_to_the_buffer),
		cmocka_unit_test(numbers_are_read_and_written),
		cmocka_unit_test(what_is_missing_is_said),
		cmocka_unit_test(folders_are_made_once),
		cmocka_unit_test(a_file_in_the_way_is_no_folder),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
