/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/summary.h"

#include "analysis/levels-print.h"
#include "analysis/nominal.h"
#include "base/number.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Where the values of the header begin. */
enum { VALUES = 12 };

static size_t column_of(const struct text *text)
{
	size_t width = 0;

	for (size_t i = text->length; i > 0 && text->bytes[i - 1] != '\n'; i--)
		width += ((unsigned char)text->bytes[i - 1] & 0xc0) != 0x80;
	return width;
}

static size_t width_of(const char *bytes, size_t length)
{
	size_t width = 0;

	for (size_t i = 0; i < length; i++)
		width += ((unsigned char)bytes[i] & 0xc0) != 0x80;
	return width;
}

void summary_wrap(struct text *text, size_t indent, const char *words)
{
	bool first = true;

	while (*words) {
		size_t length = strcspn(words, " \n");
		size_t space = first ? 0 : 1;

		if (length > 0) {
			if (!first && column_of(text) + space + width_of(words, length) >
					      SUMMARY_WIDTH)
				text_format(text, "\n%*s", (int)indent, "");
			else if (!first)
				text_append(text, " ");
			text_append_bytes(text, words, length);
			first = false;
		}
		words += length;
		words += strspn(words, " \n");
	}
}

void summary_entry(struct text *text, const char *name, struct text *value)
{
	if (value->length > 0) {
		text_append(text, name);
		text_pad_to(text, VALUES);
		summary_wrap(text, VALUES, value->bytes);
		text_append(text, "\n");
	}
	if (value->error && !text->error)
		text->error = value->error;
	text_clear(value);
}

static void describe_machine(const struct machine *machine, struct text *value)
{
	text_format(value, "%s · %s", machine->host[0] ? machine->host : "unnamed host",
		machine->cpu_model[0] ? machine->cpu_model : machine->architecture);
	if (machine->hypervisor[0])
		text_format(value, " (%s guest)", machine->hypervisor);
	text_format(value, " · %u package%s, %u core%s, %u CPU%s", machine->packages,
		machine->packages == 1 ? "" : "s", machine->cores,
		machine->cores == 1 ? "" : "s", machine->cpu_count,
		machine->cpu_count == 1 ? "" : "s");
	if (machine->kernel[0])
		text_format(value, " · kernel %s", machine->kernel);
}

static void describe_memory(const struct machine *machine, struct text *value)
{
	char bytes[NUMBER_TEXT];

	text_format(value, "%s on %zu node%s",
		number_format_bytes(bytes, machine->memory_bytes), machine->nodes_count,
		machine->nodes_count == 1 ? "" : "s");
	text_format(value, " · base page %s",
		number_format_bytes(bytes, machine_base_page(machine)));
	if (machine->thp_enabled[0])
		text_format(value, " · THP %s", machine->thp_enabled);
	if (machine->thp_defrag[0])
		text_format(value, ", defrag %s", machine->thp_defrag);
}

static void describe_nominals(
	const struct machine *machine, unsigned cpu, bool tlbs, struct text *value)
{
	struct nominal nominals[NOMINALS];
	size_t count = nominal_list(machine, cpu, nominals);
	char reach[NUMBER_TEXT];

	for (size_t i = 0; i < count; i++) {
		if (nominals[i].tlb != tlbs)
			continue;
		text_format(
			value, "%s%s", value->length > 0 ? " · " : "", nominals[i].label);
		if (tlbs)
			text_format(value, " = %s",
				number_format_bytes(reach, nominals[i].bytes));
	}
	if (value->length == 0)
		text_append(value, tlbs ? "not announced by this CPU"
					: "none announced by this machine");
}

static void describe_run(const struct environment *e, struct text *value)
{
	char text[NUMBER_TEXT];

	text_format(value, "%s to %s", e->started,
		e->finished[0] ? e->finished : "an end that was not recorded");
	if (e->interrupted)
		text_append(value, " (interrupted)");
	text_format(value, " · %" PRIu64 " round%s", e->rounds_done,
		e->rounds_done == 1 ? "" : "s");
	if (e->rounds_max > e->rounds_min)
		text_format(value, " (%" PRIu64 " to %" PRIu64 " asked)", e->rounds_min,
			e->rounds_max);
	else
		text_format(value, " (%" PRIu64 " asked)", e->rounds_min);
	text_format(value, " · %s", number_format_duration(text, e->elapsed_ns));
	if (e->stolen_ns)
		text_format(value, " (%.1f %% of it taken by the hypervisor)",
			100 * (double)e->stolen_ns / (double)e->elapsed_ns);
	text_format(value, " · seed %" PRIu64 " · peak memory %s", e->seed,
		number_format_bytes(text, e->peak_memory_bytes));
}

