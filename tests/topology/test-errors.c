/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"
#include "topology/load.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The load fails with this error, and its complaint holds these words. */
static void expect_refusal(
	const char *description, int error, const char *what, const char *why)
{
	struct complaint complaint;
	struct machine machine;

	assert_int_equal(topology_load(&machine, description, &complaint), error);
	assert_non_null(strstr(complaint.what, what));
	assert_non_null(strstr(complaint.why, why));
	assert_true(complaint.advice[0] != '\0');
}

static void descriptions_that_cannot_be(void **state)
{
	(void)state;
	expect_refusal("", -EINVAL, "empty", "");
	expect_refusal(" \t\n", -EINVAL, "empty", "");
	expect_refusal("nonsense", -EINVAL, "nonsense", "no such file");
	expect_refusal("core:", -EINVAL, "core:", "synthetic");
	expect_refusal("core:0", -EINVAL, "core:0", "synthetic");
	expect_refusal("pack:2 core:x pu:2", -EINVAL, "core:x", "synthetic");
	expect_refusal(
		"l1d:1(size=32KiB core:2 pu:1", -EINVAL, "size=32KiB", "synthetic");
}

/* hwloc would build them, an object for each. */
static void descriptions_too_large_to_build(void **state)
{
	(void)state;
	expect_refusal("core:99999999", -EINVAL, "99999999", "4096 CPUs");
	expect_refusal("pack:64 core:64 pu:2", -EINVAL, "pack:64", "4096 CPUs");
	expect_refusal("64 64 2", -EINVAL, "64 64 2", "4096 CPUs");
	expect_refusal("core:99999999999999999999999", -EINVAL, "core", "4096 CPUs");
}

/* Sizes in brackets are no counts. */
static void large_sizes_are_no_counts(void **state)
{
	struct complaint complaint;
	struct machine machine;

	(void)state;
	assert_int_equal(
		topology_load(&machine,
			"[numa(memory=9999999999)] l3:1(size=33554432) core:2 pu:1",
			&complaint),
		0);
	assert_int_equal(machine.cpu_count, 2);
	assert_int_equal(machine.caches[0].bytes, 32 << 20);
	topology_release(&machine);
}

static void files_that_cannot_be_read(void **state)
{
	(void)state;
	expect_refusal("missing.xml", -ENOENT, "missing.xml", "No such file");
	expect_refusal("missing/machine", -ENOENT, "missing/machine", "No such file");
	expect_refusal(
		"/dev/null/machine", -ENOTDIR, "/dev/null/machine", "Not a directory");
	expect_refusal("tests", -EISDIR, "tests", "Is a directory");
	expect_refusal("/dev/zero", -EINVAL, "/dev/zero", "Invalid");
}

static void expect_flaw(const char *xml, size_t length, const char *why)
{
	struct complaint complaint;
	struct machine machine;

	assert_int_equal(topology_load_xml(&machine, xml, length, &complaint), -EINVAL);
	assert_string_equal(complaint.what, "cannot load the topology XML text");
	assert_non_null(strstr(complaint.why, why));
}

static void text_that_is_no_topology(void **state)
{
#define FLAW(xml, why) expect_flaw(xml, sizeof(xml) - 1, why)
	(void)state;
	FLAW("", "empty");
	FLAW(" \n", "empty");
	FLAW("\xef\xbb\xbf", "empty");
	FLAW("{\"topology\": 1}", "does not begin with");
	FLAW("<html></html>", "no <topology>");
	FLAW("<topology version=\"2.0\"><object", "cut short");
	FLAW("<topology>\0</topology>", "zero byte");
	FLAW("<topology version=\"2.0\"></topology>", "hwloc");
	FLAW("<topology version=\"9.0\"><object type=\"Machine\"/></topology>", "hwloc");
	FLAW("<topology version=\"2.0\"><object type=\"Toaster\"/></topology>", "hwloc");
}

