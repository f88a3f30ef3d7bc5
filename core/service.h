/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_SERVICE_H
#define CORE_SERVICE_H

#include "base/error.h"
#include "core/launch.h"
#include "core/watch.h"

#include <regex.h>
#include <stdint.h>

/* How a server is measured: started, waited for, put under a load, and stopped. */
struct service {
	const char *ready; /* shell command that succeeds once it serves; NULL */
	uint16_t port;     /* or a port of the loopback that takes connections; 0: none */
	const char *load;  /* shell command: its time is what counts */
	int stop_signal;   /* that ends the server in order */
	uint64_t ready_timeout_ns;
	const regex_t *throughput; /* its first group in the load's output; NULL */
};

/* Waits until the server serves: 0; -ESRCH where it ended first; -ETIMEDOUT; -EINTR where
 * `watch` says stop. */
int service_wait_ready(const struct service *service, const struct launch *server,
	const struct watch *watch, char *const *environment);

struct service_load {
	enum watch_end end;
	int status; /* of its shell, as waitpid gives it */
	uint64_t wall_ns;
	double throughput; /* mean over the matches; 0 none */
};

/* Runs the load while the server below `server` is watched. 0 or -errno. */
int service_run_load(const struct service *service, const struct launch *server,
	const struct watch *watch, char *const *environment, struct service_load *load);

/* The mean of the numbers that the pattern's first group finds in a text; 0 where there
 * is none. Commas between digits are passed over. */
double service_find_throughput(const regex_t *pattern, const char *text);

#endif