static void describe_windows(
	const struct staircase *s, const struct environment *e, struct text *value)
{
	char text[NUMBER_TEXT];

	text_format(value, "%zu of %s, %" PRIu64 " a point and round", s->windows,
		number_format_duration(text, e->window_ns), e->windows);
	if (s->windows > 0)
		text_format(value, " · %.0f %% clean (undisturbed)",
			100.0 * (double)s->windows_clean / (double)s->windows);
	text_format(value, " · %zu error row%s", s->error_rows,
		s->error_rows == 1 ? "" : "s");
}

static void describe_clock(const struct staircase *s, struct text *value)
{
	if (s->clock_ghz.count == 0)
		text_append(value, "not observed");
	else
		text_format(value,
			"%.2f GHz observed beside the windows (p10–p90 %.2f–%.2f)",
			s->clock_ghz.median, s->clock_ghz.p10, s->clock_ghz.p90);
}

/* Events that are not of this thread, or not under the filter that all are. */
static void describe_exceptions(const struct environment *e, struct text *value)
{
	for (size_t i = 0; i < e->sources_count; i++) {
		const struct environment_source *source = &e->sources[i];
		const bool system = strcmp(source->scope, "system-wide") == 0;

		if (system)
			text_format(value, " · %s is system-wide (%s)", source->event,
				source->pmus);
		else if (strcmp(source->filter, e->counter_filter) != 0)
			text_format(
				value, " · %s counts %s", source->event, source->filter);
		if (strchr(source->pmus, ',') != NULL)
			text_format(value, " · %s is summed over %s", source->event,
				source->pmus);
	}
}

/* Sums of counts that must hold in every window. */
static void describe_sums(const struct reading_tally *tally, struct text *value)
{
	if (tally->sums == 0)
		return;
	if (tally->sums_broken == 0) {
		text_format(value, " · all %zu sums of counts hold", tally->sums);
		return;
	}
	text_format(value, " · %zu of %zu sums of counts do NOT hold", tally->sums_broken,
		tally->sums);
	if (tally->silent > 0)
		text_format(value,
			", and %zu counts of 0 in them are rejected: a counter was lost",
			tally->silent);
}

static void describe_counters(const struct findings *findings, struct text *value)
{
	const struct environment *e = findings->environment;

	text_format(value, "%s", e->counters[0] ? e->counters : "none");
	for (size_t i = 0; i < e->groups_count; i++)
		text_format(value, "%s %s", i == 0 ? " · groups" : ",", e->groups[i]);
	if (e->counter_filter[0] && e->groups_count > 0)
		text_format(value, " · %s", e->counter_filter);
	describe_exceptions(e, value);
	if (e->counters_missing[0])
		text_format(value, " · %s", e->counters_missing);
	if (findings->staircase->tally.rejected > 0)
		text_format(value,
			" · %zu counter values rejected: the counter did not run all the "
			"time",
			findings->staircase->tally.rejected);
	describe_sums(&findings->staircase->tally, value);
	if (findings->staircase->tally.scaled > 0)
		text_format(value,
			" · %zu counter values SCALED, as --scale asked: the counter ran "
			"for a part of the window, and the rest is extrapolated",
			findings->staircase->tally.scaled);
	if (!findings->staircase->known[QUANTITY_CYCLES] &&
		findings->staircase->known[QUANTITY_CLOCK_CYCLES])
		text_append(value, " · cycles are time times the clock that a chain of "
				   "dependent additions shows");
}