/* Two CPUs, with or without attributes that hwloc needs but does not check. */
static int load_two_cpus(bool complete, struct machine *machine)
{
	struct complaint complaint;
	struct text xml;
	int error;

	text_init(&xml);
	text_format(&xml,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n"
		"<topology version=\"2.0\">\n"
		" <object type=\"Machine\" os_index=\"0\" cpuset=\"0x3\" complete_cpuset=\"0x3\""
		" allowed_cpuset=\"0x3\" nodeset=\"0x1\" complete_nodeset=\"0x1\""
		" allowed_nodeset=\"0x1\" gp_index=\"1\">\n"
		"  <object type=\"NUMANode\" os_index=\"0\" cpuset=\"0x3\""
		" complete_cpuset=\"0x3\" nodeset=\"0x1\" complete_nodeset=\"0x1\""
		" gp_index=\"2\"/>\n"
		"  <object type=\"PU\" os_index=\"0\" cpuset=\"0x1\" nodeset=\"0x1\" %s"
		" complete_nodeset=\"0x1\" gp_index=\"3\"/>\n"
		"  <object type=\"PU\" os_index=\"1\" cpuset=\"0x2\" nodeset=\"0x1\" %s"
		" complete_nodeset=\"0x1\" gp_index=\"4\"/>\n"
		" </object>\n"
		"</topology>\n",
		complete ? "complete_cpuset=\"0x1\"" : "",
		complete ? "complete_cpuset=\"0x2\"" : "");
	error = topology_load_xml(machine, xml.bytes, xml.length, &complaint);
	text_release(&xml);
	return error;
}

/* hwloc 2.9 crashes on this file, in the trial and not in this program. */
static void files_that_hwloc_crashes_on(void **state)
{
	struct machine machine;

	(void)state;
	assert_int_equal(load_two_cpus(true, &machine), 0);
	assert_int_equal(machine.cpu_count, 2);
	assert_true(machine.base_page_assumed);
	assert_int_equal(machine_free_bytes(&machine, 0), 0);
	topology_release(&machine);
	assert_int_equal(load_two_cpus(false, &machine), -EINVAL);
}

#define RECORDED "tests/topology/machines/epyc-vm-hotplug.xml"

/* Wherever a file is cut, it is refused; nothing leaks (the sanitizers' build tells). */
static void truncation_anywhere(void **state)
{
	struct text xml;

	(void)state;
	text_init(&xml);
	assert_int_equal(file_read_all(RECORDED, &xml), 0);
	for (size_t length = 0; length + 12 < xml.length; length += 37) {
		struct complaint complaint;
		struct machine machine;

		assert_int_equal(
			topology_load_xml(&machine, xml.bytes, length, &complaint),
			-EINVAL);
		assert_true(complaint.why[0] != '\0');
	}
	text_release(&xml);
}

/* What people and tools put in names must not break terminals or JSON. */
static void hostile_names_are_made_harmless(void **state)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{"plain", "plain"}, {"caf\xc3\xa9", "caf\xc3\xa9"},
		{"\x1b[31mred\n", "?[31mred?"}, {"\xff\xc3", "??"},
		{"\xc0\xaf", "??"},                   /* overlong */
		{"\xed\xa0\x80", "???"},              /* a surrogate */
		{"\xf4\x90\x80\x80", "????"},         /* past the last code point */
		{"1234567890123", "12345678901"},     /* cut at the end of the field */
		{"1234567890\xc3\xa9", "1234567890"}, /* never inside a character */
	};
	char to[12];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		machine_copy_text(to, sizeof(to), cases[i].from);
		assert_string_equal(to, cases[i].to);
	}
}

static void exports_that_cannot_be_written(void **state)
{
	struct complaint complaint;

	(void)state;
	assert_int_equal(topology_export("/dev/null/machine.xml", &complaint), -ENOTDIR);
	assert_non_null(strstr(complaint.what, "/dev/null/machine.xml"));
	assert_non_null(strstr(complaint.why, "Not a directory"));
}

/* hwloc's environment can stand another machine in this one's place: that is not
 * exported. */
static void an_imposed_machine_is_not_this_one(void **state)
{
	struct complaint complaint;
	struct machine machine;

	(void)state;
	assert_int_equal(setenv("HWLOC_SYNTHETIC", "core:3 pu:1", 1), 0);
	assert_int_equal(topology_load(&machine, NULL, &complaint), 0);
	assert_false(machine.live);
	assert_int_equal(machine.cpu_count, 3);
	assert_string_equal(machine.source, "hwloc's environment");
	topology_release(&machine);
	assert_int_equal(topology_export("/dev/null/machine.xml", &complaint), -EINVAL);
	assert_non_null(strstr(complaint.advice, "HWLOC_SYNTHETIC"));
	assert_int_equal(unsetenv("HWLOC_SYNTHETIC"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(descriptions_that_cannot_be),
		cmocka_unit_test(descriptions_too_large_to_build),
		cmocka_unit_test(large_sizes_are_no_counts),
		cmocka_unit_test(files_that_cannot_be_read),
		cmocka_unit_test(text_that_is_no_topology),
		cmocka_unit_test(files_that_hwloc_crashes_on),
		cmocka_unit_test(truncation_anywhere),
		cmocka_unit_test(hostile_names_are_made_harmless),
		cmocka_unit_test(exports_that_cannot_be_written),
		cmocka_unit_test(an_imposed_machine_is_not_this_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
