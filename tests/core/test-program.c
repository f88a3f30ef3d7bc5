/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Executions of real programs, /bin/sh as a rule: how they end, what is counted of them,
 * and that nothing of them is left behind. */
#include "base/text.h"
#include "core/program.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
	struct program_setup setup;
	struct program_outcome outcome;
	struct complaint complaint;
	char output[256]; /* of the last program */
	int samples;
};

static int run_shell(struct fixture *f, const char *script)
{
	const char *arguments[] = {"sh", "-c", script, NULL};
	ssize_t length;
	int error;

	f->setup.launch.arguments = (char *const *)(uintptr_t)arguments;
	if (!f->setup.launch.environment)
		f->setup.launch.environment = environ;
	f->setup.launch.input = -1;
	f->setup.launch.error = -1;
	f->setup.launch.output = memfd_create("output", MFD_CLOEXEC);
	assert_true(f->setup.launch.output >= 0);
	error = program_run(&f->setup, &f->outcome, &f->complaint);
	length = pread(f->setup.launch.output, f->output, sizeof(f->output) - 1, 0);
	assert_true(length >= 0);
	f->output[length] = '\0';
	(void)close(f->setup.launch.output);
	/* Nobody of the execution is left to wait for. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return error;
}

static void hands_on_how_the_program_ended(void **state)
{
	static const struct {
		const char *script;
		enum program_end end;
		int code, exit_code;
	} cases[] = {
		{"exit 0", PROGRAM_EXITED, 0, 0},
		{"exit 7", PROGRAM_EXITED, 7, 7},
		{"kill -9 $$", PROGRAM_SIGNALED, 9, 137},
		{"kill -SEGV $$", PROGRAM_SIGNALED, 11, 139},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f = {0};

		assert_int_equal(run_shell(&f, cases[i].script), 0);
		assert_int_equal(f.outcome.end, cases[i].end);
		assert_int_equal(f.outcome.code, cases[i].code);
		assert_int_equal(program_exit_code(&f.outcome), cases[i].exit_code);
		assert_true(f.outcome.wall_ns > 0);
	}
}

/* awk fills 128 MiB; a shell that does nothing is smaller than this process. */
static void tells_the_peak_of_the_program_from_our_own(void **state)
{
	enum { OWN_BYTES = 16 << 20, ITS_BYTES = 1 << 27 };
	char *own = malloc(OWN_BYTES);
	struct fixture f = {0};

	(void)state;
	assert_non_null(own);
	memset(own, 1, OWN_BYTES);
	assert_int_equal(run_shell(&f, "exit 0"), 0);
	assert_int_equal(f.outcome.peak_resident_bytes, 0);
	assert_int_equal(
		run_shell(&f,
			"awk 'BEGIN { s = \"x\"; for (; length(s) < 2^27;) s = s s }'"),
		0);
	assert_true(f.outcome.peak_resident_bytes > ITS_BYTES);
	free(own);
}

static void says_why_a_program_cannot_be_executed(void **state)
{
	static const struct {
		const char *name;
		int error;
	} cases[] = {
		{"no-such-program-of-escalier", -ENOENT},
		{"/no/such/file", -ENOENT},
		{"/etc/passwd", -EACCES},
		{"/", -EACCES},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *arguments[] = {cases[i].name, NULL};
		struct program_outcome outcome;
		struct complaint complaint = {0};
		const struct program_setup setup = {
			.launch = {.arguments = (char *const *)(uintptr_t)arguments,
				.environment = environ,
				.input = -1,
				.output = -1,
				.error = -1},
		};

		assert_int_equal(
			program_run(&setup, &outcome, &complaint), cases[i].error);
		assert_non_null(strstr(complaint.what, cases[i].name));
		assert_true(complaint.why[0] != '\0');
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	}
}

static void gives_the_program_its_environment_and_normal_signals(void **state)
{
	const char *const environment[] = {"PATH=/usr/bin:/bin", "WORD=from us", NULL};
	struct fixture f = {
		.setup.launch.environment = (char *const *)(uintptr_t)environment};
	/* The kernel's structure: the handler comes first. */
	const unsigned long ignored[8] = {1};
	sigset_t blocked, before;

	(void)state;
	/* Neither what we ignore nor what we block is the program's; 33 is one of the C
	 * library's own. */
	(void)signal(SIGPIPE, SIG_IGN);
	assert_int_equal(syscall(SYS_rt_sigaction, 33, ignored, NULL, NSIG / 8), 0);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &blocked, &before);
	assert_int_equal(run_shell(&f, "echo \"$WORD\"; grep -E 'Sig(Blk|Ign)' "
				       "/proc/self/status | tr -s '\\t0\\n' ' '"),
		0);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	assert_string_equal(f.output, "from us\nSigBlk: SigIgn: ");
}

