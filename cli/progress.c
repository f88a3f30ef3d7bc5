/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/progress.h"

#include "base/number.h"

#include <stdio.h>
#include <unistd.h>

enum { BAR_WIDTH = 24, REDRAW_NS = 100000000 };

void progress_bar_init(struct progress_bar *bar, bool quiet)
{
	*bar = (struct progress_bar){.shown = !quiet && isatty(STDERR_FILENO)};
}

void progress_bar_draw(struct progress_bar *bar, const struct progress *progress)
{
	char drawn[BAR_WIDTH + 1];
	char bytes[NUMBER_TEXT];
	char left[NUMBER_TEXT];
	uint64_t total = progress->elapsed_ns + progress->remaining_ns;
	size_t full =
		total ? (size_t)((double)progress->elapsed_ns / (double)total * BAR_WIDTH)
		      : 0;

	if (!bar->shown ||
		(bar->last_ns && progress->elapsed_ns - bar->last_ns < REDRAW_NS))
		return;
	bar->last_ns = progress->elapsed_ns;
	for (size_t i = 0; i < BAR_WIDTH; i++)
		drawn[i] = i < full ? '#' : '.';
	drawn[BAR_WIDTH] = '\0';
	fprintf(stderr, "\r[%s] round %u of %u:%u  %s %s  %s left\033[K", drawn,
		progress->round + 1, progress->rounds_min, progress->rounds_max,
		number_format_bytes(bytes, progress->point->bytes),
		progress->point->backend,
		number_format_duration(left, progress->remaining_ns));
}

void progress_bar_clear(const struct progress_bar *bar)
{
	if (bar->shown)
		fputs("\r\033[K", stderr);
}
