/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every system call fails once, at every position of a program's life, and all of them
 * from each position on: there is either memory or NULL with ENOMEM, nothing that was
 * handed out before is harmed, and where only one call failed there is memory again. And
 * the address space comes to its end.
 */
#include "tests/alloc/hp/faults.h"
#include "tests/alloc/hp/heap.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
/* after the headers that it needs */
#include <cmocka.h>

enum { STEPS = 60, SPARSER = 61, POSITIONS_MAX = 2000, MB = 1 << 20 };

static struct model model;

/*
 * A whole life: begins hp anew, a bit of everything, a fork's handlers, a trim, and the
 * end. The model sees to it that a failure harms nothing.
 */
static const char *live(void *argument)
{
	const struct hp_options *options = argument;
	int error = hp_init(options);

	if (error && error != -ENOMEM)
		return "hp_init fails with something else than ENOMEM";
	model_init(&model, &model_hp);
	model.may_fail = true;
	model.live_max = (size_t)10 * MB;
	if (!model_run(&model, 5, STEPS, 10) || !model_run(&model, 6, STEPS, 22))
		return model.wrong;
	(void)hp_trim(0);
	if (!model_run(&model, 7, STEPS, 18) || !model_release(&model))
		return model.wrong;
	(void)hp_trim(0);
	return NULL;
}

/* A call that fails costs the program one block at most, and afterwards all is well. */
static const char *live_and_recover(void *argument)
{
	static char first[sizeof(model.wrong)];
	const char *wrong = live(argument);
	unsigned long failed = model.failed;

	if (wrong) {
		/* The model, and its text, is used again. */
		(void)snprintf(first, sizeof(first), "%s", wrong);
		return first;
	}
	model_init(&model, &model_hp);
	model.may_fail = true;
	if (!model_run(&model, 8, STEPS, 16) || !model_release(&model))
		wrong = model.wrong;
	else if (failed + model.failed > 1)
		wrong = "one call failed, and more than one allocation";
	hp_finalize();
	return wrong;
}

/* The options of the setting, in a heap of its own. */
static struct hp_options fresh(void)
{
	struct hp_options options = heap_setting()->options;

	options.decay_ms = 1;
	hp_finalize();
	return options;
}

static void expect(const struct faults_result *result, const char *what, unsigned at)
{
	if (WIFSIGNALED(result->status))
		fail_msg("%s: %s %u (call %d): SIG%s", heap_setting()->name, what, at,
			result->last_failed, sigabbrev_np(WTERMSIG(result->status)));
	if (result->status != 0)
		fail_msg("%s: %s %u (call %d): %s", heap_setting()->name, what, at,
			result->last_failed, result->said);
}

/* Every step-th position, or a few of them. */
static void sweep(
	const char *(*work)(void *argument), bool onwards, int error, unsigned step)
{
	struct hp_options options = fresh();
	struct faults_result result = {0};
	unsigned at = 1;

	if (!heap_is_long())
		step *= SPARSER;
	assert_int_equal(faults_run(work, &options, 0, false, -1, 0, &result), 0);
	expect(&result, "no failure", 0);
	assert_true(result.calls > 0);
	do {
		assert_int_equal(
			faults_run(work, &options, at, onwards, -1, error, &result), 0);
		expect(&result, onwards ? "all fail from" : "one fails,", at);
		at += step;
	} while (result.failed > 0 && at < POSITIONS_MAX);
	assert_int_equal(hp_init(&options), 0);
}

static void test_one_fails(void **state)
{
	(void)state;
	sweep(live_and_recover, false, ENOMEM, 1);
}

static void test_one_is_not_permitted(void **state)
{
	(void)state;
	sweep(live_and_recover, false, EPERM, 3);
}

static void test_all_fail_onwards(void **state)
{
	(void)state;
	sweep(live, true, ENOMEM, 4);
}

/* What mmap gives is all that is needed: the kernel may know nothing else (ENOSYS). */
static void test_only_mmap_works(void **state)
{
	const int others[] = {SYS_madvise, SYS_mbind, SYS_mremap, SYS_get_mempolicy,
		SYS_getcpu, SYS_openat, SYS_membarrier, SYS_prctl, SYS_getrandom};
	struct hp_options options = fresh();
	struct faults_result result;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_int_equal(faults_run(live_and_recover, &options, 1, true,
					 others[i], ENOSYS, &result),
			0);
		expect(&result, "never there:", (unsigned)others[i]);
	}
	assert_int_equal(hp_init(&options), 0);
}

/* The status of a child in which the address space ends. */
static int exhaust(void)
{
	const struct rlimit limit = {(rlim_t)200 * MB, (rlim_t)200 * MB};
	const size_t sizes[] = {64, 3000, 100000, 5 * MB, 100 * MB};

	if (setrlimit(RLIMIT_AS, &limit) != 0)
		return 1;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		void *first = NULL;
		void *block;
		size_t count = 0;

		errno = 0;
		/* A list through the blocks. */
		while ((block = hp_malloc(sizes[s])) != NULL && count < 10000000) {
			*(void **)block = first;
			first = block;
			count++;
		}
		if (block || errno != ENOMEM)
			return 2;
		/* The smallest sizes last as long as there is a page. */
		if (s == 0 && count < 50 * MB / sizes[s])
			return 3;
		errno = 0;
		if (hp_calloc(1, sizes[s]) || errno != ENOMEM)
			return 4;
		if (first && (hp_realloc(first, (size_t)300 * MB) || errno != ENOMEM))
			return 5;
		while (first) {
			block = *(void **)first;
			hp_free(first);
			first = block;
		}
		if (heap_setting()->options.policy == HP_POLICY_BUMP)
			return 0;
		(void)hp_trim(0);
		block = hp_malloc(sizes[s] / 2);
		if (!block)
			return 6;
		hp_free(block);
	}
	return 0;
}

static void test_address_space_ends(void **state)
{
	int status = 0;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0)
		_exit(exhaust());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		fail_msg("%s: status %x", heap_setting()->name, (unsigned)status);
}

static int group(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_fails),
		cmocka_unit_test(test_one_is_not_permitted),
		cmocka_unit_test(test_all_fail_onwards),
		cmocka_unit_test(test_only_mmap_works),
	};
	const struct CMUnitTest limits[] = {cmocka_unit_test(test_address_space_ends)};
	int failed = cmocka_run_group_tests(limits, NULL, NULL);

	if (!faults_possible())
		printf("ok - system calls fail # SKIP no seccomp notifications here\n");
	else
		failed |= cmocka_run_group_tests(tests, NULL, NULL);
	return failed;
}

int main(void)
{
	if (!heap_is_mode("release")) {
		puts("ok - failures # SKIP a sanitizer makes system calls of its own");
		return 0;
	}
	return heap_each(HEAP_ALL | HEAP_FEW, group);
}
