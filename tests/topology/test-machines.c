/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recorded machines (machines/NAME.xml) and described ones (NAME.synthetic), each printed
 * as text and JSON and compared with NAME.txt and NAME.json. REFRESH=1 in the environment
 * rewrites the expected output instead; read the difference before committing it. Run
 * from the top folder.
 */
#include "base/file.h"
#include "topology/topology.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER "tests/topology/machines"

static void load(struct machine *machine, const char *path)
{
	struct complaint complaint;
	struct text text;

	if (strstr(path, ".xml")) {
		assert_int_equal(topology_load(machine, path, &complaint), 0);
		return;
	}
	text_init(&text);
	assert_int_equal(file_read_all(path, &text), 0);
	text.bytes[strcspn(text.bytes, "\n")] = '\0';
	assert_int_equal(topology_load(machine, text.bytes, &complaint), 0);
	text_release(&text);
}

static void compare(const char *path, const char *suffix, const struct text *got)
{
	char expected_path[512];
	struct text expected;

	(void)snprintf(expected_path, sizeof(expected_path), "%.*s%s",
		(int)(strrchr(path, '.') - path), path, suffix);
	if (getenv("REFRESH")) {
		assert_int_equal(file_write_all(expected_path, got), 0);
		return;
	}
	text_init(&expected);
	if (file_read_all(expected_path, &expected) != 0)
		fail_msg("%s is missing: run with REFRESH=1", expected_path);
	if (strcmp(got->bytes, expected.bytes) != 0)
		fail_msg("%s differs; got:\n%s", expected_path, got->bytes);
	text_release(&expected);
}

static void machines_print_as_expected(void **state)
{
	glob_t paths = {0};

	(void)state;
	assert_int_equal(glob(FOLDER "/*.xml", 0, NULL, &paths), 0);
	assert_int_equal(glob(FOLDER "/*.synthetic", GLOB_APPEND, NULL, &paths), 0);
	assert_true(paths.gl_pathc >= 8);
	for (size_t i = 0; i < paths.gl_pathc; i++) {
		struct machine machine;
		struct text text;

		load(&machine, paths.gl_pathv[i]);
		assert_false(machine.live);
		text_init(&text);
		machine_print(&machine, &text);
		assert_int_equal(text.error, 0);
		compare(paths.gl_pathv[i], ".txt", &text);
		text_clear(&text);
		assert_int_equal(machine_print_json(&machine, &text), 0);
		compare(paths.gl_pathv[i], ".json", &text);
		text_release(&text);
		topology_release(&machine);
	}
	globfree(&paths);
}

/* A loaded machine holds nothing of the one that the test runs on. */
static void nothing_of_the_live_machine_gets_in(void **state)
{
	struct complaint complaint;
	struct machine machine;

	(void)state;
	assert_int_equal(topology_load(&machine, "core:4 l1d:1 pu:1", &complaint), 0);
	assert_string_equal(machine.host, "");
	assert_string_equal(machine.kernel, "");
	assert_string_equal(machine.architecture, "");
	assert_string_equal(machine.cpu_model, "");
	assert_string_equal(machine.hypervisor, "");
	assert_string_equal(machine.thp_enabled, "");
	assert_int_equal(machine.thp_bytes, 0);
	assert_int_equal(machine.available_bytes, 0);
	assert_int_equal(machine.tlbs_count, 0);
	assert_int_equal(machine.page_sizes_count, 1);
	assert_int_equal(machine.nodes[0].free_bytes, 0);
	topology_release(&machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(machines_print_as_expected),
		cmocka_unit_test(nothing_of_the_live_machine_gets_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
