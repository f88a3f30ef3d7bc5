/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/check/judge-events.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void set(struct event_verdict *verdict, enum event_judgement judgement,
	const char *format, ...) __attribute__((format(printf, 3, 4)));

static void set(struct event_verdict *verdict, enum event_judgement judgement,
	const char *format, ...)
{
	va_list arguments;

	verdict->judgement = judgement;
	va_start(arguments, format);
	(void)vsnprintf(verdict->why, sizeof(verdict->why), format, arguments);
	va_end(arguments);
}

static void set_figures(struct event_verdict *verdict, const struct check_test *test)
{
	(void)snprintf(verdict->kernel, sizeof(verdict->kernel), "%s", test->kernel);
	verdict->low = test->low;
	verdict->high = test->high;
	verdict->counted = test->counted;
	verdict->units = test->units;
}

static size_t count_used(const struct judging *judging, const struct check_test *test)
{
	size_t used = 0;

	for (size_t e = 0; e < judging->judged->group->events_count; e++)
		used += test->uses[e];
	return used;
}

/* The test that says most of an event in this outcome: the one that needs it alone, then
 * the one that expects most. A `sensitive` one proves it; an identity proves nothing, for
 * its sides may be wrong together. */
static const struct check_test *find_test(const struct judging *judging, size_t event,
	enum test_outcome outcome, bool sensitive)
{
	const struct judged_group *judged = judging->judged;
	const struct check_test *best = NULL;

	for (size_t i = 0; i < judged->tests_count; i++) {
		const struct check_test *test = &judged->tests[i];

		if (test->outcome != outcome || !test->uses[event] ||
			(sensitive && (!test->sensitive[event] || test->identity)))
			continue;
		if (!best || count_used(judging, test) < count_used(judging, best) ||
			(count_used(judging, test) == count_used(judging, best) &&
				test->low > best->low))
			best = test;
	}
	return best;
}

static void blame(
	struct event_verdict *verdict, const struct check_test *test, bool alone)
{
	set_figures(verdict, test);
	if (test->identity)
		set(verdict, EVENT_WRONG,
			"%.100s differ by %.3g over %s, at most %.3g is right",
			test->formula, fabs(test->counted), test->kernel, test->high);
	else if (alone)
		set(verdict, EVENT_WRONG,
			"over %s it is %.4g where %.4g to %.4g is right", test->kernel,
			test->counted, test->low, test->high);
	else
		set(verdict, EVENT_WRONG,
			"%.100s is %.4g over %s where %.4g to %.4g is right, and nothing "
			"else proves this part of it",
			test->formula, test->counted, test->kernel, test->low,
			test->high);
}

/* What needs no test, or makes tests void. */
static bool judge_silent(const struct judging *judging, size_t event)
{
	struct event_verdict *verdict = &judging->judged->verdicts[event];
	const struct counter_event_status *status = &judging->status[event];
	const struct check_test *missed = find_test(judging, event, TEST_FAILS, false);

	if (judging->dead[event] && missed)
		set_figures(verdict, missed);
	if (status->error)
		set(verdict, EVENT_ABSENT, "%.200s",
			status->why[0] ? status->why : strerror(-status->error));
	else if (judging->dead[event])
		set(verdict, EVENT_DEAD, "counts nothing over %s, wherever it stands",
			judging->dead[event]);
	else if (judging->lost[0][event])
		set(verdict, EVENT_DEAD,
			"counts nothing in its place in the group and counts in another: a "
			"counter is dead or taken, not the event");
	else if (judging->at_times[event])
		set(verdict, EVENT_DEAD,
			"counts nothing in some windows: a counter is taken away at times");
	else if (judging->impossible[event])
		set(verdict, EVENT_WRONG, "counts more than can happen in the time");
	else
		return false;
	verdict->passing = judging->at_times[event];
	return true;
}

/* An event that lost its counter when all moved on by one accuses that counter, and so
 * the event that stands there in the group's own order; unless that one is known to
 * count. Then a counter was taken meanwhile, or the event has stopped. */
static void judge_lost_places(const struct judging *judging)
{
	struct judged_group *judged = judging->judged;
	const size_t count = judged->group->events_count;

	for (size_t e = 0; e < count; e++) {
		struct event_verdict *there = &judged->verdicts[(e + 1) % count];

		if (!judging->lost[1][e])
			continue;
		if (there->judgement == EVENT_UNPROVEN)
			set(there, EVENT_DEAD,
				"stands where %.100s counts nothing when it is moved "
				"there: a counter is dead or taken",
				judged->group->events[e].name);
		else if (!event_excluded(there->judgement))
			set(&judged->verdicts[e], EVENT_DEAD,
				"counts at first, and nothing later: a counter was taken "
				"meanwhile, or it is full");
	}
}

static void judge_alone(const struct judging *judging, size_t event)
{
	const struct check_test *test = find_test(judging, event, TEST_FAILS, false);
	struct event_verdict *verdict = &judging->judged->verdicts[event];

	if (test && count_used(judging, test) == 1)
		blame(verdict, test, true);
}

static void judge_right(const struct judging *judging, size_t event)
{
	const struct check_test *test = find_test(judging, event, TEST_HOLDS, true);
	struct event_verdict *verdict = &judging->judged->verdicts[event];

	if (!test)
		return;
	verdict->judgement = EVENT_RIGHT;
	set_figures(verdict, test);
}

