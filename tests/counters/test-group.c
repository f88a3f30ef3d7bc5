/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/group.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define GOOD                                                                             \
	"SHORT Fills by source\n"                                                        \
	"\n"                                                                             \
	"EVENTSET\n"                                                                     \
	"PMC0  CYCLES\n"                                                                 \
	"PMC1  FILLS:LCL_L2:MEM\n"                                                       \
	"\n"                                                                             \
	"METRICS\n"                                                                      \
	"Cycles per read PMC0/READS\n"                                                   \
	"Clock [GHz]  PMC0/CPU_NS\n"                                                     \
	"Fills  a second  PMC1/time\n"                                                   \
	"\n"                                                                             \
	"IDENTITY\n"                                                                     \
	"All fills  by source PMC1*2=PMC0/1E1 ~ 0.01\n"                                  \
	"\n"                                                                             \
	"EXPECT\n"                                                                       \
	"chase-l1 PMC1/READS 0 0.02\n"                                                   \
	"loop  PMC0/(CYCLES+INSTRUCTIONS+BRANCHES)  0.9 1.1e0\n"                         \
	"\n"                                                                             \
	"LONG\n"                                                                         \
	"An EVENTSET in here is text.\n"

static int parse(struct group *group, const char *text, struct complaint *complaint)
{
	*complaint = (struct complaint){.what = ""};
	return group_parse(group, "test", text, strlen(text), complaint);
}

static void test_good(void **state)
{
	struct complaint complaint;
	struct group group;

	(void)state;
	assert_int_equal(parse(&group, GOOD, &complaint), 0);
	assert_string_equal(group.name, "test");
	assert_string_equal(group.arch, "");
	assert_string_equal(group.summary, "Fills by source");
	assert_int_equal(group.events_count, 2);
	assert_string_equal(group.events[0].counter, "PMC0");
	assert_string_equal(group.events[0].name, "CYCLES");
	assert_string_equal(group.events[1].counter, "PMC1");
	assert_string_equal(group.events[1].name, "FILLS:LCL_L2:MEM");
	assert_int_equal(group.metrics_count, 3);
	assert_string_equal(group.metrics[0].name, METRIC_CYCLES);
	assert_string_equal(group.metrics[0].formula, "PMC0/READS");
	assert_string_equal(group.metrics[1].name, METRIC_CLOCK);
	assert_string_equal(group.metrics[2].name, "Fills a second");
	assert_int_equal(group.identities_count, 1);
	assert_string_equal(group.identities[0].name, "All fills by source");
	assert_string_equal(group.identities[0].left, "PMC1*2");
	assert_string_equal(group.identities[0].right, "PMC0/1E1");
	assert_true(group.identities[0].tolerance == 0.01);
	assert_int_equal(group.expectations_count, 2);
	assert_string_equal(group.expectations[0].kernel, "chase-l1");
	assert_string_equal(group.expectations[0].formula, "PMC1/READS");
	assert_true(group.expectations[0].low == 0);
	assert_true(group.expectations[0].high == 0.02);
	assert_string_equal(group.expectations[1].kernel, "loop");
	assert_true(group.expectations[1].high == 1.1);
	assert_string_equal(group.text, GOOD);
	group_release(&group);
	assert_null(group.text);
}

static void test_lenient(void **state)
{
	static const char text[] = "# a comment\r\n"
				   "SHORT  Two words \r\n"
				   "EVENTSET \r\n"
				   "# another\r\n"
				   "  PMC0 CYCLES\t\r\n"
				   "METRICS\r\n"
				   "Cycles PMC0\r\n"; /* and no LONG */
	struct complaint complaint;
	struct group group;

	(void)state;
	assert_int_equal(parse(&group, text, &complaint), 0);
	assert_string_equal(group.summary, "Two words");
	assert_string_equal(group.events[0].name, "CYCLES");
	assert_string_equal(group.metrics[0].name, "Cycles");
	assert_string_equal(group.metrics[0].formula, "PMC0");
	group_release(&group);
	/* No newline at the end, and an empty METRICS section. */
	assert_int_equal(
		parse(&group, "SHORT s\nEVENTSET\nA r1\nMETRICS", &complaint), 0);
	assert_int_equal(group.metrics_count, 0);
	group_release(&group);
}

#define FILL_80                                                                          \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define HEAD "SHORT s\nEVENTSET\nPMC0 A\nPMC1 B\nMETRICS\n"

