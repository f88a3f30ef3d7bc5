/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/program.h"

#include "base/clock.h"
#include "base/stolen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long a process may take over a signal before SIGKILL follows; a server may have
 * data to write. */
#define GRACE_NS (2 * 1000000000ull)
#define SERVER_GRACE_NS (20 * 1000000000ull)

/* What a child may come to occupy between fork and exec, beside an eighth of what it has.
 */
#define BEFORE_EXEC_BYTES (1024ull * 1024)

static uint64_t timeval_ns(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_usec * 1000;
}

static void add_usage(struct program_outcome *outcome, const struct rusage *usage)
{
	uint64_t resident = (uint64_t)usage->ru_maxrss * 1024;

	outcome->user_ns += timeval_ns(&usage->ru_utime);
	outcome->system_ns += timeval_ns(&usage->ru_stime);
	outcome->minor_faults += (uint64_t)usage->ru_minflt;
	outcome->major_faults += (uint64_t)usage->ru_majflt;
	outcome->voluntary_switches += (uint64_t)usage->ru_nvcsw;
	outcome->involuntary_switches += (uint64_t)usage->ru_nivcsw;
	if (resident > outcome->peak_resident_bytes)
		outcome->peak_resident_bytes = resident;
}

/* Reaps what can be reaped now; returns whether a child is left. */
static bool reap(struct program_outcome *outcome)
{
	struct rusage usage;
	pid_t pid;

	while ((pid = wait4(-1, NULL, WNOHANG, &usage)) > 0)
		add_usage(outcome, &usage);
	return pid == 0;
}

/* Orphans come to us, their subreaper: those that still run are ended. */
static void end_orphans(struct program_outcome *outcome)
{
	uint64_t deadline = clocks_system.wall_ns() + GRACE_NS;
	int number = SIGTERM;

	while (reap(outcome)) {
		struct process_tree tree;

		process_tree_read("", getpid(), &tree);
		/* The first is this process. */
		memmove(tree.pids, tree.pids + 1, --tree.count * sizeof(tree.pids[0]));
		if (clocks_system.wall_ns() >= deadline)
			number = SIGKILL;
		if (number == SIGKILL || outcome->left_behind == 0)
			process_tree_signal(&tree, number);
		if (tree.count > outcome->left_behind)
			outcome->left_behind = tree.count;
		clock_sleep_ns(1000000);
	}
}

static int open_counters(const struct program_setup *setup, const struct launch *child,
	struct counters **counters, struct program_outcome *outcome,
	struct complaint *complaint)
{
	struct counter_target target = {
		.thread = child->pid, .cpu = -1, .inherit = true, .on_exec = true};

	if (!setup->counters)
		return 0;
	target.filter = *setup->filter;
	return setup->counters->open(
		counters, setup->group, &target, outcome->status, complaint);
}

static int complain_execute(
	const struct program_setup *setup, int error, struct complaint *complaint)
{
	const char *name = setup->launch.arguments[0];

	complaint_what(complaint, "cannot execute %.200s", name);
	complaint_why(complaint, "%s", strerror(-error));
	if (error == -ENOENT && !strchr(name, '/'))
		complaint_advise(complaint,
			"give the path of a program, or one of a name in PATH");
	return error;
}

struct start {
	struct cpus cpus; /* that the program may use */
	uint64_t stolen_ns, wall_ns;
};

/* The clock last: what stands before it is not the program's. */
static void start_now(struct start *start, const struct program_setup *setup)
{
	start->cpus = (struct cpus){{0}};
	if (setup->launch.cpus)
		start->cpus = *setup->launch.cpus;
	else
		(void)cpus_allowed(&start->cpus);
	start->stolen_ns = stolen_ns("", &start->cpus);
	start->wall_ns = clocks_system.wall_ns();
}

static void take_end(struct program_outcome *outcome, const struct program_setup *setup,
	enum watch_end end)
{
	outcome->end = end == WATCH_TIMED_OUT ? PROGRAM_TIMED_OUT
		       : end == WATCH_STOPPED ? PROGRAM_STOPPED
					      : PROGRAM_EXITED;
	if (end == WATCH_STOPPED)
		outcome->code = *setup->watch.stop;
}

/* A program that ends by itself. */
static void await_end(const struct program_setup *setup, const struct launch *child,
	const struct start *start, struct program_outcome *outcome)
{
	enum watch_end end =
		watch_until_end(&setup->watch, child->pidfd, child->pid, start->wall_ns);

	outcome->wall_ns = clocks_system.wall_ns() - start->wall_ns;
	outcome->stolen_ns = stolen_since_ns(&start->cpus, start->stolen_ns);
	take_end(outcome, setup, end);
	if (end != WATCH_ENDED)
		watch_end_tree(child->pidfd, child->pid,
			end == WATCH_STOPPED ? outcome->code : SIGTERM, GRACE_NS);
}

/* Counts so far, to be taken off those at the end; zero where nothing counts. */
static int read_counters(const struct program_setup *setup, struct counters *counters,
	struct counter_value *values)
{
	return counters ? setup->counters->read(counters, values) : 0;
}

static void subtract(struct counter_value *values, const struct counter_value *before)
{
	for (size_t i = 0; i < GROUP_EVENTS; i++) {
		values[i].count -= before[i].count;
		values[i].enabled_ns -= before[i].enabled_ns;
		values[i].running_ns -= before[i].running_ns;
	}
}

