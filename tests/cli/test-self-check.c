/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The self-check of the whole program against counters that lie: behind the fake backend
 * stand the kernel's own accounts of faults and context switches (getrusage), shown as a
 * fault of the PMU would show them. Commands run in this process, from their arguments to
 * their exit code and files.
 */
#include "base/file.h"
#include "cli/cmd.h"
#include "cli/self-check.h"
#include "core/check/verdict-json.h"
#include "core/environment.h"
#include "counters/counters.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

enum lie {
	LIE_NONE,
	LIE_DEAD,       /* page faults never count */
	LIE_DOUBLED,    /* they count twice */
	LIE_CONSTANT,   /* they grow by the same at every reading */
	LIE_SATURATED,  /* they stop */
	LIE_SWAPPED,    /* with context switches */
	LIE_DEAD_PLACE, /* whatever stands first reads 0 */
	LIE_SHARED      /* everything is on its counter half of the time */
};

static struct {
	enum lie lie;
	uint64_t readings;
	char folder[64];
	char out[96]; /* what the command printed */
} fake;

/* Counters of the core are not there. */
static int refuse_hardware(
	void *context, const struct group *group, struct counter_event_status *status)
{
	size_t refused = 0;

	(void)context;
	for (size_t i = 0; i < group->events_count; i++) {
		if (strstr(group->events[i].name, "faults") ||
			strstr(group->events[i].name, "context"))
			continue;
		refused++;
		status[i].error = -ENOENT;
		(void)snprintf(status[i].why, sizeof(status[i].why), "not in this test");
	}
	return refused < group->events_count ? 0 : -ENOENT;
}

static uint64_t lie(bool faults, uint64_t happened, uint64_t other, size_t place)
{
	if (fake.lie == LIE_DEAD_PLACE && place == 0)
		return 0;
	if (fake.lie == LIE_SWAPPED)
		return other;
	if (!faults)
		return happened;
	switch (fake.lie) {
	case LIE_DEAD:
		return 0;
	case LIE_DOUBLED:
		return 2 * happened;
	case LIE_CONSTANT:
		return 77 * fake.readings;
	case LIE_SATURATED:
		return happened < 100 ? happened : 100;
	default:
		return happened;
	}
}

static void read_accounts(
	void *context, const struct group *group, struct counter_value *values)
{
	uint64_t now = clocks_system.wall_ns();
	struct rusage usage;
	uint64_t faults, switches;

	(void)context;
	(void)getrusage(RUSAGE_THREAD, &usage);
	faults = (uint64_t)usage.ru_minflt + (uint64_t)usage.ru_majflt;
	switches = (uint64_t)usage.ru_nvcsw + (uint64_t)usage.ru_nivcsw;
	fake.readings++;
	for (size_t i = 0; i < group->events_count; i++) {
		bool is_faults = strstr(group->events[i].name, "faults") != NULL;

		values[i].count = lie(is_faults, is_faults ? faults : switches,
			is_faults ? switches : faults, i);
		values[i].enabled_ns = now;
		values[i].running_ns = fake.lie == LIE_SHARED ? now / 2 : now;
	}
}

static int set_up(void **state)
{
	static const struct counter_fake accounts = {
		.open = refuse_hardware, .read = read_accounts};
	char share[PATH_MAX];

	(void)state;
	fake.lie = LIE_NONE;
	fake.readings = 0;
	(void)snprintf(fake.folder, sizeof(fake.folder), "/tmp/escalier-check-XXXXXX");
	if (!mkdtemp(fake.folder) || !getcwd(share, sizeof(share)))
		return -1;
	(void)snprintf(fake.out, sizeof(fake.out), "%s/out", fake.folder);
	counters_fake_install(&accounts);
	return setenv("ESCALIER_SHARE", share, 1) ||
	       setenv("XDG_CACHE_HOME", fake.folder, 1);
}

static int tear_down(void **state)
{
	char command[PATH_MAX];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf -- '%s'", fake.folder);
	return system(command);
}

