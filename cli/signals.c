/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/signals.h"

#include <errno.h>
#include <stddef.h>

volatile sig_atomic_t signals_received;

static void note(int number)
{
	if (!signals_received)
		signals_received = number;
}

int signals_catch(void)
{
	static const int ending[] = {SIGINT, SIGTERM, SIGHUP};
	static const int ignored[] = {SIGPIPE, SIGXFSZ};
	struct sigaction catch = {.sa_handler = note, .sa_flags = SA_RESTART};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction before;

	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++) {
		if (sigaction(ending[i], NULL, &before) != 0)
			return -errno;
		/* nohup ignores SIGHUP for a program that is to outlive its terminal. */
		if (ending[i] == SIGHUP && before.sa_handler == SIG_IGN)
			continue;
		if (sigaction(ending[i], &catch, NULL) != 0)
			return -errno;
	}
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		if (sigaction(ignored[i], &ignore, NULL) != 0)
			return -errno;
	return 0;
}