static int load_server(const struct program_setup *setup, const struct launch *child,
	struct counters *counters, struct program_outcome *outcome)
{
	struct counter_value before[GROUP_EVENTS] = {{0}};
	struct service_load load;
	struct start start;
	int error = read_counters(setup, counters, before);

	start_now(&start, setup);
	if (!error)
		error = service_run_load(setup->service, child, &setup->watch,
			setup->launch.environment, &load);
	if (!error)
		error = read_counters(setup, counters, outcome->values);
	if (error)
		return error;
	subtract(outcome->values, before);
	outcome->wall_ns = load.wall_ns;
	outcome->stolen_ns = stolen_since_ns(&start.cpus, start.stolen_ns);
	outcome->throughput = load.throughput;
	take_end(outcome, setup, load.end);
	if (load.end == WATCH_ENDED && load.status != 0) {
		outcome->end = PROGRAM_LOAD_FAILED;
		outcome->code = WIFEXITED(load.status) ? WEXITSTATUS(load.status) : -1;
	}
	return 0;
}

/* A program that serves, up to its end. */
static int serve(const struct program_setup *setup, const struct launch *child,
	struct counters *counters, struct program_outcome *outcome)
{
	int error = service_wait_ready(
		setup->service, child, &setup->watch, setup->launch.environment);

	if (error == -EINTR)
		take_end(outcome, setup, WATCH_STOPPED);
	else if (error)
		outcome->end = PROGRAM_UNREADY;
	error = error ? 0 : load_server(setup, child, counters, outcome);
	watch_end_tree(
		child->pidfd, child->pid, setup->service->stop_signal, SERVER_GRACE_NS);
	return error;
}

/* A server that ends by the signal that is to end it has ended in order. */
static void take_status(
	const struct program_setup *setup, struct program_outcome *outcome, int status)
{
	if (outcome->end != PROGRAM_EXITED)
		return;
	if (!WIFSIGNALED(status)) {
		outcome->code = WEXITSTATUS(status);
	} else if (!setup->service || WTERMSIG(status) != setup->service->stop_signal) {
		outcome->end = PROGRAM_SIGNALED;
		outcome->code = WTERMSIG(status);
	}
}

static void reap_first(const struct program_setup *setup, const struct launch *child,
	struct program_outcome *outcome)
{
	struct rusage usage;
	int status;

	while (wait4(child->pid, &status, 0, &usage) < 0)
		if (errno != EINTR)
			return;
	take_status(setup, outcome, status);
	add_usage(outcome, &usage);
}

/* From the program's first instruction to the end of its last process. */
static int run_to_end(const struct program_setup *setup, const struct launch *child,
	struct counters *counters, const struct start *start,
	struct program_outcome *outcome)
{
	int error = 0;

	if (setup->service)
		error = serve(setup, child, counters, outcome);
	else
		await_end(setup, child, start, outcome);
	reap_first(setup, child, outcome);
	end_orphans(outcome);
	if (!error && !setup->service)
		error = read_counters(setup, counters, outcome->values);
	return error;
}

/* exec leaves in ru_maxrss what the process occupied as a copy of ours: a peak no larger
 * than that says nothing of the program. */
static void forget_own_peak(struct program_outcome *outcome, uint64_t own_bytes)
{
	if (outcome->peak_resident_bytes <= own_bytes + own_bytes / 8 + BEFORE_EXEC_BYTES)
		outcome->peak_resident_bytes = 0;
}

static uint64_t resident_bytes(pid_t pid)
{
	const struct process_tree alone = {.pids = {pid}, .count = 1};
	struct process_memory memory;

	process_memory_read("", &alone, &memory);
	return memory.resident_bytes;
}

int program_run(const struct program_setup *setup, struct program_outcome *outcome,
	struct complaint *complaint)
{
	struct counters *counters = NULL;
	struct launch child = {.pidfd = -1};
	struct start start;
	uint64_t own_bytes;
	int error;

	*outcome = (struct program_outcome){0};
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	(void)fflush(NULL);
	error = launch_begin(&child, &setup->launch);
	if (error) {
		complaint_what(complaint, "cannot start a process");
		complaint_why(complaint, "%s", strerror(-error));
		return error;
	}
	error = open_counters(setup, &child, &counters, outcome, complaint);
	if (error) {
		launch_cancel(&child);
		goto out;
	}
	own_bytes = resident_bytes(child.pid);
	start_now(&start, setup);
	error = launch_go(&child);
	if (error) {
		(void)complain_execute(setup, error, complaint);
		goto out;
	}
	error = run_to_end(setup, &child, counters, &start, outcome);
	forget_own_peak(outcome, own_bytes);
	if (error) {
		complaint_what(complaint, "the program cannot be measured");
		complaint_why(complaint, "%s", strerror(-error));
	}
out:
	if (counters)
		setup->counters->close(counters);
	(void)close(child.pidfd);
	return error;
}

int program_exit_code(const struct program_outcome *outcome)
{
	switch (outcome->end) {
	case PROGRAM_SIGNALED:
	case PROGRAM_STOPPED:
		return 128 + outcome->code;
	case PROGRAM_TIMED_OUT:
		return PROGRAM_EXIT_OUT_OF_TIME;
	case PROGRAM_UNREADY:
	case PROGRAM_LOAD_FAILED:
		return PROGRAM_EXIT_NO_LOAD;
	default:
		return outcome->code;
	}
}