/* With stdout and stderr in a file meanwhile: the exit code. */
static int run(int (*command)(int argc, char **argv), char **argv)
{
	int saved[2] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)};
	int fd = open(fake.out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int argc = 0;
	int code;

	assert_true(fd >= 0 && saved[0] >= 0 && saved[1] >= 0);
	(void)fflush(stdout);
	(void)dup2(fd, STDOUT_FILENO);
	(void)dup2(fd, STDERR_FILENO);
	while (argv[argc])
		argc++;
	code = command(argc, argv);
	(void)fflush(stdout);
	(void)dup2(saved[0], STDOUT_FILENO);
	(void)dup2(saved[1], STDERR_FILENO);
	(void)close(saved[0]);
	(void)close(saved[1]);
	(void)close(fd);
	return code;
}

static char events[] = "page-faults,context-switches";

static int check(void)
{
	char *argv[] = {(char[]){"check"}, (char[]){"--counters=fake"}, (char[]){"-e"},
		events, NULL};

	return run(cmd_check, argv);
}

/* Checks, and takes the verdicts on both events: the exit code. */
static int judge(struct event_verdict verdicts[2])
{
	char *argv[] = {(char[]){"check"}, (char[]){"--counters=fake"}, (char[]){"-e"},
		events, (char[]){"--json"}, NULL};
	int code = run(cmd_check, argv);
	json_t *root = json_load_file(fake.out, 0, NULL);

	assert_non_null(root);
	assert_int_equal(
		verdicts_from_json(json_object_get(root, "events"), verdicts, 2), 2);
	json_decref(root);
	return code;
}

static void sweep(struct environment *environment, const char *name, char *when)
{
	char output[PATH_MAX];
	struct complaint complaint = {.what = ""};
	char *argv[] = {(char[]){"sweep"}, (char[]){"--counters=fake"}, (char[]){"-e"},
		events, (char[]){"-s4K"}, (char[]){"-r1"}, (char[]){"--windows=1"},
		(char[]){"--window=20us"}, (char[]){"-kchase"}, (char[]){"-blibc"},
		(char[]){"--no-reserve"}, when, (char[]){"-o"}, output, NULL};
	char path[PATH_MAX + 32];

	(void)snprintf(output, sizeof(output), "%s/%s", fake.folder, name);
	/* 3 where there is no gnuplot. */
	assert_int_equal(run(cmd_sweep, argv) & ~3, 0);
	(void)snprintf(path, sizeof(path), "%s/environment.json", output);
	assert_int_equal(environment_load(environment, path, &complaint), 0);
}

/* Whichever way its lines are broken. */
static bool said(const char *words)
{
	struct text text;
	size_t length = 0;
	bool found;

	text_init(&text);
	assert_int_equal(file_read_all(fake.out, &text), 0);
	for (const char *c = text.bytes; *c; c++)
		if (!strchr(" \n", *c) || !strchr(" \n", c[1]))
			text.bytes[length++] = *c == '\n' ? ' ' : *c;
	text.bytes[length] = '\0';
	found = strstr(text.bytes, words) != NULL;
	text_release(&text);
	return found;
}

static void truth_is_right(void **state)
{
	struct event_verdict verdicts[2];

	(void)state;
	assert_int_equal(judge(verdicts), 0);
	assert_int_equal(verdicts[0].judgement, EVENT_RIGHT);
	assert_int_equal(check(), 0);
	assert_true(said("no hardware counter: not in this test"));
	assert_true(said("page-faults touch 256 256 1.0000 0.995 to 1.005 right"));
}

static void every_lie_is_found(void **state)
{
	static const struct {
		enum lie lie;
		enum event_judgement judgement;
	} lies[] = {
		{LIE_DEAD, EVENT_DEAD},
		{LIE_DOUBLED, EVENT_WRONG},
		{LIE_CONSTANT, EVENT_WRONG},
		{LIE_SATURATED, EVENT_DEAD},
	};
	struct event_verdict verdicts[2];

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		fake.lie = lies[i].lie;
		assert_int_equal(judge(verdicts), 5);
		assert_int_equal(verdicts[0].judgement, lies[i].judgement);
		assert_false(event_excluded(verdicts[1].judgement));
	}
	/* A few switches happen over the faults' kernel too, when others want the CPU. */
	fake.lie = LIE_SWAPPED;
	assert_int_equal(judge(verdicts), 5);
	assert_true(event_excluded(verdicts[0].judgement));
	assert_int_not_equal(verdicts[1].judgement, EVENT_RIGHT);
}

