/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/window.h"

#include "core/statistics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	CALIBRATE_READS = 16 * KERNEL_UNROLL,
	COST_WINDOWS = 51,
	COST_READINGS = 31,
	COST_READS = 64 * 1024
};

static int read_counters(const struct window_meter *meter, struct counter_value *values)
{
	return meter->counters ? meter->backend->read(meter->counters, values) : 0;
}

/* The window's outer ends: the region, and in it the counters. */
static int begin(const struct window_meter *meter, struct counter_value *values)
{
	int error = meter->marker ? meter->marker->start(meter->region) : 0;

	return error ? error : read_counters(meter, values);
}

static int end(const struct window_meter *meter, struct counter_value *values)
{
	int error = read_counters(meter, values);

	if (!error && meter->marker)
		error = meter->marker->stop(meter->region);
	return error;
}

int window_measure(struct window_meter *meter, const struct kernel *kernel,
	struct kernel_state *state, uint64_t reads, struct measurement *measurement)
{
	const struct clocks *clocks = meter->clocks;
	struct counter_value before[GROUP_EVENTS] = {{0}};
	struct counter_value after[GROUP_EVENTS] = {{0}};
	double ghz_before =
		meter->ghz_before > 0 ? meter->ghz_before : clocks->core_ghz();
	uint64_t switches = clocks->involuntary_switches();
	int error = begin(meter, before);

	if (error)
		return error;
	uint64_t cpu_start = clocks->cpu_ns();
	uint64_t wall_start = clocks->wall_ns();

	if (reads)
		kernel->run(state, reads);
	uint64_t wall_end = clocks->wall_ns();
	uint64_t cpu_end = clocks->cpu_ns();

	error = end(meter, after);
	if (error)
		return error;
	measurement->reads = reads;
	measurement->wall_ns = wall_end - wall_start;
	measurement->cpu_ns = cpu_end - cpu_start;
	measurement->involuntary_switches = clocks->involuntary_switches() - switches;
	meter->ghz_before = clocks->core_ghz();
	measurement->clock_ghz =
		meter->ghz_before > ghz_before ? meter->ghz_before : ghz_before;
	for (size_t i = 0; i < meter->events_count; i++)
		measurement->values[i] = (struct counter_value){
			.count = after[i].count - before[i].count,
			.enabled_ns = after[i].enabled_ns - before[i].enabled_ns,
			.running_ns = after[i].running_ns - before[i].running_ns,
		};
	measurement->clean = measurement_is_clean(measurement);
	return 0;
}

uint64_t window_calibrate(const struct clocks *clocks, const struct kernel *kernel,
	struct kernel_state *state, uint64_t window_ns)
{
	uint64_t reads = CALIBRATE_READS;

	for (;;) {
		uint64_t start = clocks->wall_ns();

		kernel->run(state, reads);
		uint64_t elapsed = clocks->wall_ns() - start;

		/* A tenth of a window tells its length well enough. */
		if (elapsed >= window_ns / 10 || reads > UINT64_MAX / 8 / KERNEL_UNROLL) {
			double scale =
				(double)window_ns / (double)(elapsed ? elapsed : 1);
			uint64_t turns =
				(uint64_t)((double)reads * scale / KERNEL_UNROLL + 0.5);

			return (turns ? turns : 1) * KERNEL_UNROLL;
		}
		reads *= 4;
	}
}

/* Median and distance of the quartiles; the sample is sorted. */
static double centre(double *sample, size_t count, double *spread)
{
	statistics_sort(sample, count);
	*spread = statistics_quantile(sample, count, 0.75) -
		  statistics_quantile(sample, count, 0.25);
	return statistics_quantile(sample, count, 0.5);
}

static void condense_event(
	const struct measurement *empty, size_t event, struct event_cost *cost)
{
	double counts[COST_WINDOWS];

	*cost = (struct event_cost){.known = true};
	for (size_t i = 0; i < COST_WINDOWS; i++) {
		const struct counter_value *value = &empty[i].values[event];

		cost->known = cost->known && value->running_ns > 0 &&
			      value->running_ns == value->enabled_ns;
		counts[i] = (double)value->count;
	}
	if (cost->known)
		cost->count = centre(counts, COST_WINDOWS, &cost->spread);
}

static int time_reading(const struct window_meter *meter, double *ns)
{
	struct counter_value values[GROUP_EVENTS];
	double sample[COST_READINGS];

	for (size_t i = 0; i < COST_READINGS; i++) {
		uint64_t start = meter->clocks->wall_ns();
		int error = read_counters(meter, values);

		if (error)
			return error;
		sample[i] = (double)(meter->clocks->wall_ns() - start);
	}
	*ns = statistics_median(sample, COST_READINGS);
	return 0;
}

int window_cost_measure(struct window_meter *meter, struct window_cost *cost)
{
	struct measurement *empty = calloc(COST_WINDOWS, sizeof(*empty));
	double inside[COST_WINDOWS];
	double cpu[COST_WINDOWS];
	double outside[COST_WINDOWS];
	int error = empty ? 0 : -ENOMEM;

	*cost = (struct window_cost){.inside_ns = 0};
	for (size_t i = 0; i < COST_WINDOWS && !error; i++) {
		uint64_t start = meter->clocks->wall_ns();

		error = window_measure(meter, NULL, NULL, 0, &empty[i]);
		inside[i] = (double)empty[i].wall_ns;
		cpu[i] = (double)empty[i].cpu_ns;
		outside[i] = (double)(meter->clocks->wall_ns() - start) - inside[i];
	}
	if (!error && meter->counters)
		error = time_reading(meter, &cost->read_ns);
	if (!error) {
		cost->inside_ns = centre(inside, COST_WINDOWS, &cost->inside_spread_ns);
		cost->cpu_ns = statistics_median(cpu, COST_WINDOWS);
		cost->outside_ns = statistics_median(outside, COST_WINDOWS);
		for (size_t e = 0; e < meter->events_count; e++)
			condense_event(empty, e, &cost->events[e]);
	}
	free(empty);
	return error;
}

int loop_cost_measure(
	const struct clocks *clocks, const struct kernel *kernel, struct loop_cost *cost)
{
	static const size_t bytes = 16384;
	double ns[COST_WINDOWS];
	double cycles[COST_WINDOWS];
	struct kernel_scratch scratch = {0};
	struct random random;
	struct kernel_state state = {
		.base = aligned_alloc(4096, bytes), .bytes = bytes, .stride = 64};
	int error = state.base ? 0 : -ENOMEM;

	random_init(&random, 0);
	if (!error)
		error = kernel->prepare(&state, &random, &scratch);
	for (size_t i = 0; i < COST_WINDOWS && !error; i++) {
		double ghz = clocks->core_ghz();
		uint64_t start = clocks->wall_ns();

		kernel->idle(&state, COST_READS);
		ns[i] = (double)(clocks->wall_ns() - start) / COST_READS;
		cycles[i] = ns[i] * ghz;
	}
	if (!error) {
		cost->ns = statistics_median(ns, COST_WINDOWS);
		cost->cycles = statistics_median(cycles, COST_WINDOWS);
	}
	kernel_scratch_release(&scratch);
	free(state.base);
	return error;
}
