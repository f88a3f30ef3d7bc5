/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * That the kernels with a known answer do what they say, proven without a PMU: the loop's
 * instructions by stepping through them one by one, faults, sleeps and moves by what the
 * kernel accounts for, pages and lines by following them.
 */
#include "base/clock.h"
#include "base/cpus.h"
#include "core/check/counted-loop.h"
#include "core/check/flush.h"
#include "core/check/known.h"
#include "core/cycle.h"
#include "counters/group.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct machine machine;
static struct known_setting setting;

static int load(void **state)
{
	struct complaint complaint = {.what = ""};

	(void)state;
	if (topology_load(&machine, NULL, &complaint) != 0)
		return -1;
	setting = (struct known_setting){.machine = &machine, .seed = 1};
	if (cpus_allowed(&setting.allowed) != 0)
		return -1;
	setting.cpu = (unsigned)cpus_first(&setting.allowed);
	return 0;
}

static int unload(void **state)
{
	(void)state;
	kernel_scratch_release(&setting.scratch);
	topology_release(&machine);
	return 0;
}

/* Instructions that a child executes between its two stops, or -1 where it cannot be
 * stepped. */
static long count_steps(pid_t child)
{
	long steps = 0;
	int status;

	if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
		return -1;
	for (;; steps++) {
		if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) != 0 ||
			waitpid(child, &status, 0) != child)
			return -1;
		if (WIFEXITED(status))
			return -1;
		if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP)
			return steps;
	}
}

static long step_through_loop(uint64_t turns)
{
	pid_t child = fork();
	long steps;
	int status;

	if (child < 0)
		return -1;
	if (child == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
			_exit(1);
		(void)raise(SIGSTOP);
		counted_loop(turns);
		(void)raise(SIGSTOP);
		_exit(0);
	}
	steps = count_steps(child);
	(void)kill(child, SIGKILL);
	(void)waitpid(child, &status, 0);
	return steps;
}

/* What lies around the loop is the same for both, and cancels out. */
static void test_loop_by_single_steps(void **state)
{
	long few = step_through_loop(100);
	long many = step_through_loop(400);

	(void)state;
	if (!counted_loop_exact || few < 0 || many < 0)
		skip(); /* no loop of this architecture's own, or no ptrace here */
	assert_int_equal(many - few, 300 * COUNTED_LOOP_INSTRUCTIONS);
}

static bool prepare(const struct known_kernel *kernel, struct known_state *known)
{
	struct complaint why = {.what = ""};
	int error = kernel->prepare(known, &setting, &why);

	if (error) {
		print_message("# %s: %s\n", kernel->name, why.what);
		assert_true(why.what[0] != '\0');
		assert_int_equal(error, -ENOTSUP);
	}
	return error == 0;
}

static void release(const struct known_kernel *kernel, struct known_state *known)
{
	if (kernel->release)
		kernel->release(known);
}

static void test_table(void **state)
{
	size_t count = 0;

	(void)state;
	for (; known_kernels[count]; count++) {
		const struct known_kernel *kernel = known_kernels[count];

		assert_true(strlen(kernel->name) < KERNEL_NAME);
		assert_true(kernel->exposure >= 0 && kernel->exposure <= 1);
		for (size_t i = 0; i < count; i++)
			assert_string_not_equal(known_kernels[i]->name, kernel->name);
	}
	assert_true(count <= KNOWN_KERNELS);
}

/* Each runs several windows, armed as the check arms it. */
static void test_every_kernel_runs(void **state)
{
	struct known_state known;

	(void)state;
	for (size_t k = 0; known_kernels[k]; k++) {
		const struct known_kernel *kernel = known_kernels[k];

		if (!prepare(kernel, &known))
			continue;
		assert_true(known.reads > 0);
		for (int w = 0; w < 3; w++) {
			if (kernel->arm)
				assert_int_equal(kernel->arm(&known), 0);
			kernel->run(&known.kernel, known.reads);
		}
		release(kernel, &known);
	}
}

static void test_chases(void **state)
{
	static const struct known_kernel *const chases[] = {
		&known_chase_l1, &known_chase_l2, &known_chase_l3, &known_chase_dram};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct complaint why = {.what = ""};
		struct memory_obtained obtained;
		struct known_state known;
		void *first;

		if (!prepare(chases[i], &known))
			continue;
		assert_int_equal(chase_verify(&known.kernel, &why), 0);
		assert_int_equal(known.reads % KERNEL_UNROLL, 0);
		assert_int_equal(memory_inspect(&known.grant, &obtained), 0);
		assert_int_equal(obtained.huge_bytes, 0);
		/* A window of the flushed chase is one pass: no line comes twice. */
		first = known.kernel.cursor;
		if (chases[i] == &known_chase_dram) {
			assert_int_equal(known.reads, known.kernel.reads);
			chase_run(&known.kernel, known.reads);
			assert_ptr_equal(known.kernel.cursor, first);
		}
		release(chases[i], &known);
	}
}

