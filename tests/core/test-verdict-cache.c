/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/check/verdict-cache.h"

#include "base/file.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char stamp[] = "2026-01-31T11-59-57Z";

static char folder[] = "/tmp/escalier-cache-XXXXXX";
static char path[128];
static struct group cache_group, tlb_group;
static const struct event_verdict verdicts[] = {
	{"cache", "PMC0", "r76", EVENT_RIGHT, "loop", 0.9, 1.1, 1.01, 500000, "", false},
	{"cache", "PMC1", "r143", EVENT_DEAD, "chase-l2", 0.9, 1.02, 0, 65536,
		"counts nothing over chase-l2, \"wherever\" it stands", false},
};

static void parse(struct group *group, const char *name, const char *text)
{
	struct complaint complaint = {.what = ""};

	assert_int_equal(group_parse(group, name, text, strlen(text), &complaint), 0);
}

static int set_up(void **state)
{
	(void)state;
	parse(&cache_group, "cache",
		"SHORT Fills\n\nEVENTSET\nPMC0 r76\nPMC1 r143\n\nMETRICS\nA PMC0\n");
	parse(&tlb_group, "tlb",
		"SHORT Walks\n\nEVENTSET\nPMC0 r76\n\nMETRICS\nA PMC0\n");
	if (!mkdtemp(folder))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/new/check.json", folder);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	group_release(&cache_group);
	group_release(&tlb_group);
	(void)unlink(path);
	*strrchr(path, '/') = '\0';
	return rmdir(path) || rmdir(folder);
}

static size_t find(const struct verdict_cache *cache, const struct group *group)
{
	struct event_verdict found[GROUP_EVENTS];
	char checked[CLOCK_STAMP];

	return verdict_cache_find(cache, group, found, checked);
}

static void store(const char *key)
{
	struct verdict_cache cache;

	assert_true(verdict_cache_load(&cache, "", key) < 0);
	cache.slots_advertised = 6;
	cache.slots_proved = 5;
	assert_int_equal(verdict_cache_put(&cache, &cache_group, verdicts, stamp), 0);
	assert_int_equal(verdict_cache_store(&cache, path, key), 0);
	verdict_cache_release(&cache);
}

static void keeps_what_was_put(void **state)
{
	struct event_verdict found[GROUP_EVENTS];
	char checked[CLOCK_STAMP];
	struct verdict_cache cache;

	(void)state;
	store("boot 1");
	assert_int_equal(verdict_cache_load(&cache, path, "boot 1"), 0);
	assert_int_equal(cache.slots_advertised, 6);
	assert_int_equal(cache.slots_proved, 5);
	assert_int_equal(verdict_cache_find(&cache, &cache_group, found, checked), 2);
	assert_memory_equal(found, verdicts, sizeof(verdicts));
	assert_string_equal(checked, stamp);
	assert_int_equal(find(&cache, &tlb_group), 0);
	verdict_cache_clear(&cache);
	assert_int_equal(find(&cache, &cache_group), 0);
	verdict_cache_release(&cache);
}

static void holds_for_its_key_alone(void **state)
{
	struct verdict_cache cache;

	(void)state;
	store("boot 1");
	assert_int_equal(verdict_cache_load(&cache, path, "boot 2"), VERDICT_CACHE_STALE);
	assert_int_equal(find(&cache, &cache_group), 0);
	verdict_cache_release(&cache);
	assert_int_equal(verdict_cache_load(&cache, folder, "boot 1"), -EISDIR);
	assert_int_equal(find(&cache, &cache_group), 0);
	verdict_cache_release(&cache);
}

static void holds_for_the_groups_text_alone(void **state)
{
	struct verdict_cache cache;
	struct group changed;

	(void)state;
	store("boot 1");
	assert_int_equal(verdict_cache_load(&cache, path, "boot 1"), 0);
	parse(&changed, "cache",
		"SHORT Fills\n\nEVENTSET\nPMC0 r76\nPMC1 r243\n\nMETRICS\nA PMC0\n");
	assert_int_equal(find(&cache, &changed), 0);
	/* The changed one takes the place of the old. */
	assert_int_equal(verdict_cache_put(&cache, &changed, verdicts, stamp), 0);
	assert_int_equal(find(&cache, &changed), 2);
	assert_int_equal(find(&cache, &cache_group), 0);
	group_release(&changed);
	verdict_cache_release(&cache);
}

/* Cut off or changed at any byte: what is found is whole, or nothing is. */
static void survives_damage(void **state)
{
	struct text whole, damaged;

	(void)state;
	store("boot 1");
	text_init(&whole);
	text_init(&damaged);
	assert_int_equal(file_read_all(path, &whole), 0);
	for (size_t i = 0; i < 2 * whole.length; i++) {
		struct event_verdict found[GROUP_EVENTS];
		char checked[CLOCK_STAMP];
		struct verdict_cache cache;
		size_t count;

		text_clear(&damaged);
		text_append_bytes(
			&damaged, whole.bytes, i < whole.length ? i : whole.length);
		if (i >= whole.length)
			damaged.bytes[i - whole.length] ^= 1;
		assert_int_equal(file_write_all(path, &damaged), 0);
		(void)verdict_cache_load(&cache, path, "boot 1");
		count = verdict_cache_find(&cache, &cache_group, found, checked);
		assert_true(count == 0 || count == 2);
		if (i + 2 < whole.length)
			assert_int_equal(count, 0);
		for (size_t e = 0; e < count; e++)
			assert_int_equal(found[e].judgement, verdicts[e].judgement);
		verdict_cache_release(&cache);
	}
	text_release(&damaged);
	text_release(&whole);
}

static void tells_what_cannot_be_written(void **state)
{
	struct verdict_cache cache;

	(void)state;
	assert_int_equal(verdict_cache_load(&cache, "", "boot 1"), -ENOENT);
	assert_true(verdict_cache_store(&cache, "/proc/none/check.json", "boot 1") < 0);
	verdict_cache_release(&cache);
}

/* Groups by other names come and go: the file does not grow for ever. */
static void forgets_the_oldest(void **state)
{
	struct verdict_cache cache;
	struct group group = cache_group;

	(void)state;
	(void)verdict_cache_load(&cache, "", "boot 1");
	for (int i = 0; i < 200; i++) {
		(void)snprintf(group.name, sizeof(group.name), "events%d", i);
		assert_int_equal(verdict_cache_put(&cache, &group, verdicts, stamp), 0);
	}
	assert_int_equal(find(&cache, &group), 2);
	assert_true(json_array_size(cache.groups) <= 64);
	verdict_cache_release(&cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_was_put),
		cmocka_unit_test(holds_for_its_key_alone),
		cmocka_unit_test(holds_for_the_groups_text_alone),
		cmocka_unit_test(survives_damage),
		cmocka_unit_test(tells_what_cannot_be_written),
		cmocka_unit_test(forgets_the_oldest),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
