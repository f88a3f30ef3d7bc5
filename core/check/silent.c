/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/check/judge-events.h"

#include "core/statistics.h"

#include <string.h>

/* No core retires, and nothing in it happens, this often. */
enum { EVENTS_A_NS = 64 };

/* Where an event is seen this often in a window, a window without any is no accident. */
enum { SEEN_OFTEN = 200 };

static bool ran_whole(const struct counter_value *value)
{
	return value->running_ns > 0 && value->running_ns == value->enabled_ns;
}

static void count_runs(struct judging *judging, size_t event)
{
	for (size_t s = 0; s < judging->series_count; s++) {
		const struct check_series *series = &judging->series[s];

		for (size_t w = 0; w < series->count; w++) {
			const struct check_window *window = &series->windows[w];
			const struct counter_value *value = &window->values[event];
			double most = EVENTS_A_NS * ((double)window->wall_ns + 1e4);

			judging->whole[event] += ran_whole(value);
			judging->shared[event] += value->running_ns < value->enabled_ns;
			if (ran_whole(value) && (double)value->count > most)
				judging->impossible[event] = true;
		}
	}
}

/* How an event counts over one kernel, by order. */
struct silence {
	size_t windows[CHECK_ORDERS]; /* that ran whole */
	size_t zeros[CHECK_ORDERS];   /* of them */
	double usual, least;          /* of the windows that counted: median, minimum */
};

static void measure_silence(
	const struct check_series *series, size_t event, struct silence *silence)
{
	double counted[CHECK_ORDERS * CHECK_WINDOWS];
	size_t count = 0;

	*silence = (struct silence){.usual = 0};
	for (size_t w = 0; w < series->count; w++) {
		const struct check_window *window = &series->windows[w];
		const struct counter_value *value = &window->values[event];

		if (!ran_whole(value))
			continue;
		silence->windows[window->order]++;
		silence->zeros[window->order] += value->count == 0;
		if (value->count > 0)
			counted[count++] = (double)value->count;
	}
	if (count == 0)
		return;
	silence->usual = statistics_median(counted, count);
	silence->least = statistics_quantile(counted, count, 0);
}

/* Whether some expectation of this kernel says that the event happens: by itself, or in a
 * sum that may be of others. */
enum speech { SPEECH_NONE, SPEECH_SUM, SPEECH_ALONE };
static enum speech expected_of(
	const struct judging *judging, const char *kernel, size_t event)
{
	enum speech speech = SPEECH_NONE;

	for (size_t i = 0; i < judging->expectations_count; i++) {
		const struct expectation *expectation = &judging->expectations[i];
		bool uses[GROUP_EVENTS];
		size_t used = 0;

		if (expectation->low <= 0 || strcmp(expectation->kernel, kernel) != 0)
			continue;
		formula_uses(judging->judged->group, expectation->formula, uses);
		for (size_t e = 0; e < judging->judged->group->events_count; e++)
			used += uses[e];
		if (uses[event] && used == 1)
			return SPEECH_ALONE;
		if (uses[event])
			speech = SPEECH_SUM;
	}
	return speech;
}

/*
 * Whether an order in which every window is silent has lost the counter. A kernel whose
 * answer neighbours can change wholly does not tell a counter that is lost for a while
 * from a cache that is: there, the other order must hear it well in every window.
 */
static bool is_lost(const struct silence *silence, int order, bool exposed)
{
	const int other = !order;

	if (silence->zeros[order] < silence->windows[order])
		return false;
	return !exposed || (silence->zeros[other] == 0 && silence->least >= SEEN_OFTEN);
}

static void find_silence(struct judging *judging, size_t event)
{
	bool heard = false, missed = false;

	for (size_t s = 0; s < judging->series_count; s++) {
		const struct check_series *series = &judging->series[s];
		const bool exposed = series->kernel->exposure >= 1;
		struct silence silence;
		enum speech speech;

		measure_silence(series, event, &silence);
		speech = expected_of(judging, series->kernel->name, event);
		heard = heard || silence.usual > 0;
		if (speech == SPEECH_ALONE && silence.usual <= 0 &&
			silence.windows[0] + silence.windows[1] >= WINDOWS_LEAST) {
			missed = true;
			if (!exposed)
				judging->dead[event] = series->kernel->name;
		}
		if (speech == SPEECH_NONE || silence.usual < SEEN_OFTEN)
			continue;
		for (int o = 0; o < CHECK_ORDERS; o++) {
			if (silence.zeros[o] == 0)
				continue;
			if (is_lost(&silence, o, exposed))
				judging->lost[o][event] = true;
			else if (!exposed)
				judging->at_times[event] = true;
		}
	}
	if (missed && !heard)
		judging->dead[event] = "any kernel";
}

void find_silent(struct judging *judging)
{
	const struct group *group = judging->judged->group;

	for (size_t e = 0; e < group->events_count; e++) {
		if (judging->status[e].error)
			continue;
		count_runs(judging, e);
		find_silence(judging, e);
		judging->judged->rejected += judging->shared[e];
		judging->judged->lost += judging->lost[0][e] || judging->lost[1][e] ||
					 judging->at_times[e];
	}
}
