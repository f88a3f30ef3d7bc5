/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/comparison-remarks.h"

#include "analysis/summary.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* From which share on it is worth a remark: half of the band of "the same". */
#define STOLEN_TOLD 0.01

const char *comparison_failure(
	const struct contender *contender, char *words, size_t size)
{
	const struct execution *failure = contender->failure;

	if (strcmp(failure->end, "signal") == 0)
		(void)snprintf(words, size, "%s (signal %d)", strsignal(failure->code),
			failure->code);
	else if (strcmp(failure->end, "exit") == 0)
		(void)snprintf(words, size, "exit status %d", failure->code);
	else
		(void)snprintf(words, size, "%s", failure->end);
	return words;
}

static void remark_failures(
	const struct contender *contender, bool reference, struct text *text)
{
	char words[64];

	if (contender->failed)
		text_format(text, "  %s: %zu of %zu executions %s: %s%s%s\n",
			contender->allocator, contender->failed, contender->executions,
			reference ? "ended otherwise than the first"
				  : "ended otherwise than the reference",
			comparison_failure(contender, words, sizeof(words)),
			contender->failure->error[0] ? ": " : "",
			contender->failure->error);
	if (contender->outputs_differ)
		text_format(text, "  %s: %zu of %zu outputs differ from the first%s\n",
			contender->allocator, contender->outputs_differ,
			contender->executions,
			reference ? ": this program's output changes by itself" : "");
}

/* A reference that is given no allocator has the program's: not always the C library's.
 */
static void remark_allocator(const struct comparison *comparison, struct text *text)
{
	const char *reference = comparison->contenders[0].allocator;
	const char *foreign = comparison->allocations
				      ? allocation_totals_foreign(comparison->allocations)
				      : NULL;
	char words[512];

	if (!foreign || strncmp(reference, "libc", strlen("libc")) != 0)
		return;
	(void)snprintf(words, sizeof(words),
		"%s: the malloc is that of %.256s, which the program is linked with or "
		"LD_PRELOAD names; glibc's tunables change nothing in it; glibc's own malloc: "
		"--allocator glibc=PATH of libc.so.6, which ldd tells",
		reference, foreign);
	text_append(text, "  ");
	summary_wrap(text, 2, words);
	text_append(text, "\n");
}

static void remark_excluded(const struct event_verdict *verdict, struct text *text)
{
	char words[EVENT_NAME + GROUP_NAME + VERDICT_WHY + 64];

	(void)snprintf(words, sizeof(words), "%s is left out, %s in group %s: %s",
		verdict->event, event_judgement_name(verdict->judgement), verdict->group,
		verdict->why);
	text_append(text, "  ");
	summary_wrap(text, 2, words);
	text_append(text, "\n");
}

/* The widest interval of the sign test, from the least to the largest of n, covers the
 * median with 1 - 2^(1-n). */
static size_t rounds_needed(double confidence)
{
	return (size_t)ceil(1 - log2(1 - confidence));
}

/* What watching costs, where as many rounds as for any other ratio tell it. */
static void remark_tax(const struct estimate *tax, struct text *text)
{
	char interval[64] = ", in too few rounds to be sure";

	if (isnan(tax->median))
		return;
	if (isfinite(tax->low))
		(void)snprintf(interval, sizeof(interval), " (%+.1f to %+.1f)",
			100 * (tax->low - 1), 100 * (tax->high - 1));
	text_format(text,
		"  counting and sampling changes the reference's time by %+.1f %%%s:\n"
		"  times are from executions without them\n",
		100 * (tax->median - 1), interval);
}

void comparison_print_remarks(const struct comparison *comparison,
	const struct environment *environment, struct text *text)
{
	size_t needed = rounds_needed(comparison->wall_confidence);
	size_t before;

	text_append(text, "\nremarks\n");
	before = text->length;
	for (size_t i = 0; i < comparison->count; i++)
		remark_failures(&comparison->contenders[i], i == 0, text);
	remark_allocator(comparison, text);
	if (comparison->count > 1 && comparison->rounds < needed)
		text_format(text,
			"  %zu round%s no interval of %.3g %%: at least %zu are needed "
			"(-r %zu)\n",
			comparison->rounds, comparison->rounds == 1 ? " gives" : "s give",
			100 * comparison->wall_confidence, needed, needed);
	remark_tax(&comparison->contenders[0].tax, text);
	if (comparison->stolen_share >= STOLEN_TOLD)
		text_format(text,
			"  the hypervisor gave %.1f %% of the time to others: some differences "
			"of time are theirs\n",
			100 * comparison->stolen_share);
	for (size_t e = 0; e < comparison->executions->events.count; e++)
		if (comparison->counts.excluded[e])
			remark_excluded(comparison->counts.excluded[e], text);
	if (comparison->counts.tally.sums)
		text_format(text, "  sums of events that must hold: %zu of %zu do%s\n",
			comparison->counts.tally.sums -
				comparison->counts.tally.sums_broken,
			comparison->counts.tally.sums,
			comparison->counts.tally.silent
				? "; counters that showed 0 in others are left out"
				: "");
	if (comparison->counts.tally.rejected)
		text_append(text,
			"  counts whose counters ran a part of the time are left out; --scale "
			"extrapolates them\n");
	if (comparison->counts.tally.scaled)
		text_append(text,
			"  counts are extrapolated where their counters ran a part of the "
			"time (--scale)\n");
	for (size_t i = 0; i < environment->notes_count; i++) {
		text_append(text, "  ");
		summary_wrap(text, 2, environment->notes[i]);
		text_append(text, "\n");
	}
	if (environment->interrupted)
		text_append(text, "  interrupted: this is what there is\n");
	if (text->length == before)
		text_append(text, "  none\n");
}