static bool firmly_right(const struct judging *judging, size_t event)
{
	const struct judged_group *judged = judging->judged;

	for (size_t i = 0; i < judged->tests_count; i++) {
		const struct check_test *test = &judged->tests[i];

		if (test->outcome == TEST_HOLDS && test->firm && !test->identity &&
			test->sensitive[event])
			return true;
	}
	return false;
}

/* A sum that fails, and that no bad event in it accounts for yet. */
static bool is_open(const struct judging *judging, const struct check_test *test)
{
	const struct judged_group *judged = judging->judged;

	if (test->outcome != TEST_FAILS)
		return false;
	for (size_t e = 0; e < judged->group->events_count; e++)
		if (test->uses[e] && event_excluded(judged->verdicts[e].judgement))
			return false;
	return true;
}

/* The first of the open sums that use the event, where another count of it would mend all
 * of them, or `any` of them; else NULL. */
static const struct check_test *mends(
	const struct judging *judging, size_t event, bool any)
{
	const struct check_test *first = NULL;

	for (size_t i = 0; i < judging->judged->tests_count; i++) {
		const struct check_test *test = &judging->judged->tests[i];

		if (!test->uses[event] || !is_open(judging, test))
			continue;
		if (test->explains[event])
			first = first ? first : test;
		else if (!any)
			return NULL;
	}
	return first;
}

/*
 * Sums that fail are the fault of one that is in them and could mend them all: of one
 * that nothing proves, or else of one that was proven only where neighbours have a hand
 * in the answer.
 */
static void judge_sums(const struct judging *judging)
{
	struct judged_group *judged = judging->judged;
	bool blamed = false;

	for (int pass = 0; pass < 4 && !blamed; pass++) {
		const bool proven = pass % 2, any = pass / 2;
		const struct check_test *found[GROUP_EVENTS] = {NULL};

		for (size_t e = 0; e < judged->group->events_count; e++) {
			const enum event_judgement so_far = judged->verdicts[e].judgement;

			if (so_far == (proven ? EVENT_RIGHT : EVENT_UNPROVEN) &&
				!(proven && firmly_right(judging, e)))
				found[e] = mends(judging, e, any);
		}
		for (size_t e = 0; e < judged->group->events_count; e++) {
			if (!found[e])
				continue;
			blame(&judged->verdicts[e], found[e], false);
			blamed = true;
		}
	}
}

static const char *absent_kernel(const struct judging *judging, const char *kernel)
{
	for (size_t i = 0; i < judging->series_count; i++)
		if (strcmp(judging->series[i].kernel->name, kernel) == 0)
			return judging->series[i].absent;
	return "";
}

static void explain_unproven(const struct judging *judging, size_t event)
{
	struct event_verdict *verdict = &judging->judged->verdicts[event];
	const struct check_test *undecided =
		find_test(judging, event, TEST_UNDECIDED, false);
	const struct check_test *missing = find_test(judging, event, TEST_NOT_RUN, false);
	const struct check_test *holds = find_test(judging, event, TEST_HOLDS, false);

	verdict->passing = judging->shared[event] > 0 || undecided;
	if (judging->whole[event] == 0 && judging->shared[event] > 0) {
		set(verdict, EVENT_UNPROVEN,
			"was on a counter for a part of every window only: other users "
			"share the counters");
	} else if (undecided) {
		set_figures(verdict, undecided);
		set(verdict, EVENT_UNPROVEN,
			"%.60s is %.3g over %s, not %.4g to %.4g: neighbours, or noise, do "
			"as much",
			undecided->formula, undecided->counted, undecided->kernel,
			undecided->low, undecided->high);
	} else if (missing && missing->low > 0) {
		const char *why = absent_kernel(judging, missing->kernel);

		set(verdict, EVENT_UNPROVEN, "%s could not be run%s%.120s",
			missing->kernel, why[0] ? ": " : "", why);
	} else if (holds) {
		set_figures(verdict, holds);
		set(verdict, EVENT_UNPROVEN,
			"holds, as a dead counter would: no kernel "
			"here makes it happen often");
	} else {
		set(verdict, EVENT_UNPROVEN, "nothing is expected of it");
	}
}

void judge_events(struct judging *judging)
{
	struct judged_group *judged = judging->judged;
	const size_t count = judged->group->events_count;

	for (size_t e = 0; e < count; e++) {
		struct event_verdict *verdict = &judged->verdicts[e];
		const struct event *event = &judged->group->events[e];

		verdict->counted = verdict->units = NAN;
		(void)snprintf(verdict->group, sizeof(verdict->group), "%s",
			judged->group->name);
		(void)snprintf(
			verdict->counter, sizeof(verdict->counter), "%s", event->counter);
		(void)snprintf(verdict->event, sizeof(verdict->event), "%s", event->name);
		if (judge_silent(judging, e))
			continue;
		judge_right(judging, e);
		judge_alone(judging, e);
	}
	judge_lost_places(judging);
	judge_sums(judging);
	for (size_t e = 0; e < count; e++)
		if (judged->verdicts[e].judgement == EVENT_UNPROVEN &&
			!judged->verdicts[e].why[0])
			explain_unproven(judging, e);
}