/* Both ways of reading, and the share of the sweep that it took. */
static void describe_reading(const struct environment *e, struct text *value)
{
	char text[NUMBER_TEXT];

	for (size_t i = 0; i < e->window_costs_count; i++) {
		const struct environment_window_cost *cost = &e->window_costs[i];

		if (cost->read_ns <= 0)
			continue;
		text_format(value, "%s%s: ", value->length ? " · " : "", cost->group);
		if (cost->read_syscall_ns <= 0) {
			text_append(value,
				number_format_duration(text, (uint64_t)cost->read_ns));
			continue;
		}
		text_format(value, "read() %s",
			number_format_duration(text, (uint64_t)cost->read_syscall_ns));
		if (cost->read_user_ns > 0)
			text_format(value, ", in user space %s, %s taken",
				number_format_duration(
					text, (uint64_t)cost->read_user_ns),
				cost->read_path);
		else
			text_format(
				value, ", not in user space (%s)", cost->read_user_why);
	}
	if (value->length)
		text_format(value, " · %.2g %% of the sweep", 100 * e->reading_share);
}

/* What empty windows count, median and half the distance of the quartiles. */
static void describe_own_counts(const struct environment *e, struct text *value)
{
	for (size_t i = 0; i < e->window_costs_count; i++) {
		const struct environment_window_cost *cost = &e->window_costs[i];
		size_t nothing = 0;

		if (cost->events_count == 0)
			continue;
		text_format(value, "%s%s:", value->length ? " · " : "", cost->group);
		for (size_t k = 0; k < cost->events_count; k++) {
			const struct environment_event_cost *event = &cost->events[k];

			if (event->count > 0 || event->spread > 0)
				text_format(value, " %s %.4g ±%.2g,", event->event,
					event->count, event->spread / 2);
			else
				nothing++;
		}
		if (nothing)
			text_format(value, " %zu event%s 0", nothing,
				nothing == 1 ? " is" : "s are");
		else
			value->bytes[--value->length] = '\0'; /* the last comma */
	}
}

static void describe_costs(
	const struct environment *e, const struct staircase *s, struct text *value)
{
	const struct environment_window_cost *own = &e->window_costs[0];
	char text[NUMBER_TEXT];

	text_format(value, "a window: %s inside its clocks",
		number_format_duration(text, (uint64_t)fmax(e->window_overhead_ns, 0)));
	if (e->window_costs_count > 0) {
		text_format(value, " (±%.3g ns), %s by the thread's own",
			own->inside_spread_ns / 2,
			number_format_duration(text, (uint64_t)fmax(own->cpu_ns, 0)));
		if (s->clock_ghz.count > 0)
			text_format(value, " (%.0f cycles)",
				own->cpu_ns * s->clock_ghz.median);
		text_append(value, ", taken off");
	}
	text_format(value, ", %s around it",
		number_format_duration(text, (uint64_t)fmax(e->window_outside_ns, 0)));
	for (size_t i = 0; i < e->kernel_costs_count; i++)
		text_format(value, " · %s loop %.3f ns, %.3f cycles a read",
			e->kernel_costs[i].kernel, e->kernel_costs[i].ns_per_read,
			e->kernel_costs[i].cycles_per_read);
}

static void describe_pools(const struct environment *e, struct text *value)
{
	char page[NUMBER_TEXT];

	for (size_t i = 0; i < e->pools_count; i++)
		text_format(value,
			"%s%s pages: %" PRIu64 " before, %" PRIu64 " during, %" PRIu64
			" after",
			i > 0 ? " · " : "",
			number_format_bytes(page, e->pools[i].page_bytes),
			e->pools[i].before, e->pools[i].during, e->pools[i].after);
}

static void describe_convergence(const struct findings *findings, struct text *value)
{
	const struct staircase *s = findings->staircase;

	if (s->target <= 0 || s->stairs_measured == 0)
		return;
	text_format(value, "%zu of %zu sizes known to ±%.3g %% in time or in cycles",
		s->stairs_measured - s->stairs_unconverged, s->stairs_measured,
		100 * s->target);
	if (findings->environment->rounds_done < 6)
		text_append(value, " (an interval takes at least 6 rounds)");
}

