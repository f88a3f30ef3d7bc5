/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Groups made of event lists. */
#include "counters/group.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void make(struct group *group, const char *list)
{
	struct complaint complaint;

	if (group_of_events(group, "events", list, &complaint))
		fail_msg("%s: %s", complaint.what, complaint.why);
}

static void test_names(void **state)
{
	struct complaint complaint = {.what = ""};
	struct group group, again;

	(void)state;
	make(&group, "cycles,instructions,r0f45,page-faults,LLC-load-misses:u");
	assert_string_equal(group.name, "events");
	assert_int_equal(group.events_count, 5);
	assert_int_equal(group.metrics_count, 5);
	/* What analysis knows by name is named so. */
	assert_string_equal(group.metrics[0].name, METRIC_CYCLES);
	assert_string_equal(group.metrics[0].formula, "PMC0/READS");
	assert_string_equal(group.metrics[1].name, METRIC_INSTRUCTIONS);
	assert_string_equal(group.events[2].name, "r0f45");
	assert_string_equal(group.metrics[2].name, "r0f45 per read");
	assert_string_equal(group.metrics[3].name, "page-faults per read");
	assert_string_equal(group.metrics[4].name, "LLC-load-misses:u per read");
	/* Its text is a group file of the same meaning. */
	assert_int_equal(
		group_parse(&again, "events", group.text, strlen(group.text), &complaint),
		0);
	assert_memory_equal(again.events, group.events, sizeof(group.events));
	assert_memory_equal(again.metrics, group.metrics, sizeof(group.metrics));
	group_release(&again);
	group_release(&group);
}

/* Two spellings of one event, and names that are too long, stay apart. */
static void test_unique(void **state)
{
	struct group group;

	(void)state;
	make(&group,
		"cycles,cpu-cycles,perf::CYCLES,"
		"perf::PERF_COUNT_HW_CACHE_DTLB:READ:MISS:u:k:precise=0:excl=0:mg=0,"
		"perf::PERF_COUNT_HW_CACHE_DTLB:READ:MISS:u:k:precise=0:excl=0:mh=1");
	assert_int_equal(group.metrics_count, 5);
	for (size_t i = 0; i < group.metrics_count; i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(
				group.metrics[i].name, group.metrics[j].name);
	group_release(&group);
}

static void test_refused(void **state)
{
	static const struct {
		const char *list;
		int error;
		const char *says;
	} lists[] = {
		{"", -EINVAL, "an empty name"},
		{",cycles", -EINVAL, "an empty name"},
		{"cycles,", -EINVAL, "an empty name"},
		{"cycles,cycles", -EINVAL, "stands in it twice"},
		{"cycles,page-fualts", -ENOENT, "page-fualts"},
		{"abacus/event=1,umask=2/", -ENOENT, "abacus/event=1,umask=2/"},
		{"r1,r2,r3,r4,r5,r6,r7,r8,r9,ra,rb,rc,rd,re,rf,r10,r11", -EINVAL,
			"more events"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct complaint complaint;
		struct group group;

		assert_int_equal(
			group_of_events(&group, "events", lists[i].list, &complaint),
			lists[i].error);
		if (!strstr(complaint.what, lists[i].says))
			fail_msg(
				"\"%s\" complains \"%s\"", lists[i].list, complaint.what);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_unique),
		cmocka_unit_test(test_refused),
	};

	if (unsetenv("LIBPFM_FORCE_PMU"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