static void ends_what_takes_too_long_with_its_children(void **state)
{
	struct fixture f = {.setup.watch.timeout_ns = 50000000};

	(void)state;
	assert_int_equal(run_shell(&f, "sleep 600 & sleep 600"), 0);
	assert_int_equal(f.outcome.end, PROGRAM_TIMED_OUT);
	assert_int_equal(program_exit_code(&f.outcome), 124);
}

static void kills_what_does_not_heed_the_time(void **state)
{
	struct fixture f = {.setup.watch.timeout_ns = 50000000};

	(void)state;
	assert_int_equal(run_shell(&f, "trap '' TERM; sleep 600; sleep 600"), 0);
	assert_int_equal(f.outcome.end, PROGRAM_TIMED_OUT);
}

static void ends_and_counts_what_the_program_leaves_behind(void **state)
{
	struct fixture f = {0};

	(void)state;
	assert_int_equal(run_shell(&f, "(sleep 600 &) ; setsid sleep 600 & exit 3"), 0);
	assert_int_equal(f.outcome.end, PROGRAM_EXITED);
	assert_int_equal(f.outcome.code, 3);
	assert_true(f.outcome.left_behind >= 1);
}

static void stops_when_told(void **state)
{
	static volatile sig_atomic_t stop = SIGINT;
	struct fixture f = {.setup.watch.stop = &stop};

	(void)state;
	f.setup.watch.sample_ns = 1000000;
	f.setup.watch.timeout_ns = 20000000; /* its end makes the wait look */
	assert_int_equal(run_shell(&f, "sleep 600"), 0);
	assert_int_equal(f.outcome.end, PROGRAM_STOPPED);
	assert_int_equal(program_exit_code(&f.outcome), 128 + SIGINT);
}

static volatile sig_atomic_t seen_enough;

/* Ends the execution once all three processes were seen at once. */
static void keep_sample(
	void *context, uint64_t elapsed_ns, const struct process_tree *tree)
{
	struct fixture *f = context;
	struct process_memory memory;
	struct process_pages pages;

	process_memory_read("", tree, &memory);
	process_pages_read("", tree, &pages);
	assert_true(elapsed_ns > 0);
	if (memory.processes < 3 || pages.anonymous_bytes == 0)
		return;
	assert_true(memory.threads >= 3);
	assert_true(memory.resident_bytes >= pages.anonymous_bytes);
	f->samples++;
	seen_enough = SIGTERM;
}

static void samples_all_processes(void **state)
{
	struct fixture f = {.setup.watch.sample_ns = 1000000,
		.setup.watch.sample = keep_sample,
		.setup.watch.stop = &seen_enough};

	(void)state;
	f.setup.watch.context = &f;
	assert_int_equal(run_shell(&f, "sleep 600 & sleep 600 & wait"), 0);
	assert_int_equal(f.outcome.end, PROGRAM_STOPPED);
	assert_true(f.samples > 0);
}

/* Page faults of a program that touches 2000 pages more than another. */
static void counts_from_exec_on_with_children(void **state)
{
	static const struct group group = {.name = "faults",
		.events = {{"PMC0", "perf::PAGE-FAULTS"}},
		.events_count = 1};
	static const struct counter_filter filter = {.user = true};
	struct complaint complaint = {0};
	struct fixture f = {.setup.counters = &counters_perf,
		.setup.group = &group,
		.setup.filter = &filter};
	uint64_t alone;
	struct counters *counters;
	struct counter_event_status status[GROUP_EVENTS];

	(void)state;
	if (counters_perf.open(&counters, &group, NULL, status, &complaint)) {
		print_message("# skip: %s: %s\n", complaint.what, complaint.why);
		skip();
	}
	counters_perf.close(counters);
	assert_int_equal(run_shell(&f, "true"), 0);
	alone = f.outcome.values[0].count;
	assert_true(alone > 0);
	assert_int_equal(f.outcome.values[0].enabled_ns, f.outcome.values[0].running_ns);
	assert_int_equal(run_shell(&f, "/bin/true; /bin/true; /bin/true"), 0);
	/* Each child takes dozens of faults of its own. */
	assert_true(f.outcome.values[0].count > alone + 60);
	/* The kernel keeps the same count, its own faults on the program's behalf apart.
	 */
	assert_true(f.outcome.values[0].count <=
		    f.outcome.minor_faults + f.outcome.major_faults);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hands_on_how_the_program_ended),
		cmocka_unit_test(tells_the_peak_of_the_program_from_our_own),
		cmocka_unit_test(says_why_a_program_cannot_be_executed),
		cmocka_unit_test(gives_the_program_its_environment_and_normal_signals),
		cmocka_unit_test(ends_what_takes_too_long_with_its_children),
		cmocka_unit_test(kills_what_does_not_heed_the_time),
		cmocka_unit_test(ends_and_counts_what_the_program_leaves_behind),
		cmocka_unit_test(stops_when_told),
		cmocka_unit_test(samples_all_processes),
		cmocka_unit_test(counts_from_exec_on_with_children),
	};

	return cmocka_run_group_tests_name("program", tests, NULL, NULL);
}
