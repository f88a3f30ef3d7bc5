/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/summary.h"

#include <inttypes.h>

size_t summary_events_excluded(const struct environment *environment)
{
	size_t count = 0;

	for (size_t i = 0; i < environment->events_count; i++)
		count += event_excluded(environment->events[i].judgement);
	return count;
}

void summary_describe_check(const struct environment *environment, struct text *value)
{
	size_t counts[EVENT_JUDGEMENTS] = {0};

	if (!environment->checked[0])
		return;
	for (size_t i = 0; i < environment->events_count; i++)
		counts[environment->events[i].judgement]++;
	text_format(value, "%s · of %zu events %zu right", environment->checked,
		environment->events_count, counts[EVENT_RIGHT]);
	for (int j = 0; j < EVENT_JUDGEMENTS; j++)
		if (j != EVENT_RIGHT && counts[j] > 0)
			text_format(value, ", %zu %s", counts[j],
				event_judgement_name((enum event_judgement)j));
	if (environment->slots_advertised > 0)
		text_format(value, " · %" PRIu64 " of %" PRIu64 " counters count at once",
			environment->slots_proved, environment->slots_advertised);
}

static void print_verdict(const struct event_verdict *v, struct text *text)
{
	struct text item;

	text_init(&item);
	text_format(&item, "%s, %s: %s: %s", v->group, v->event,
		event_judgement_name(v->judgement), v->why);
	text_append(text, "- ");
	summary_wrap(text, 2, item.bytes);
	text_append(text, "\n");
	if (item.error && !text->error)
		text->error = item.error;
	text_release(&item);
}

void summary_print_events(const struct findings *findings, struct text *text)
{
	const struct environment *environment = findings->environment;
	const struct staircase *staircase = findings->staircase;
	struct text item;

	if (summary_events_excluded(environment) == 0)
		return;
	text_append(text, "\nEvents that the self-check leaves out\n");
	for (size_t i = 0; i < environment->events_count; i++)
		if (event_excluded(environment->events[i].judgement))
			print_verdict(&environment->events[i], text);
	text_init(&item);
	for (int q = 0; q < QUANTITIES; q++)
		if (staircase->excluded[q] && !staircase->known[q])
			text_format(&item, "%s \"%s\" (needs %s)", item.length ? "," : "",
				quantity_metric((enum quantity)q),
				staircase->excluded[q]->event);
	if (item.length > 0) {
		text_append(text, "- without a value for that: ");
		summary_wrap(text, 2, item.bytes);
		text_append(text, "\n");
	}
	if (item.error && !text->error)
		text->error = item.error;
	text_release(&item);
}