static const struct {
	const char *text;
	const char *what; /* must be in the complaint */
} bad[] = {
	{"", "no SHORT"},
	{"EVENTSET\nPMC0 A\nMETRICS\n", "no SHORT"},
	{"SHORT s\n", "no EVENTSET"},
	{"SHORT s\nMETRICS\n", "no EVENTSET"},
	{"SHORT s\nEVENTSET\nMETRICS\n", "EVENTSET is empty"},
	{"SHORT s\nEVENTSET\nPMC0 A\n", "no METRICS"},
	{"SHORT s\nEVENTSET\nPMC0 A\nLONG\n", "no METRICS"},
	{"SHORT s\nEVENTSET\nPMC0 A\nLONG\nMETRICS\n", "line 5: LIKWID's reader"},
	{"SHORT\n", "line 1: SHORT has no text"},
	{"SHORT a\n\nSHORT b\n", "line 3: a second SHORT"},
	{"SHORT " FILL_80 FILL_80 "\n", "SHORT text is too long"},
	{"SHORT s\nEVENTSET\nEVENTSET\n", "line 3: a second section"},
	{HEAD "METRICS\n", "line 6: a second section"},
	{"SHORT s\nwhat\n", "line 2: text outside of a section"},
	{"SHORT s\nEVENTSET\nPMC0 A\n\nPMC1 B\n", "line 5: text outside of a section"},
	{"SHORT s\nEVENTSET\n  # no comment\n", "an event name holds no space"},
	{"SHORT s\n EVENTSET\n", "line 2: text outside of a section"},
	{"SHORT s\nLUA\n", "line 2: no section is begun like this"},
	{HEAD "LONGEST PMC0\n", "line 6: no section is begun like this"},
	{HEAD "A\tname PMC0\n", "line 6: a tab"},
	{"SHORT s\nEVENTSET\nPMC0\tA\n", "line 3: a tab"},
	{"SHORTS s\n", "line 1: SHORT is followed by a space"},
	{"SHORT s\nEVENTSET\nPMC0\n", "line 3: an event line is COUNTER EVENT"},
	{"SHORT s\nEVENTSET\nPMC0 A B\n", "an event name holds no space"},
	{"SHORT s\nEVENTSET\nPMC-0 A\n", "a counter is a short name"},
	{"SHORT s\nEVENTSET\n0 A\n", "a counter is a short name"},
	{"SHORT s\nEVENTSET\nPMC0000000000000 A\n", "a counter is a short name"},
	{"SHORT s\nEVENTSET\nREADS A\n", "the name of a variable"},
	{"SHORT s\nEVENTSET\ntime A\n", "the name of a variable"},
	{"SHORT s\nEVENTSET\nBRANCHES A\n", "the name of a variable"},
	{"SHORT s\nEVENTSET\nPMC0 A\nPMC0 B\n", "line 4: the counter is named twice"},
	{"SHORT s\nEVENTSET\nPMC0 " FILL_80 FILL_80 "\n", "event name is too long"},
	{HEAD "Lonely\n", "line 6: a metric line is NAME FORMULA"},
	{HEAD "M PMC0\nM PMC1\n", "line 7: the metric is named twice"},
	{HEAD FILL_80 " PMC0\n", "the metric's name is too long"},
	{HEAD "M " FILL_80 FILL_80 FILL_80 "\n", "the formula is too long"},
	{HEAD "M PMC0/\n", "metric \"M\": the formula does not parse"},
	{HEAD "M PMC2/READS\n", "metric \"M\": the formula names no counter"},
	{HEAD "M PMC0/CYCLES\n", "metric \"M\": the formula names no counter"},
	{HEAD "# " FILL_80 FILL_80 FILL_80 FILL_80 FILL_80 FILL_80 FILL_80 FILL_80 FILL_80
			FILL_80 FILL_80 FILL_80 FILL_80 "\n",
		"line 6: the line is too long"},
	{HEAD "IDENTITY\nPMC0=PMC1 ~ 0.1\n", "line 7: an identity line is"},
	{HEAD "IDENTITY\nN PMC0=PMC1 0.1\n", "an identity line is"},
	{HEAD "IDENTITY\nN PMC0 ~ 0.1\n", "an identity line is"},
	{HEAD "IDENTITY\nN =PMC1 ~ 0.1\n", "an identity line is"},
	{HEAD "IDENTITY\nN PMC0= ~ 0.1\n", "an identity line is"},
	{HEAD "IDENTITY\nN PMC0=PMC1 ~ 1.1\n", "the tolerance is a share"},
	{HEAD "IDENTITY\nN PMC0=PMC1 ~ -0.1\n", "the tolerance is a share"},
	{HEAD "IDENTITY\nN PMC0=PMC1 ~ nan\n", "the tolerance is a share"},
	{HEAD "IDENTITY\n" FILL_80 " PMC0=PMC1 ~ 0\n", "the identity's name is too long"},
	{HEAD "IDENTITY\nN PMC0=PMC1=PMC0 ~ 0.1\n",
		"identity \"N\": the formula does not parse"},
	{HEAD "IDENTITY\nN PMC0=PMC2 ~ 0.1\n",
		"identity \"N\": the formula names no counter"},
	{HEAD "IDENTITY\n\nIDENTITY\n", "line 8: a second section"},
	{HEAD "EXPECT\nloop PMC0 1\n", "line 7: an expectation line is"},
	{HEAD "EXPECT\nloop PMC0 1 2 3\n", "an expectation line is"},
	{HEAD "EXPECT\nloop\tPMC0 1 2\n", "an expectation line is"},
	{HEAD "EXPECT\nLoop PMC0 1 2\n", "a kernel's name is"},
	{HEAD "EXPECT\n" FILL_80 " PMC0 1 2\n", "a kernel's name is"},
	{HEAD "EXPECT\nloop PMC0 2 1\n", "LOW and HIGH are numbers"},
	{HEAD "EXPECT\nloop PMC0 0 inf\n", "LOW and HIGH are numbers"},
	{HEAD "EXPECT\nloop PMC0 0 0x1p3\n", "LOW and HIGH are numbers"},
	{HEAD "EXPECT\nloop PMC0 0 1e999\n", "LOW and HIGH are numbers"},
	{HEAD "EXPECT\nloop PMC0/LINES 0 1\n",
		"expectation of \"loop\": the formula names no counter"},
};

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct complaint complaint;
		struct group group;

		assert_int_equal(parse(&group, bad[i].text, &complaint), -EINVAL);
		if (!strstr(complaint.what, bad[i].what))
			fail_msg("case %zu complains \"%s\", not \"%s\"", i,
				complaint.what, bad[i].what);
		assert_non_null(strstr(complaint.what, "test"));
	}
}

