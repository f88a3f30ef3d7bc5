/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "topology/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CPU_SECONDS = 10 };

/* The child dies alone and in silence: no handler of the program's, no core file, no
 * message. */
static void prepare_child(void)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGXCPU,
		SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	const struct rlimit no_core = {0, 0};
	const struct rlimit cpu = {CPU_SECONDS, CPU_SECONDS};
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)signal(signals[i], SIG_DFL);
	(void)setrlimit(RLIMIT_CORE, &no_core);
	(void)setrlimit(RLIMIT_CPU, &cpu);
	if (null >= 0) {
		(void)dup2(null, STDOUT_FILENO);
		(void)dup2(null, STDERR_FILENO);
	}
}

int trial_run(void (*function)(const void *argument), const void *argument)
{
	char done = 0;
	int ends[2], error = 0;
	ssize_t got;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return -errno;
	child = fork();
	if (child < 0)
		error = -errno;
	if (child == 0) {
		prepare_child();
		function(argument);
		/* A byte rather than the exit status, which is lost where SIGCHLD is
		 * ignored. */
		_exit(write(ends[1], &done, 1) == 1 ? 0 : 1);
	}
	(void)close(ends[1]);
	if (!error) {
		do
			got = read(ends[0], &done, 1);
		while (got < 0 && errno == EINTR);
		error = got == 1 ? 0 : -EFAULT;
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	(void)close(ends[0]);
	return error;
}
