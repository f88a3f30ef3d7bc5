/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/program.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* How long a process may take over SIGTERM before SIGKILL follows. */
#define GRACE_NS (2 * 1000000000ull)

enum { CANNOT_EXECUTE = 126, NOT_FOUND = 127, SAMPLING_COST = 100 };

/* The child and the ends of the two pipes to it. */
struct launch {
	pid_t pid;
	int pidfd;
	int go;     /* a byte lets it go on to exec; closed: it ends */
	int failed; /* gives exec's errno, or ends empty where exec succeeded */
};

static void restore_signals(void)
{
	struct sigaction normal = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		(void)sigaction(number, &normal, NULL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static int place_descriptor(int from, int to)
{
	return from < 0 || from == to || dup2(from, to) >= 0 ? 0 : -errno;
}

static void execute(const struct program_setup *setup, int go, int failed)
{
	int error = 0;
	char byte;

	if (read(go, &byte, 1) != 1)
		_exit(CANNOT_EXECUTE);
	restore_signals();
	if (setup->cpus)
		error = cpus_unpin(setup->cpus);
	if (!error)
		error = place_descriptor(setup->input, STDIN_FILENO);
	if (!error)
		error = place_descriptor(setup->output, STDOUT_FILENO);
	if (!error)
		error = place_descriptor(setup->error, STDERR_FILENO);
	if (!error) {
		(void)execvpe(setup->arguments[0], setup->arguments, setup->environment);
		error = -errno;
	}
	if (write(failed, &error, sizeof(error)) != (ssize_t)sizeof(error))
		_exit(CANNOT_EXECUTE);
	_exit(error == -ENOENT ? NOT_FOUND : CANNOT_EXECUTE);
}

static void close_pair(int pair[2])
{
	(void)close(pair[0]);
	(void)close(pair[1]);
}

static int launch(const struct program_setup *setup, struct launch *launch)
{
	int go[2] = {-1, -1};
	int failed[2] = {-1, -1};

	if (pipe2(go, O_CLOEXEC))
		return -errno;
	if (pipe2(failed, O_CLOEXEC)) {
		close_pair(go);
		return -errno;
	}
	launch->pid = fork();
	if (launch->pid == 0) {
		(void)close(go[1]);
		(void)close(failed[0]);
		execute(setup, go[0], failed[1]);
	}
	(void)close(go[0]);
	(void)close(failed[1]);
	launch->go = go[1];
	launch->failed = failed[0];
	launch->pidfd =
		launch->pid < 0 ? -1 : (int)syscall(SYS_pidfd_open, launch->pid, 0);
	if (launch->pidfd >= 0)
		return 0;
	int error = -errno;

	(void)close(launch->go);
	(void)close(launch->failed);
	if (launch->pid > 0)
		(void)waitpid(launch->pid, NULL, 0);
	return error;
}

/* Lets the child go on: 0 once the program runs, or exec's -errno. */
static int let_go(struct launch *launch)
{
	int error = 0;
	ssize_t length = write(launch->go, "", 1);

	(void)close(launch->go);
	if (length == 1) {
		do {
			length = read(launch->failed, &error, sizeof(error));
		} while (length < 0 && errno == EINTR);
	} else {
		error = -EPIPE;
	}
	(void)close(launch->failed);
	return error;
}

static bool wait_until(int pidfd, uint64_t deadline_ns, const struct program_setup *setup)
{
	struct pollfd poll_end = {.fd = pidfd, .events = POLLIN};

	for (;;) {
		uint64_t now = clocks_system.wall_ns();
		uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
		struct timespec wait = {.tv_sec = (time_t)(left / 1000000000),
			.tv_nsec = (long)(left % 1000000000)};
		int ready = ppoll(
			&poll_end, 1, deadline_ns == UINT64_MAX ? NULL : &wait, NULL);

		if (ready > 0)
			return true;
		if (ready == 0 || (setup && setup->stop && *setup->stop))
			return false;
	}
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Until the first process ends, the time is out, or we are told to stop. */
static enum program_end watch(
	const struct program_setup *setup, const struct launch *launch, uint64_t start_ns)
{
	uint64_t deadline = setup->timeout_ns ? start_ns + setup->timeout_ns : UINT64_MAX;
	uint64_t next = setup->sample ? start_ns + setup->sample_ns : UINT64_MAX;

	for (;;) {
		struct process_tree tree;
		uint64_t begin;
		uint64_t cost;

		if (wait_until(launch->pidfd, earlier(deadline, next), setup))
			return PROGRAM_EXITED;
		if (setup->stop && *setup->stop)
			return PROGRAM_STOPPED;
		begin = clocks_system.wall_ns();
		if (begin >= deadline)
			return PROGRAM_TIMED_OUT;
		if (begin < next)
			continue;
		process_tree_read("", launch->pid, &tree);
		setup->sample(setup->context, begin - start_ns, &tree);
		cost = clocks_system.wall_ns() - begin;
		next = begin + (cost * SAMPLING_COST > setup->sample_ns
					       ? cost * SAMPLING_COST
					       : setup->sample_ns);
	}
}

/* Ends the process and all below it. */
static void end_tree(const struct launch *launch, int number)
{
	struct process_tree tree;

	process_tree_read("", launch->pid, &tree);
	process_tree_signal(&tree, number);
	if (!wait_until(launch->pidfd, clocks_system.wall_ns() + GRACE_NS, NULL)) {
		process_tree_read("", launch->pid, &tree);
		process_tree_signal(&tree, SIGKILL);
	}
}

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

static void take_status(struct program_outcome *outcome, int status)
{
	if (outcome->end != PROGRAM_EXITED)
		return;
	if (WIFSIGNALED(status)) {
		outcome->end = PROGRAM_SIGNALED;
		outcome->code = WTERMSIG(status);
	} else {
		outcome->code = WEXITSTATUS(status);
	}
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

static int open_counters(const struct program_setup *setup, const struct launch *launch,
	struct counters **counters, struct program_outcome *outcome,
	struct complaint *complaint)
{
	struct counter_target target = {
		.thread = launch->pid, .cpu = -1, .inherit = true, .on_exec = true};

	if (!setup->counters)
		return 0;
	target.filter = *setup->filter;
	return setup->counters->open(
		counters, setup->group, &target, outcome->status, complaint);
}

static int complain_execute(
	const struct program_setup *setup, int error, struct complaint *complaint)
{
	complaint_what(complaint, "cannot execute %.200s", setup->arguments[0]);
	complaint_why(complaint, "%s", strerror(-error));
	if (error == -ENOENT && !strchr(setup->arguments[0], '/'))
		complaint_advise(complaint,
			"give the path of a program, or one of a name in PATH");
	return error;
}

static void finish(const struct program_setup *setup, const struct launch *launch,
	uint64_t start_ns, struct program_outcome *outcome)
{
	struct rusage usage;
	int status;

	outcome->end = watch(setup, launch, start_ns);
	outcome->wall_ns = clocks_system.wall_ns() - start_ns;
	if (outcome->end == PROGRAM_TIMED_OUT)
		end_tree(launch, SIGTERM);
	if (outcome->end == PROGRAM_STOPPED) {
		outcome->code = *setup->stop;
		end_tree(launch, outcome->code);
	}
	while (wait4(launch->pid, &status, 0, &usage) < 0)
		if (errno != EINTR)
			return;
	take_status(outcome, status);
	add_usage(outcome, &usage);
	end_orphans(outcome);
}

int program_run(const struct program_setup *setup, struct program_outcome *outcome,
	struct complaint *complaint)
{
	struct counters *counters = NULL;
	struct launch child = {.pidfd = -1};
	uint64_t start_ns;
	int error;

	*outcome = (struct program_outcome){0};
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	(void)fflush(NULL);
	error = launch(setup, &child);
	if (error) {
		complaint_what(complaint, "cannot start a process");
		complaint_why(complaint, "%s", strerror(-error));
		return error;
	}
	error = open_counters(setup, &child, &counters, outcome, complaint);
	if (error) {
		(void)close(child.go);
		(void)close(child.failed);
		(void)waitpid(child.pid, NULL, 0);
		goto out;
	}
	start_ns = clocks_system.wall_ns();
	error = let_go(&child);
	if (error) {
		(void)waitpid(child.pid, NULL, 0);
		(void)complain_execute(setup, error, complaint);
		goto out;
	}
	finish(setup, &child, start_ns, outcome);
	if (counters) {
		error = setup->counters->read(counters, outcome->values);
		if (error) {
			complaint_what(
				complaint, "the program's counters cannot be read");
			complaint_why(complaint, "%s", strerror(-error));
		}
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
		return 124;
	default:
		return outcome->code;
	}
}
