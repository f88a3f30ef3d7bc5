/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * liblikwid's own reader and our grammar give the same group from every file that is
 * shipped, sections of our own included. Run from the top of the source tree.
 */
#include "base/file.h"
#include "counters/likwid.h"

#include <errno.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void assert_same(const struct group *a, const struct group *b)
{
	assert_string_equal(a->summary, b->summary);
	assert_int_equal(a->events_count, b->events_count);
	for (size_t i = 0; i < a->events_count; i++) {
		assert_string_equal(a->events[i].counter, b->events[i].counter);
		assert_string_equal(a->events[i].name, b->events[i].name);
	}
	assert_int_equal(a->metrics_count, b->metrics_count);
	for (size_t i = 0; i < a->metrics_count; i++) {
		assert_string_equal(a->metrics[i].name, b->metrics[i].name);
		assert_string_equal(a->metrics[i].formula, b->metrics[i].formula);
	}
}

/* Empties what liblikwid fills, so that nothing of ours can stand for it. */
static void forget(struct group *group)
{
	memset(group->summary, '-', sizeof(group->summary) - 1);
	for (size_t i = 0; i < group->events_count; i++)
		group->events[i] = (struct event){"-", "-"};
	for (size_t i = 0; i < group->metrics_count; i++)
		group->metrics[i] = (struct metric){"-", "-"};
}

static void compare_file(const char *path)
{
	struct complaint complaint = {.what = ""};
	struct group ours;
	struct group theirs;
	struct text text;

	text_init(&text);
	assert_int_equal(file_read_all(path, &text), 0);
	if (group_parse(&ours, "ours", text.bytes, text.length, &complaint) ||
		group_parse(&theirs, "theirs", text.bytes, text.length, &complaint))
		fail_msg("%s: %s", path, complaint.what);
	forget(&theirs);
	if (likwid_read_group(&theirs, path, text.bytes, text.length, &complaint))
		fail_msg("liblikwid does not read %s: %s", path, complaint.why);
	assert_same(&ours, &theirs);
	group_release(&theirs);
	group_release(&ours);
	text_release(&text);
}

static void test_shipped(void **state)
{
	glob_t files;

	(void)state;
	assert_int_equal(glob("counters/groups/*/*.txt", 0, NULL, &files), 0);
	assert_true(files.gl_pathc > 20);
	for (size_t i = 0; i < files.gl_pathc; i++)
		compare_file(files.gl_pathv[i]);
	print_message("# %zu group files read alike\n", files.gl_pathc);
	globfree(&files);
}

static char folder[] = "/tmp/escalier-groups-XXXXXX";

static void write_file(const char *name, const char *bytes, char path[64])
{
	struct text text;

	text_init(&text);
	text_append(&text, bytes);
	(void)snprintf(path, 64, "%s/%s", folder, name);
	assert_int_equal(file_write_all(path, &text), 0);
	text_release(&text);
}

/* Comments, blanks and what our own sections hold. */
static void test_sections(void **state)
{
	static const char text[] = "SHORT   Words: with  two blanks and an end \n"
				   "# a comment\n"
				   "\n"
				   "EVENTSET\n"
				   "PMC0   CYCLES_NOT_IN_HALT\n"
				   "# PMC7 NONE\n"
				   "PMC1  r0f45\n"
				   "\n"
				   "METRICS\n"
				   "Cycles per read  PMC0/READS\n"
				   "Clock [GHz] PMC0/WALL_NS\n"
				   "\n"
				   "LONG\n"
				   "Some text.\n"
				   "\n"
				   "# A line that it drops.\n"
				   "PMC2 NOT_AN_EVENT\n";
	char path[64];

	(void)state;
	write_file("sections.txt", text, path);
	compare_file(path);
	(void)unlink(path);
}

