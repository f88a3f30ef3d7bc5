/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/alloc/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_MAX = 2048, ENVIRONMENT_MAX = 512 };

/* The environment as it is, so that settings of an allocator's own can be tried, but for
 * what is preloaded. */
static void environment_for(
	const struct trial *trial, char preload[LIBRARY_TEXT + 16], char **environment)
{
	size_t count = 0;

	for (char **at = environ; *at && count < ENVIRONMENT_MAX - 3; at++)
		if (strncmp(*at, "LD_PRELOAD=", 11) != 0)
			environment[count++] = *at;
	if (trial->library) {
		(void)snprintf(
			preload, LIBRARY_TEXT + 16, "LD_PRELOAD=%s", trial->library);
		environment[count++] = preload;
	}
	/* The call that takes it does not write to it. */
	if (trial->variable)
		environment[count++] = (char *)(uintptr_t)trial->variable;
	environment[count] = NULL;
}

static int spawn(const struct trial *trial, const int ends[2], pid_t *child)
{
	char *environment[ENVIRONMENT_MAX];
	char preload[LIBRARY_TEXT + 16];
	char pattern[64];
	char divisor[24];
	char seed[24];
	char player[LIBRARY_TEXT];
	char *arguments[] = {player, pattern, divisor, seed, NULL};
	posix_spawn_file_actions_t actions;
	int error;

	(void)snprintf(player, sizeof(player), "%s", trial->player);
	(void)snprintf(pattern, sizeof(pattern), "%s", trial->pattern);
	(void)snprintf(
		divisor, sizeof(divisor), "%llu", (unsigned long long)trial->divisor);
	(void)snprintf(seed, sizeof(seed), "%llu", (unsigned long long)trial->seed);
	environment_for(trial, preload, environment);
	error = posix_spawn_file_actions_init(&actions);
	if (error)
		return -error;
	error = posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	if (!error)
		error = posix_spawn_file_actions_adddup2(
			&actions, ends[1], STDERR_FILENO);
	if (!error)
		error = posix_spawn(
			child, player, &actions, NULL, arguments, environment);
	(void)posix_spawn_file_actions_destroy(&actions);
	return -error;
}

/* What follows NAME= up to a space; empty where there is none. */
static void field(const char *output, const char *name, char *value, size_t size)
{
	size_t length = strlen(name);
	const char *at = output;

	value[0] = '\0';
	while ((at = strstr(at, name)) != NULL) {
		if ((at == output || at[-1] == ' ' || at[-1] == '\n') &&
			at[length] == '=') {
			size_t end = strcspn(at + length + 1, " \n");

			(void)snprintf(value, size, "%.*s", (int)end, at + length + 1);
			return;
		}
		at += length;
	}
}

static uint64_t number(const char *output, const char *name)
{
	char value[32];

	field(output, name, value, sizeof(value));
	return strtoull(value, NULL, 10);
}

static double share(const char *output, const char *name)
{
	char value[32];

	field(output, name, value, sizeof(value));
	return value[0] ? strtod(value, NULL) : NAN;
}

static void understand(const char *output, int status, struct outcome *outcome)
{
	*outcome = (struct outcome){0};
	outcome->operations = number(output, "operations");
	if (WIFSIGNALED(status)) {
		(void)snprintf(outcome->failure, sizeof(outcome->failure), "SIG%s: %.*s",
			sigabbrev_np(WTERMSIG(status)), (int)strcspn(output, "\n"),
			output);
		return;
	}
	if (WEXITSTATUS(status) != 0 || outcome->operations == 0) {
		(void)snprintf(outcome->failure, sizeof(outcome->failure),
			"status %d: %.*s", WEXITSTATUS(status),
			(int)strcspn(output, "\n"), output);
		return;
	}
	outcome->all = number(output, "all");
	outcome->wall_ns = number(output, "wall_ns");
	outcome->peak_bytes = number(output, "peak_bytes");
	outcome->checksum = number(output, "checksum");
	outcome->ns = (double)outcome->wall_ns * (double)number(output, "players") /
		      (double)outcome->operations;
	outcome->returned = share(output, "returned");
	outcome->returnable = share(output, "returnable");
	field(output, "library", outcome->library, sizeof(outcome->library));
}

int trial_run(const struct trial *trial, struct outcome *outcome)
{
	char output[OUTPUT_MAX];
	size_t length = 0;
	ssize_t got = 0;
	int ends[2] = {-1, -1};
	int status = 0;
	int error;
	pid_t child = -1;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return -errno;
	error = spawn(trial, ends, &child);
	(void)close(ends[1]);
	while (!error &&
		(got = read(ends[0], output + length, sizeof(output) - 1 - length)) > 0)
		length += (size_t)got;
	(void)close(ends[0]);
	if (error)
		return error;
	output[length] = '\0';
	if (waitpid(child, &status, 0) < 0)
		return -errno;
	understand(output, status, outcome);
	return 0;
}