static void test_too_many(void **state)
{
	struct complaint complaint;
	struct group group;
	struct text text;

	(void)state;
	text_init(&text);
	text_append(&text, "SHORT s\nEVENTSET\n");
	for (unsigned i = 0; i < GROUP_EVENTS; i++)
		text_format(&text, "PMC%u E%u\n", i, i);
	text_append(&text, "METRICS\n");
	for (unsigned i = 0; i < GROUP_METRICS; i++)
		text_format(&text, "Metric %u PMC%u\n", i, i % GROUP_EVENTS);
	assert_int_equal(parse(&group, text.bytes, &complaint), 0);
	assert_int_equal(group.events_count, GROUP_EVENTS);
	assert_int_equal(group.metrics_count, GROUP_METRICS);
	group_release(&group);
	text_append(&text, "One more PMC0\n");
	assert_int_equal(parse(&group, text.bytes, &complaint), -EINVAL);
	assert_non_null(strstr(complaint.what, "more metrics"));
	text_clear(&text);
	text_append(&text, HEAD "IDENTITY\n");
	for (unsigned i = 0; i < GROUP_IDENTITIES; i++)
		text_append(&text, "N PMC0=PMC1 ~ 0\n");
	text_append(&text, "EXPECT\n");
	for (unsigned i = 0; i < GROUP_EXPECTATIONS; i++)
		text_append(&text, "loop PMC0 0 1\n");
	assert_int_equal(parse(&group, text.bytes, &complaint), 0);
	assert_int_equal(group.identities_count, GROUP_IDENTITIES);
	assert_int_equal(group.expectations_count, GROUP_EXPECTATIONS);
	group_release(&group);
	text_append(&text, "loop PMC0 0 1\n");
	assert_int_equal(parse(&group, text.bytes, &complaint), -EINVAL);
	assert_non_null(strstr(complaint.what, "more expectations"));
	text_clear(&text);
	text_append(&text, HEAD "IDENTITY\n");
	for (unsigned i = 0; i <= GROUP_IDENTITIES; i++)
		text_append(&text, "N PMC0=PMC1 ~ 0\n");
	assert_int_equal(parse(&group, text.bytes, &complaint), -EINVAL);
	assert_non_null(strstr(complaint.what, "more identities"));
	text_clear(&text);
	text_append(&text, "SHORT s\nEVENTSET\n");
	for (unsigned i = 0; i <= GROUP_EVENTS; i++)
		text_format(&text, "PMC%u E%u\n", i, i);
	assert_int_equal(parse(&group, text.bytes, &complaint), -EINVAL);
	assert_non_null(strstr(complaint.what, "more events"));
	text_release(&text);
}

