/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/launch.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANNOT_EXECUTE = 126, NOT_FOUND = 127 };

/* The system call itself: the C library refuses the two numbers that it keeps for its
 * threads, and whoever started us may ignore those as well. The kernel's structure is all
 * zero for SIG_DFL, and no larger than this on any machine; its last argument is the size
 * of a signal set there. */
static void restore_signals(void)
{
	const unsigned long normal[8] = {0};
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		(void)syscall(SYS_rt_sigaction, number, normal, NULL, NSIG / 8);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static int place_descriptor(int from, int to)
{
	return from < 0 || from == to || dup2(from, to) >= 0 ? 0 : -errno;
}

static void execute(const struct launch_setup *setup, int go, int failed)
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

int launch_begin(struct launch *launch, const struct launch_setup *setup)
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

int launch_go(struct launch *launch)
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
	if (error)
		(void)waitpid(launch->pid, NULL, 0);
	return error;
}

void launch_cancel(struct launch *launch)
{
	(void)close(launch->go);
	(void)close(launch->failed);
	(void)waitpid(launch->pid, NULL, 0);
}

bool launch_wait(int pidfd, uint64_t until_ns)
{
	struct pollfd poll_end = {.fd = pidfd, .events = POLLIN};
	uint64_t now = clocks_system.wall_ns();
	uint64_t left = until_ns > now ? until_ns - now : 0;
	struct timespec wait = {.tv_sec = (time_t)(left / 1000000000),
		.tv_nsec = (long)(left % 1000000000)};

	return ppoll(&poll_end, 1, until_ns == UINT64_MAX ? NULL : &wait, NULL) > 0;
}