/* All pages once a pass, and what is read there is zero. */
static void test_pages(void **state)
{
	static const struct known_kernel *const kernels_of_pages[] = {
		&known_pages_l1, &known_pages_l2, &known_pages_walk};
	uint64_t last = 0;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct known_state known;
		uint8_t *seen;

		if (!prepare(kernels_of_pages[i], &known))
			continue;
		assert_true(known.kernel.reads > last);
		last = known.kernel.reads;
		seen = calloc(known.kernel.reads, 1);
		assert_non_null(seen);
		for (uint64_t r = 0; r < known.kernel.reads; r++) {
			uint64_t page = (uint64_t)(uintptr_t)known.kernel.cursor;

			assert_true(page < known.kernel.reads);
			assert_int_equal(seen[page], 0);
			seen[page] = 1;
			kernels_of_pages[i]->run(&known.kernel, 1);
		}
		free(seen);
		release(kernels_of_pages[i], &known);
	}
}

static struct rusage usage_now(void)
{
	struct rusage usage;

	assert_int_equal(getrusage(RUSAGE_THREAD, &usage), 0);
	return usage;
}

/* The median of a few: the thread's other pages may fault beside them. */
static void test_touch_faults_once_a_page(void **state)
{
	struct known_state known;
	unsigned exact = 0;

	(void)state;
	assert_true(prepare(&known_touch, &known));
	for (int w = 0; w < 9; w++) {
		struct rusage before, after;

		assert_int_equal(known_touch.arm(&known), 0);
		before = usage_now();
		known_touch.run(&known.kernel, known.reads);
		after = usage_now();
		exact += after.ru_minflt - before.ru_minflt == (long)known.reads;
	}
	assert_true(exact >= 5);
	release(&known_touch, &known);
}

static void test_sleep_leaves_the_cpu(void **state)
{
	struct rusage before, after;
	struct known_state known;

	(void)state;
	assert_true(prepare(&known_sleep, &known));
	before = usage_now();
	known_sleep.run(&known.kernel, known.reads);
	after = usage_now();
	assert_true(after.ru_nvcsw - before.ru_nvcsw >= (long)known.reads);
}

static void test_migrate_moves(void **state)
{
	struct known_state known;

	(void)state;
	if (!prepare(&known_migrate, &known))
		skip(); /* one CPU */
	assert_int_equal(cpus_pin(setting.cpu), 0);
	known_migrate.run(&known.kernel, 1);
	assert_int_equal(sched_getcpu(), (int)known.home_cpu);
	known_migrate.run(&known.kernel, 2);
	assert_int_equal(sched_getcpu(), (int)known.home_cpu);
	assert_int_not_equal(known.home_cpu, known.other_cpu);
	assert_int_equal(known.reads % 2, 0);
	assert_int_equal(cpus_unpin(&setting.allowed), 0);
}

/* On machines that do not say what they have, or have too little of it. */
static void test_machines_without(void **state)
{
	struct known_setting other = {.seed = 1};
	struct complaint why = {.what = ""};
	struct machine none;
	struct known_state known;

	(void)state;
	assert_int_equal(topology_load(&none, "core:1 pu:1", &why), 0);
	other.machine = &none;
	assert_int_equal(known_chase_l1.prepare(&known, &other, &why), -ENOTSUP);
	assert_non_null(strstr(why.what, "L1"));
	assert_int_equal(known_chase_l2.prepare(&known, &other, &why), -ENOTSUP);
	assert_int_equal(known_chase_l3.prepare(&known, &other, &why), -ENOTSUP);
	cpus_add(&other.allowed, 0);
	assert_int_equal(known_migrate.prepare(&known, &other, &why), -ENOTSUP);
	topology_release(&none);
	assert_int_equal(topology_load(&none,
				 "pack:1 l3:1(size=2MiB) l2:1(size=1MiB) "
				 "l1d:1(size=32KiB) core:1 pu:1",
				 &why),
		0);
	assert_int_equal(known_chase_l3.prepare(&known, &other, &why), -ENOTSUP);
	assert_non_null(strstr(why.what, "too small"));
	topology_release(&none);
	kernel_scratch_release(&other.scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loop_by_single_steps),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_every_kernel_runs),
		cmocka_unit_test(test_chases),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_touch_faults_once_a_page),
		cmocka_unit_test(test_sleep_leaves_the_cpu),
		cmocka_unit_test(test_migrate_moves),
		cmocka_unit_test(test_machines_without),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
