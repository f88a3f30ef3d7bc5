/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/alloc/hp/heap.h"

#include "alloc/pool.h"
#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>
/* after the headers that it needs */
#include <cmocka.h>

enum {
	SHORTER = 5,
	SLOWER = 16,
	POOL_PAGES = 12,
	DECAY_MS = 150,
	LOCK_TRIES = 5000,
	LOCK_PAUSE_NS = 100000000
};

static const struct heap_setting settings[] = {
	{"hp auto", {.policy = HP_POLICY_HP, .source = HP_SOURCE_AUTO}, 0, false},
	{"hp small",
		{.policy = HP_POLICY_HP, .source = HP_SOURCE_SMALL, .decay_ms = DECAY_MS},
		0, true},
	{"hp thp",
		{.policy = HP_POLICY_HP, .source = HP_SOURCE_THP, .decay_ms = DECAY_MS},
		0, false},
	{"hp thp, no decay",
		{.policy = HP_POLICY_HP, .source = HP_SOURCE_THP, .decay_ms = -1}, 0,
		true},
	{"hp small, decay at once",
		{.policy = HP_POLICY_HP, .source = HP_SOURCE_SMALL, .decay_ms = 1}, 0,
		false},
	{"hp thp, all checks",
		{.policy = HP_POLICY_HP,
			.source = HP_SOURCE_THP,
			.decay_ms = DECAY_MS,
			.check = HP_CHECK_ALL},
		0, false},
	{"hp hugetlb-2m",
		{.policy = HP_POLICY_HP,
			.source = HP_SOURCE_HUGETLB_2M,
			.decay_ms = DECAY_MS},
		POOL_PAGES, false},
	{"hp auto with a pool",
		{.policy = HP_POLICY_HP, .source = HP_SOURCE_AUTO, .decay_ms = DECAY_MS},
		POOL_PAGES / 3, true},
	{"hp hugetlb-1g",
		{.policy = HP_POLICY_HP,
			.source = HP_SOURCE_HUGETLB_1G,
			.decay_ms = DECAY_MS},
		1, false},
	{"hp-firstfit thp", {.policy = HP_POLICY_FIRSTFIT, .source = HP_SOURCE_THP}, 0,
		false},
	{"hp-firstfit small", {.policy = HP_POLICY_FIRSTFIT, .source = HP_SOURCE_SMALL},
		0, true},
	{"hp-firstfit hugetlb-2m",
		{.policy = HP_POLICY_FIRSTFIT, .source = HP_SOURCE_HUGETLB_2M},
		POOL_PAGES, true},
	{"hp-bump thp", {.policy = HP_POLICY_BUMP, .source = HP_SOURCE_THP}, 0, false},
	{"hp-bump small", {.policy = HP_POLICY_BUMP, .source = HP_SOURCE_SMALL}, 0, true},
};

static const struct heap_setting *running;

const struct heap_setting *heap_setting(void)
{
	return running;
}

void heap_expect_none(const char *wrong)
{
	if (wrong)
		fail_msg("%s: %s", running->name, wrong);
}

bool heap_is_mode(const char *name)
{
	const char *mode = getenv("MODE");

	return strcmp(mode ? mode : "release", name) == 0;
}

bool heap_is_long(void)
{
	return getenv("ESCALIER_TESTS_LONG") != NULL;
}

unsigned long heap_scaled(unsigned long count)
{
	if (heap_is_long())
		return count;
	count = count / SHORTER + 1;
	return heap_is_mode("release") ? count : count / SLOWER + 1;
}

static uint64_t page_bytes(const struct heap_setting *setting)
{
	return setting->options.source == HP_SOURCE_HUGETLB_1G ? (uint64_t)1 << 30
							       : (uint64_t)2 << 20;
}

static void say_skip(const struct heap_setting *setting, const char *why)
{
	printf("ok - %s # SKIP %s\n", setting->name, why);
}

/* In the child: its exit status. */
static int run_group(const struct heap_setting *setting, int (*group)(void))
{
	int error = hp_init(&setting->options);

	running = setting;
	if (error) {
		printf("not ok - %s: hp_init gives %d\n", setting->name, error);
		return 1;
	}
	printf("# %s\n", setting->name);
	return group() != 0;
}

static int run_setting(const struct heap_setting *setting, int (*group)(void))
{
	int status = 0;
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	if (pid == 0)
		exit(run_group(setting, group));
	if (pid < 0 || waitpid(pid, &status, 0) < 0) {
		printf("not ok - %s: no process\n", setting->name);
		return 1;
	}
	if (WIFSIGNALED(status))
		printf("not ok - %s: ended by SIG%s\n", setting->name,
			sigabbrev_np(WTERMSIG(status)));
	return status != 0;
}

/* Whether the lock was had: another checkout's suites may have it for long. */
static bool lock_pools(int lock)
{
	for (unsigned i = 0; i < LOCK_TRIES; i++) {
		if (flock(lock, LOCK_EX | LOCK_NB) == 0)
			return true;
		clock_sleep_ns(LOCK_PAUSE_NS);
	}
	return false;
}

/* With pages of the pool, which is the machine's: one suite at a time uses it. */
static int run_with_pool(const struct heap_setting *setting, int (*group)(void))
{
	int lock = open("/sys/kernel/mm/hugepages", O_RDONLY | O_CLOEXEC);
	struct complaint complaint = {0};
	struct pool pool;
	int failed = 0;

	if (lock < 0 || pool_open(&pool, "", page_bytes(setting), -1) != 0) {
		say_skip(setting, "the kernel has no such pool");
	} else if (!lock_pools(lock)) {
		say_skip(setting, "the pools are in use by another suite");
	} else {
		if (pool_grow(&pool, setting->huge_pages, &complaint) != 0)
			say_skip(setting, complaint.what);
		else
			failed = run_setting(setting, group);
		(void)pool_restore(&pool);
	}
	if (lock >= 0)
		(void)close(lock);
	return failed;
}

int heap_each(unsigned which, int (*group)(void))
{
	int failed = 0;

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		const struct heap_setting *setting = &settings[i];

		if (!(which & (setting->options.policy == HP_POLICY_HP ? HEAP_HP
								       : HEAP_TEACHING)))
			continue;
		if ((which & HEAP_FEW) && setting->spare && !heap_is_long())
			continue;
		/* What differs by the source of pages only is the same there. */
		if (!heap_is_mode("release") && setting->huge_pages && !heap_is_long())
			continue;
		failed |= setting->huge_pages ? run_with_pool(setting, group)
					      : run_setting(setting, group);
	}
	return failed;
}