/* The event that stands on it in the group's own order is dead; the other one is not to
 * blame for the windows in which it stands there. */
static void a_dead_counter_is_told_from_a_dead_event(void **state)
{
	struct event_verdict verdicts[2];

	(void)state;
	fake.lie = LIE_DEAD_PLACE;
	assert_int_equal(judge(verdicts), 5);
	assert_int_equal(verdicts[0].judgement, EVENT_DEAD);
	assert_non_null(strstr(verdicts[0].why, "dead or taken, not the event"));
	assert_false(event_excluded(verdicts[1].judgement));
}

static void a_shared_counter_proves_nothing(void **state)
{
	(void)state;
	fake.lie = LIE_SHARED;
	assert_int_equal(check(), 0);
	assert_true(said("2 unproven"));
	assert_true(said("other users share the counters"));
	assert_true(said("values were rejected"));
}

static const struct event_verdict *find(
	const struct environment *environment, const char *event)
{
	for (size_t i = 0; i < environment->events_count; i++)
		if (strcmp(environment->events[i].event, event) == 0)
			return &environment->events[i];
	fail_msg("%s has no verdict", event);
	return NULL;
}

/* What a sweep finds it keeps for the next, until told to look again. */
static void a_sweep_checks_once(void **state)
{
	static struct environment environment;
	char kept[] = "--check=kept", anew[] = "--check=anew";

	(void)state;
	fake.lie = LIE_DOUBLED;
	sweep(&environment, "first", kept);
	assert_int_equal(environment.events_count, 2);
	assert_int_equal(find(&environment, "page-faults")->judgement, EVENT_WRONG);
	assert_false(event_excluded(find(&environment, "context-switches")->judgement));
	assert_true(said("the self-check leaves out 1 of 2 events"));
	fake.lie = LIE_NONE;
	sweep(&environment, "second", kept);
	assert_int_equal(find(&environment, "page-faults")->judgement, EVENT_WRONG);
	sweep(&environment, "third", anew);
	assert_int_equal(find(&environment, "page-faults")->judgement, EVENT_RIGHT);
	assert_false(said("leaves out"));
	sweep(&environment, "fourth", kept);
	assert_int_equal(find(&environment, "page-faults")->judgement, EVENT_RIGHT);
}

/* What others do with the counters now is not kept against an event. */
static void what_others_do_is_not_kept(void **state)
{
	static struct environment environment;
	char kept[] = "--check=kept";

	(void)state;
	fake.lie = LIE_SHARED;
	sweep(&environment, "shared", kept);
	assert_int_equal(find(&environment, "page-faults")->judgement, EVENT_UNPROVEN);
	fake.lie = LIE_NONE;
	sweep(&environment, "alone", kept);
	assert_int_equal(find(&environment, "page-faults")->judgement, EVENT_RIGHT);
}

static void other_kinds_of_core_are_named(void **state)
{
	static struct environment environment;
	struct cpu_kind kinds[2] = {{.name = "P-core"}, {.name = "E-core"}};
	struct machine machine = {.cpu_kinds = kinds, .cpu_kinds_count = 2};
	struct point points[] = {{.cpu = 1}, {.cpu = 5}, {.cpu = 4}};
	struct plan plan = {.points = points};
	const struct self_check on_first = {.machine = &machine, .cpu = 0};

	(void)state;
	cpus_add(&kinds[0].cpus, 0);
	cpus_add(&kinds[0].cpus, 1);
	cpus_add(&kinds[1].cpus, 4);
	cpus_add(&kinds[1].cpus, 5);
	plan.count = 1;
	self_check_note_kinds(&on_first, &plan, &environment);
	assert_int_equal(environment.notes_count, 0);
	plan.count = 3;
	self_check_note_kinds(&on_first, &plan, &environment);
	assert_int_equal(environment.notes_count, 1);
	assert_non_null(strstr(environment.notes[0], "nothing of CPU 5, another kind"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(truth_is_right, set_up, tear_down),
		cmocka_unit_test_setup_teardown(every_lie_is_found, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_dead_counter_is_told_from_a_dead_event, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_shared_counter_proves_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_sweep_checks_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_others_do_is_not_kept, set_up, tear_down),
		cmocka_unit_test(other_kinds_of_core_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
