/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/gnuplot.h"

#include "cli/share.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ENVIRONMENT_MAX = 8 };

struct settings {
	char library[PATH_MAX + 16];
	char path[PATH_MAX];
	char home[PATH_MAX];
	char fonts[PATH_MAX];
	char *variables[ENVIRONMENT_MAX];
};

static void pass_on(struct settings *settings, int *count, const char *name, char *to)
{
	const char *value = getenv(name);

	if (value && snprintf(to, PATH_MAX, "%s=%s", name, value) < PATH_MAX)
		settings->variables[(*count)++] = to;
}

/* A fixed locale, no settings of the user's: the same files give the same figure. */
static void set_environment(struct settings *settings, const char *plots)
{
	static char locale[] = "LC_ALL=C.UTF-8";
	int count = 0;

	settings->variables[count++] = locale;
	(void)snprintf(
		settings->library, sizeof(settings->library), "GNUPLOT_LIB=%s", plots);
	settings->variables[count++] = settings->library;
	pass_on(settings, &count, "PATH", settings->path);
	pass_on(settings, &count, "HOME", settings->home);
	pass_on(settings, &count, "FONTCONFIG_FILE", settings->fonts);
	settings->variables[count] = NULL;
}

/* Waits for the child and collects the first of what it says on the pipe. */
static int collect(pid_t child, int pipe_end, char *said, size_t size)
{
	size_t length = 0;
	int status;

	for (;;) {
		char rest[256];
		bool full = length + 1 >= size;
		ssize_t got = read(pipe_end, full ? rest : said + length,
			full ? sizeof(rest) : size - 1 - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		if (!full)
			length += (size_t)got;
	}
	said[length] = '\0';
	/* Of its lines, some are empty: a message is one. */
	for (size_t i = 0; i < length; i++)
		if (said[i] == '\n')
			said[i] = ' ';
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

static int spawn(pid_t *child, const char *script, const char *folder, int output,
	char **environment)
{
	char program[] = "gnuplot", no_settings[] = "-d";
	char argument[PATH_MAX];
	char *arguments[] = {program, no_settings, argument, NULL};
	posix_spawn_file_actions_t actions;
	int error;

	(void)snprintf(argument, sizeof(argument), "%s", script);
	error = posix_spawn_file_actions_init(&actions);
	if (error)
		return -error;
	error = posix_spawn_file_actions_addchdir_np(&actions, folder);
	if (!error)
		error = posix_spawn_file_actions_addopen(
			&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
	if (!error)
		error = posix_spawnp(
			child, program, &actions, NULL, arguments, environment);
	(void)posix_spawn_file_actions_destroy(&actions);
	return -error;
}

/* Runs a script of scripts/plots with `folder` as its working folder. */
static int run_script(const char *script, const char *folder, struct complaint *complaint)
{
	char plots[PATH_MAX], path[PATH_MAX], said[200];
	struct settings settings;
	int ends[2];
	pid_t child = -1;
	int error = share_find("scripts/plots", plots, sizeof(plots));

	if (error || snprintf(path, sizeof(path), "%s/%s", plots, script) >=
			     (int)sizeof(path)) {
		complaint_what(complaint, "the figure was not drawn");
		complaint_why(complaint, "scripts/plots/%s was not found", script);
		complaint_advise(complaint,
			"set ESCALIER_SHARE to the folder of Escalier's sources or of "
			"its installed data");
		return error ? error : -ENAMETOOLONG;
	}
	if (pipe2(ends, O_CLOEXEC) < 0)
		error = -errno;
	if (!error) {
		set_environment(&settings, plots);
		error = spawn(&child, path, folder, ends[1], settings.variables);
		(void)close(ends[1]);
		if (!error)
			error = collect(child, ends[0], said, sizeof(said));
		(void)close(ends[0]);
	}
	if (!error)
		return 0;
	complaint_what(complaint, "the figure was not drawn");
	if (error == -ENOENT) {
		complaint_why(complaint, "there is no gnuplot");
		complaint_advise(complaint,
			"apt-get install gnuplot-nox fonts-dejavu-core, then escalier "
			"report on the run's folder");
	} else if (error == -EIO) {
		complaint_why(complaint, "gnuplot failed: %s", said);
	} else {
		complaint_why(complaint, "gnuplot: %s", strerror(-error));
	}
	return error;
}

static int move_up(const char *folder, const char *name, const char *suffix,
	struct complaint *complaint)
{
	char from[PATH_MAX], to[PATH_MAX];
	int error = 0;

	if (snprintf(from, sizeof(from), "%s/figure/%s.%s", folder, name, suffix) >=
			(int)sizeof(from) ||
		snprintf(to, sizeof(to), "%s/%s.%s", folder, name, suffix) >=
			(int)sizeof(to))
		error = -ENAMETOOLONG;
	else if (rename(from, to) < 0)
		error = -errno;
	if (error) {
		complaint_what(
			complaint, "cannot write %.150s/%s.%s", folder, name, suffix);
		complaint_why(complaint, "%s", strerror(-error));
	}
	return error;
}

int gnuplot_draw(const char *name, const char *folder, struct complaint *complaint)
{
	char script[64], inside[PATH_MAX];
	int error;

	(void)snprintf(script, sizeof(script), "%s.gp", name);
	if (snprintf(inside, sizeof(inside), "%s/figure", folder) >= (int)sizeof(inside))
		return -ENAMETOOLONG;
	error = run_script(script, inside, complaint);
	if (!error)
		error = move_up(folder, name, "png", complaint);
	if (!error)
		error = move_up(folder, name, "svg", complaint);
	return error;
}
