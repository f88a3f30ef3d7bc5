/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/perf-stat-print.h"

#include "analysis/whole-count.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Of one value over executions. */
struct moments {
	size_t count;
	double sum, sum_of_squares;
	double enabled_ns, running_ns; /* sums; of events */
};

static void add(struct moments *moments, double value)
{
	moments->count++;
	moments->sum += value;
	moments->sum_of_squares += value * value;
}

static double mean_of(const struct moments *moments)
{
	return moments->sum / (double)moments->count;
}

/* Standard deviation of the mean. */
static double deviation_of(const struct moments *moments)
{
	double n = (double)moments->count;
	double mean = mean_of(moments);

	if (moments->count < 2)
		return 0;
	return sqrt(fmax(moments->sum_of_squares - n * mean * mean, 0) / (n - 1) / n);
}

static double per_cent(const struct moments *moments)
{
	double mean = mean_of(moments);

	return mean != 0 ? 100 * deviation_of(moments) / fabs(mean) : 0;
}

static bool counts_for(
	const struct execution *row, const struct contender *contender, const char *kind)
{
	return strcmp(row->allocator, contender->allocator) == 0 &&
	       strcmp(row->kind, kind) == 0 && strcmp(row->end, "exit") == 0;
}

static struct moments event_moments(const struct comparison *comparison,
	const struct contender *contender, size_t event)
{
	const struct execution *rows = comparison->executions->rows;
	struct moments moments = {0};

	for (size_t i = 0; i < comparison->executions->count; i++) {
		const struct counter_value *value = &rows[i].values[event];
		double count;

		if (!counts_for(&rows[i], contender, EXECUTION_WATCHED))
			continue;
		moments.enabled_ns += (double)value->enabled_ns;
		moments.running_ns += (double)value->running_ns;
		(void)whole_count(value, comparison->scaled, &count);
		if (!isnan(count))
			add(&moments, count);
	}
	return moments;
}

static struct moments time_moments(const struct comparison *comparison,
	const struct contender *contender, enum comparison_quantity quantity)
{
	const struct execution *rows = comparison->executions->rows;
	struct moments moments = {0};
	size_t timed = 0;

	for (size_t i = 0; i < comparison->executions->count; i++)
		timed += counts_for(&rows[i], contender, EXECUTION_TIMED);
	for (size_t i = 0; i < comparison->executions->count; i++)
		if (counts_for(&rows[i], contender,
			    timed ? EXECUTION_TIMED : EXECUTION_WATCHED))
			add(&moments,
				comparison_quantities[quantity].get(&rows[i]) / 1e9);
	return moments;
}

/* With a comma after each three digits, as perf does where the locale has one. */
static void format_count(char cell[48], double count)
{
	char digits[32];
	size_t length = (size_t)snprintf(digits, sizeof(digits), "%.0f", count);
	size_t out = 0;

	for (size_t i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			cell[out++] = ',';
		cell[out++] = digits[i];
	}
	cell[out] = '\0';
}

/* perf's words: no kernel took the event; or it was on no counter in any execution, or
 * for a part of the time that is not scaled up. */
static const char *uncounted(const struct environment *environment, const char *event)
{
	for (size_t i = 0; i < environment->sources_count; i++)
		if (strcmp(environment->sources[i].event, event) == 0)
			return "<not counted>";
	return "<not supported>";
}

static void print_event(const struct comparison *comparison,
	const struct environment *environment, const struct contender *contender,
	size_t event, struct text *text)
{
	struct moments moments = event_moments(comparison, contender, event);
	const char *name = comparison->executions->events.names[event];
	char cell[48];

	if (moments.count == 0) {
		text_format(
			text, "%18s      %-25s\n", uncounted(environment, name), name);
		return;
	}
	format_count(cell, mean_of(&moments));
	text_format(text, "%18s      %-25s", cell, name);
	if (moments.count > 1)
		text_format(text, "  ( +- %5.2f%% )", per_cent(&moments));
	if (moments.running_ns < moments.enabled_ns)
		text_format(text, "  (%.2f%%)",
			100 * moments.running_ns / moments.enabled_ns);
	text_append(text, "\n");
}

static void print_time(const struct moments *moments, const char *what, struct text *text)
{
	text_format(text, "%18.9f", mean_of(moments));
	if (moments->count > 1)
		text_format(text, " +- %.9f seconds %s  ( +- %5.2f%% )\n",
			deviation_of(moments), what, per_cent(moments));
	else
		text_format(text, " seconds %s\n", what);
}

int perf_stat_print(const struct comparison *comparison,
	const struct environment *environment, const struct contender *contender,
	struct text *text)
{
	struct moments wall = time_moments(comparison, contender, COMPARE_WALL);
	struct moments user = time_moments(comparison, contender, COMPARE_USER);
	struct moments system = time_moments(comparison, contender, COMPARE_SYSTEM);
	const char *command = strstr(environment->command, " -- ");

	text_format(text, "\n Performance counter stats for '%s' under %s",
		command ? command + 4 : environment->command, contender->allocator);
	if (wall.count > 1)
		text_format(text, " (%zu runs)", wall.count);
	text_append(text, ":\n\n");
	for (size_t i = 0; i < comparison->executions->events.count; i++)
		print_event(comparison, environment, contender, i, text);
	if (wall.count == 0) {
		text_append(text, "\n no execution ended by itself\n\n");
		return text->error;
	}
	text_append(text, "\n");
	print_time(&wall, "time elapsed", text);
	text_append(text, "\n");
	print_time(&user, "user", text);
	print_time(&system, "sys", text);
	text_append(text, "\n");
	return text->error;
}

int perf_stat_print_fields(const struct comparison *comparison,
	const struct environment *environment, const struct contender *contender,
	const char *separator, struct text *text)
{
	const struct event_list *events = &comparison->executions->events;

	for (size_t i = 0; i < events->count; i++) {
		struct moments moments = event_moments(comparison, contender, i);

		if (moments.count)
			text_format(text, "%.0f", mean_of(&moments));
		else
			text_append(text, uncounted(environment, events->names[i]));
		text_format(text, "%s%s%s", separator, separator, events->names[i]);
		if (contender->executions > 2)
			text_format(text, "%s%.2f%%", separator,
				moments.count ? per_cent(&moments) : 0);
		text_format(text, "%s%.0f%s%.2f%s%s\n", separator,
			moments.count ? moments.running_ns / (double)moments.count : 0,
			separator,
			moments.enabled_ns > 0
				? 100 * moments.running_ns / moments.enabled_ns
				: 100,
			separator, separator);
	}
	return text->error;
}