/* Sections of ours are passed over, whatever they hold. */
static void test_own_sections(void **state)
{
	static const char head[] = "SHORT s\n\nEVENTSET\nPMC0 r76\n\nMETRICS\nm PMC0\n\n";
	static const char own[] = "IDENTITY\nAll fills PMC0 = PMC0 ~ 0.01\n\n"
				  "EXPECT\nchase-dram PMC0/READS 0.99 1.01\n\nLONG\nt\n";
	struct complaint complaint = {.what = ""};
	struct group group;
	struct text text;
	char path[64];

	(void)state;
	text_init(&text);
	text_append(&text, head);
	text_append(&text, own);
	assert_int_equal(group_parse(&group, "own", head, strlen(head), &complaint), 0);
	write_file("own.txt", text.bytes, path);
	forget(&group);
	assert_int_equal(
		likwid_read_group(&group, path, text.bytes, text.length, &complaint), 0);
	assert_string_equal(group.summary, "s");
	assert_int_equal(group.events_count, 1);
	assert_string_equal(group.events[0].name, "r76");
	assert_int_equal(group.metrics_count, 1);
	assert_string_equal(group.metrics[0].formula, "PMC0");
	group_release(&group);
	text_release(&text);
	(void)unlink(path);
}

/* What its reader would stumble over never gets to it. */
static void test_refused(void **state)
{
	static const char *const texts[] = {
		"SHORT s\nEVENTSET\nPMC0\n\nMETRICS\nm PMC0\n",
		"SHORT s\nEVENTSET\nPMC0\tr76\n\nMETRICS\nm PMC0\n",
		"SHORT s\nEVENTSET\nPMC0 r76\n\nMETRICS\nm\n",
		"SHORT s\nEVENTSET\nPMC0 r76\n  # x\n  #\n\nMETRICS\nm PMC0\n",
		"SHORT\nEVENTSET\nPMC0 r76\n\nMETRICS\nm PMC0\n",
		"SHORT s\nREQUIRE_NOHT\nEVENTSET\nPMC0 r76\n\nMETRICS\nm PMC0\n",
		"SHORT s\nEVENTSET\nPMC0 r76\n\nMETRICS\nm PMC0\nLONG run PMC0\n",
		"SHORT s\nEVENTSET\nPMC0 r76\n\nMETRICS\nm PMC0\n\nLONG\nLUA is a word\n",
		"EVENTSET\nPMC0 r76\n\nMETRICS\nm PMC0\nSHORT s",
	};
	static const char good[] = "SHORT s\nEVENTSET\nPMC0 r76\n\nMETRICS\nm PMC0\n";
	char path[64];

	(void)state;
	for (size_t i = 0; i <= sizeof(texts) / sizeof(texts[0]); i++) {
		bool last = i == sizeof(texts) / sizeof(texts[0]);
		const char *text = last ? good : texts[i];
		struct complaint complaint = {.what = ""};
		struct group group;

		assert_int_equal(
			group_parse(&group, "good", good, strlen(good), &complaint), 0);
		/* The last is a good one, in a file that it does not look for. */
		write_file(last ? "good.group" : "bad.txt", text, path);
		assert_int_equal(
			likwid_read_group(&group, path, text, strlen(text), &complaint),
			-EOPNOTSUPP);
		assert_string_equal(group.events[0].name, "r76");
		group_release(&group);
		(void)unlink(path);
	}
}

/* A file that changed since its text was read. */
static void test_another_group(void **state)
{
	static const char text[] = "SHORT s\nEVENTSET\nPMC0 r76\n\nMETRICS\nm PMC0\n";
	struct complaint complaint = {.what = ""};
	struct group group;
	char path[64];

	(void)state;
	assert_int_equal(group_parse(&group, "x", text, strlen(text), &complaint), 0);
	write_file("x.txt", "SHORT s\nEVENTSET\nPMC0 r76\nPMC1 r77\n\nMETRICS\nm PMC0\n",
		path);
	assert_int_equal(
		likwid_read_group(&group, path, text, strlen(text), &complaint), -EINVAL);
	assert_non_null(strstr(complaint.what, "reads another group"));
	group_release(&group);
	(void)unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shipped),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_own_sections),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_another_group),
	};
	int failed;

	if (!mkdtemp(folder))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)rmdir(folder);
	return failed;
}