/* One test a backend over all sizes in memory, where a table's many would not do. */
static void describe_gains(const struct findings *findings, struct text *value)
{
	const struct gain *gains = findings->gains;
	char past[NUMBER_TEXT];

	if (findings->gains_count == 0)
		return;
	text_format(value, "time relative to %s over all sizes past %s:",
		findings->environment->baseline,
		number_format_bytes(past, gains[0].past_bytes));
	for (size_t i = 0; i < findings->gains_count; i++) {
		text_format(value, "%s %s %.3f", i > 0 ? " ·" : "",
			gains[i].series->backend, gains[i].ratio.median);
		if (isfinite(gains[i].ratio.low))
			text_format(value, " (%.3f–%.3f) %s", gains[i].ratio.low,
				gains[i].ratio.high, verdict_name(gains[i].verdict));
		else
			text_format(value, " (%zu rounds are too few for a claim)",
				gains[i].ratio.count);
	}
	text_format(value, " · %.3g %% intervals", 100 * gains[0].confidence);
}

/* Huge pages that the TLB does not see as such gain less than they should. */
static void describe_pages(const struct findings *findings, struct text *value)
{
	const char *why =
		findings->machine->hypervisor[0] ? ": the host splits them" : "";

	if (page_split_backends(findings->levels, findings->levels_count, value))
		text_format(value, " · TLB filled as smaller pages than granted%s", why);
}

void summary_print_header(const struct findings *findings, struct text *text)
{
	const struct environment *e = findings->environment;
	const struct staircase *s = findings->staircase;
	const struct machine *m = findings->machine;
	unsigned cpu = findings->main_series ? findings->main_series->cpu : 0;
	struct text value;

	text_init(&value);
	text_format(text, "Escalier %s · memory latency staircase\n", e->version);
	text_format(text, "%s\n\n", findings->headline);
	describe_machine(m, &value);
	summary_entry(text, "Machine", &value);
	describe_nominals(m, cpu, false, &value);
	summary_entry(text, "Caches", &value);
	describe_nominals(m, cpu, true, &value);
	summary_entry(text, "TLBs", &value);
	describe_memory(m, &value);
	summary_entry(text, "Memory", &value);
	text_append(&value, e->command);
	summary_entry(text, "Command", &value);
	describe_run(e, &value);
	summary_entry(text, "Run", &value);
	describe_windows(s, e, &value);
	summary_entry(text, "Windows", &value);
	describe_clock(s, &value);
	summary_entry(text, "Clock", &value);
	describe_counters(findings, &value);
	summary_entry(text, "Counters", &value);
	summary_describe_check(e, &value);
	summary_entry(text, "Self-check", &value);
	describe_costs(e, s, &value);
	summary_entry(text, "Own cost", &value);
	describe_reading(e, &value);
	summary_entry(text, "Reading", &value);
	describe_own_counts(e, &value);
	summary_entry(text, "Taken off", &value);
	describe_pools(e, &value);
	summary_entry(text, "Pools", &value);
	describe_gains(findings, &value);
	summary_entry(text, "In memory", &value);
	describe_pages(findings, &value);
	summary_entry(text, "Split pages", &value);
	describe_convergence(findings, &value);
	summary_entry(text, "Converged", &value);
	text_release(&value);
}

static void print_levels_of(
	const struct findings *findings, const struct levels *levels, struct text *text)
{
	const struct series *series = levels->series;

	text_format(text, "\nLevels, %s, %s\n", series->backend, series->kernel);
	(void)levels_print(levels, findings->machine, text);
	for (size_t i = 0; i < findings->levels_count; i++)
		if (&findings->levels[i] != levels &&
			series_same_facet(findings->levels[i].series, series))
			levels_print_pages(&findings->levels[i], findings->machine, text);
}

/* The main series' levels, the TLBs of the same place by reads of one line a page, and
 * what pages the TLB was seen to use for the other backends. */
static void print_levels(const struct findings *findings, struct text *text)
{
	const struct levels *pages;

	if (!findings->main_levels)
		return;
	print_levels_of(findings, findings->main_levels, text);
	pages = findings_page_levels(findings, findings->main_series->backend);
	if (pages)
		print_levels_of(findings, pages, text);
}

int summary_print(const struct findings *findings, struct text *text)
{
	summary_print_header(findings, text);
	summary_print_tables(findings, text);
	print_levels(findings, text);
	if (findings->explanation.costs.obstacle != COSTS_NO_EVENTS)
		(void)explanation_print(&findings->explanation, NULL, text);
	summary_print_notes(findings, text);
	return text->error;
}