static void test_no_text(void **state)
{
	static const char zero[] = "SHORT s\0EVENTSET\n";
	struct complaint complaint;
	struct group group;
	size_t size = 1 << 20;
	char *huge = malloc(size);

	(void)state;
	assert_non_null(huge);
	assert_int_equal(
		group_parse(&group, "test", zero, sizeof(zero), &complaint), -EINVAL);
	assert_non_null(strstr(complaint.what, "zero byte"));
	memset(huge, '\n', size);
	assert_int_equal(group_parse(&group, "test", huge, size, &complaint), -EINVAL);
	assert_non_null(strstr(complaint.what, "too large"));
	free(huge);
}

/* A folder of groups: here/cache.txt, generic/{cache,tlb}.txt, generic/notes, given.txt.
 */
struct folder {
	char root[32];
	char given[64];
};

static void write_file(const char *root, const char *name, const char *bytes)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, strlen(bytes), file), strlen(bytes));
	assert_int_equal(fclose(file), 0);
}

static int make_folder(void **state)
{
	static struct folder folder;
	char path[64];

	strcpy(folder.root, "/tmp/test-group-XXXXXX");
	if (!mkdtemp(folder.root))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/here", folder.root);
	if (mkdir(path, 0777))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/generic", folder.root);
	if (mkdir(path, 0777))
		return -1;
	write_file(folder.root, "here/cache.txt", GOOD);
	write_file(folder.root, "generic/cache.txt", "SHORT other\n");
	write_file(folder.root, "generic/tlb.txt", GOOD);
	write_file(folder.root, "generic/notes", "no group");
	write_file(folder.root, "given.txt", GOOD);
	(void)snprintf(folder.given, sizeof(folder.given), "%s/given.txt", folder.root);
	*state = &folder;
	return 0;
}

static int remove_folder(void **state)
{
	static const char *const names[] = {"here/cache.txt", "generic/cache.txt",
		"generic/tlb.txt", "generic/notes", "given.txt", "here", "generic", "."};
	const struct folder *folder = *state;
	int error = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[128];

		(void)snprintf(path, sizeof(path), "%s/%s", folder->root, names[i]);
		if (strcmp(names[i], ".") == 0)
			error |= rmdir(folder->root);
		else
			error |= remove(path);
	}
	return error;
}

static void test_load(void **state)
{
	const struct folder *folder = *state;
	struct complaint complaint = {.what = ""};
	struct group group;

	assert_int_equal(
		group_load(&group, folder->root, "here", "cache", &complaint), 0);
	assert_string_equal(group.arch, "here");
	group_release(&group);
	assert_int_equal(group_load(&group, folder->root, "here", "tlb", &complaint), 0);
	assert_string_equal(group.arch, "generic");
	assert_string_equal(group.name, "tlb");
	group_release(&group);
	assert_int_equal(
		group_load(&group, folder->root, "here", folder->given, &complaint), 0);
	assert_string_equal(group.name, "given");
	assert_string_equal(group.arch, "");
	group_release(&group);
	/* A file that is there but bad is not passed over. */
	assert_int_equal(group_load(&group, folder->root, "generic", "cache", &complaint),
		-EINVAL);
}

static void test_load_absent(void **state)
{
	const struct folder *folder = *state;
	struct complaint complaint = {.what = ""};
	struct group group;

	assert_int_equal(
		group_load(&group, folder->root, "here", "cash", &complaint), -ENOENT);
	assert_non_null(strstr(complaint.what, "\"cash\""));
	assert_non_null(strstr(complaint.advice, "cache, tlb"));
	assert_int_equal(
		group_load(&group, folder->root, "here", "", &complaint), -ENOENT);
	assert_int_equal(
		group_load(&group, folder->root, "here", "./tlb", &complaint), -ENOENT);
	assert_non_null(strstr(complaint.why, "path"));
	assert_int_equal(
		group_load(&group, "/nonexistent", "here", "tlb", &complaint), -ENOENT);
	assert_non_null(strstr(complaint.advice, "/nonexistent"));
	/* A folder is not a file. */
	assert_int_equal(
		group_load(&group, folder->root, "here", "/tmp/", &complaint), -EISDIR);
	assert_non_null(strstr(complaint.what, "/tmp/"));
}

static void test_list(void **state)
{
	const struct folder *folder = *state;
	struct text text;

	text_init(&text);
	assert_int_equal(group_list(folder->root, "here", &text), 0);
	assert_string_equal(text.bytes, "cache       Fills by source [here]\n"
					"tlb         Fills by source [generic]\n");
	text_clear(&text);
	/* A bad file is listed with what is wrong with it. */
	assert_int_equal(group_list(folder->root, "generic", &text), 0);
	assert_string_equal(text.bytes,
		"cache       group cache: it has no EVENTSET section\n"
		"tlb         Fills by source [generic]\n");
	text_clear(&text);
	assert_int_equal(group_list("/nonexistent", "here", &text), 0);
	assert_int_equal(text.length, 0);
	text_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_lenient),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_no_text),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_load_absent),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
