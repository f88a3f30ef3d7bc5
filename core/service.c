/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/service.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ASK_EVERY_NS 10000000ull
#define ASK_AT_MOST_NS 5000000000ull

static bool takes_connections(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool taken;

	if (fd < 0)
		return false;
	taken = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
	(void)close(fd);
	return taken;
}

/* Begins a shell: 0 or -errno. */
static int begin_shell(
	struct launch *launch, const char *command, char *const *environment, int output)
{
	const char *arguments[] = {"sh", "-c", command, NULL};
	const struct launch_setup setup = {
		.arguments = (char *const *)(uintptr_t)arguments,
		.environment = environment,
		.input = -1,
		.output = output,
		.error = output,
	};
	int error = launch_begin(launch, &setup);

	if (error)
		return error;
	error = launch_go(launch);
	if (error)
		(void)close(launch->pidfd);
	return error;
}

/* Waits for a shell's end and reaps it; one that takes too long is ended. */
static int end_shell(const struct launch *shell, uint64_t until_ns)
{
	int status = -1;

	while (!launch_wait(shell->pidfd, until_ns))
		if (clocks_system.wall_ns() >= until_ns) {
			watch_end_tree(shell->pidfd, shell->pid, SIGKILL, 0);
			break;
		}
	while (waitpid(shell->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	(void)close(shell->pidfd);
	return status;
}

static bool says_ready(const struct service *service, char *const *environment)
{
	struct launch shell;
	int nowhere;
	int error;

	if (service->port)
		return takes_connections(service->port);
	nowhere = memfd_create("ready", MFD_CLOEXEC);
	error = begin_shell(&shell, service->ready, environment, nowhere);
	if (nowhere >= 0)
		(void)close(nowhere);
	return !error && end_shell(&shell, clocks_system.wall_ns() + ASK_AT_MOST_NS) == 0;
}

int service_wait_ready(const struct service *service, const struct launch *server,
	const struct watch *watch, char *const *environment)
{
	uint64_t deadline = clocks_system.wall_ns() + service->ready_timeout_ns;

	if (!service->port && !service->ready)
		return 0;
	while (!says_ready(service, environment)) {
		if (launch_wait(server->pidfd, clocks_system.wall_ns() + ASK_EVERY_NS))
			return -ESRCH;
		if (watch->stop && *watch->stop)
			return -EINTR;
		if (clocks_system.wall_ns() >= deadline)
			return -ETIMEDOUT;
	}
	return 0;
}

double service_find_throughput(const regex_t *pattern, const char *text)
{
	regmatch_t matches[2];
	double sum = 0;
	size_t count = 0;

	while (regexec(pattern, text, 2, matches, 0) == 0 && matches[0].rm_eo > 0) {
		char number[64] = "";
		size_t length = 0;

		for (regoff_t i = matches[1].rm_so;
			i >= 0 && i < matches[1].rm_eo && length + 1 < sizeof(number);
			i++)
			if (text[i] != ',')
				number[length++] = text[i];
		if (length) {
			sum += strtod(number, NULL);
			count++;
		}
		text += matches[0].rm_eo;
	}
	return count ? sum / (double)count : 0;
}

/* What the load has printed, as far as it is text. */
static double read_throughput(const struct service *service, int output)
{
	char path[64];
	struct text text;
	double throughput = 0;

	if (!service->throughput)
		return 0;
	text_init(&text);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", output);
	if (file_read_all(path, &text) == 0)
		throughput = service_find_throughput(service->throughput, text.bytes);
	text_release(&text);
	return throughput;
}

int service_run_load(const struct service *service, const struct launch *server,
	const struct watch *watch, char *const *environment, struct service_load *load)
{
	int output = memfd_create("load", MFD_CLOEXEC);
	struct launch shell;
	uint64_t start_ns;
	int error = output < 0 ? -errno : 0;

	*load = (struct service_load){0};
	if (error)
		return error;
	start_ns = clocks_system.wall_ns();
	error = begin_shell(&shell, service->load, environment, output);
	if (!error) {
		load->end = watch_until_end(watch, shell.pidfd, server->pid, start_ns);
		load->wall_ns = clocks_system.wall_ns() - start_ns;
		if (load->end != WATCH_ENDED)
			watch_end_tree(shell.pidfd, shell.pid, SIGTERM, 1000000000);
		load->status = end_shell(&shell, UINT64_MAX);
		load->throughput = read_throughput(service, output);
	}
	(void)close(output);
	return error;
}
