/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"
#include "counters/likwid.h"
#include "counters/likwid/failure.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { POLL_MS = 10 };

extern char **environ;

static const char *program;
static unsigned limit_seconds;

void likwid_trial_program(const char *path, unsigned seconds)
{
	program = path;
	limit_seconds = seconds;
}

/* A pipe's text: kept as far as it fits, read to its end. */
struct stream {
	int fd; /* -1: at its end */
	char *text;
	size_t size, length;
};

static void drain(struct stream *stream)
{
	char rest[512];
	size_t room = stream->size - 1 - stream->length;
	ssize_t got = read(stream->fd, room ? stream->text + stream->length : rest,
		room ? room : sizeof(rest));

	if (got > 0 && room)
		stream->length += (size_t)got;
	if (got == 0 || (got < 0 && errno != EINTR)) {
		(void)close(stream->fd);
		stream->fd = -1;
	}
	stream->text[stream->length] = '\0';
}

static bool has_exited(pid_t child)
{
	pid_t got;

	do
		got = waitpid(child, NULL, WNOHANG);
	while (got < 0 && errno == EINTR);
	return got != 0;
}

/* Until the child has exited, which says more than the pipes' ends: what it has forked
 * may hold them open. False where the time is up. */
static bool drain_all(struct stream streams[2], pid_t child)
{
	uint64_t end = clocks_system.wall_ns() + limit_seconds * 1000000000ULL;
	bool exited = false;

	for (;;) {
		struct pollfd polled[2] = {{.fd = streams[0].fd, .events = POLLIN},
			{.fd = streams[1].fd, .events = POLLIN}};
		int ready = poll(polled, 2, exited ? 0 : POLL_MS);

		for (size_t i = 0; ready > 0 && i < 2; i++)
			if (polled[i].revents)
				drain(&streams[i]);
		if (ready <= 0 && exited)
			return true;
		exited = exited || has_exited(child);
		if (!exited && clocks_system.wall_ns() >= end)
			return false;
	}
}

/* In a process group of its own, so that what it forks ends with it. */
static int spawn(pid_t *child, unsigned cpu, const char *events, int out, int err)
{
	char number[16];
	char events_copy[GROUP_EVENTS * 256];
	char path[] = "escalier";
	char command[] = "likwid-trial";
	char *const argv[] = {path, command, number, events_copy, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	int error;

	(void)snprintf(number, sizeof(number), "%u", cpu);
	(void)snprintf(events_copy, sizeof(events_copy), "%s", events);
	(void)sigemptyset(&none);
	error = posix_spawn_file_actions_init(&actions);
	if (error)
		return -error;
	error = posix_spawnattr_init(&attributes);
	if (error)
		goto out;
	(void)posix_spawnattr_setflags(
		&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	error = posix_spawn_file_actions_addopen(
		&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
	if (!error)
		error = posix_spawn(child, program, &actions, &attributes, argv, environ);
	(void)posix_spawnattr_destroy(&attributes);
out:
	(void)posix_spawn_file_actions_destroy(&actions);
	return -error;
}

static int device_error(unsigned cpu)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/dev/cpu/%u/msr", cpu);
	return access(path, R_OK | W_OK) == 0 ? 0 : errno;
}

/* A pipe for each of its outputs; none is left open after a failure. */
static int open_pipes(int out[2], int err[2])
{
	int error;

	if (pipe2(out, O_CLOEXEC) != 0)
		return -errno;
	if (pipe2(err, O_CLOEXEC) == 0)
		return 0;
	error = -errno;
	(void)close(out[0]);
	(void)close(out[1]);
	return error;
}

static int run(unsigned cpu, const char *events, struct stream streams[2], bool *ended)
{
	int out[2] = {-1, -1}, err[2] = {-1, -1};
	pid_t child = -1;
	int error = open_pipes(out, err);

	if (error)
		return error;
	error = spawn(&child, cpu, events, out[1], err[1]);
	(void)close(out[1]);
	(void)close(err[1]);
	streams[0].fd = out[0];
	streams[1].fd = err[0];
	if (!error) {
		*ended = drain_all(streams, child);
		(void)kill(-child, SIGKILL);
		while (!*ended && waitpid(child, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
	for (size_t i = 0; i < 2; i++)
		if (streams[i].fd >= 0)
			(void)close(streams[i].fd);
	return error;
}

/* "usable 101\n", which says that all went well: an exit status would not reach us where
 * SIGCHLD is ignored. */
static bool take_answer(const char *answer, struct likwid_trial *trial)
{
	static const char word[] = "usable ";
	size_t length;

	if (strncmp(answer, word, strlen(word)) != 0)
		return false;
	answer += strlen(word);
	length = strspn(answer, "01");
	if (answer[length] != '\n' || length >= sizeof(trial->usable))
		return false;
	memcpy(trial->usable, answer, length);
	trial->usable[length] = '\0';
	return true;
}

int likwid_trial_run(unsigned cpu, const char *events, struct likwid_trial *trial,
	struct complaint *complaint)
{
	char answer[64];
	struct stream streams[2] = {{.text = answer, .size = sizeof(answer)},
		{.text = trial->output, .size = sizeof(trial->output)}};
	struct likwid_failure failure = {.cpu = cpu, .output = trial->output};
	bool ended = true;
	int error = program ? 0 : -EOPNOTSUPP;

	answer[0] = trial->output[0] = '\0';
	if (!error)
		error = run(cpu, events, streams, &ended);
	if (error) {
		complaint_what(complaint, "liblikwid cannot be tried out");
		complaint_why(complaint, "%s", strerror(-error));
		return error;
	}
	if (take_answer(answer, trial))
		return 0;
	failure.timed_out = !ended;
	failure.device_error = device_error(cpu);
	return likwid_failure_explain(&failure, complaint);
}
