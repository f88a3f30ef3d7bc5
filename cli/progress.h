/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "core/progress.h"

#include <stdbool.h>
#include <stdint.h>

/* A bar with the time left, redrawn in place; only on a terminal, and not with --quiet.
 */
struct progress_bar {
	bool shown;
	uint64_t last_ns; /* when it was drawn last */
};

void progress_bar_init(struct progress_bar *bar, bool quiet);
void progress_bar_draw(struct progress_bar *bar, const struct progress *progress);
/* Clears the line, so that what follows starts on an empty one. */
void progress_bar_clear(const struct progress_bar *bar);

#endif
