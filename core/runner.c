/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/runner.h"

#include "base/cpus.h"
#include "core/group-set.h"
#include "core/statistics.h"
#include "core/tracker.h"
#include "core/warm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct run {
	const struct runner_setup *setup;
	struct runner_outcome *outcome;
	struct complaint *complaint;
	struct tracker tracker;
	struct kernel_scratch scratch;
	struct group_set groups;
	struct measurement *batch; /* of one layout: windows of all groups */
	size_t batch_count;
	bool *failed; /* by a buffer's first point: gave no memory, not tried again */
	unsigned round;
	uint64_t started_ns;
	int pinned_cpu; /* -1 not yet */
};

static bool stopped(const struct run *run)
{
	return run->setup->stop && *run->setup->stop;
}

static uint64_t elapsed_ns(const struct run *run)
{
	return run->setup->clocks->wall_ns() - run->started_ns;
}

static int write_one(struct run *run, const struct measurement *measurement)
{
	int error = run->setup->write(run->setup->context, measurement);

	if (error) {
		complaint_what(run->complaint, "cannot write the measurements");
		complaint_why(run->complaint, "%s", strerror(-error));
	} else {
		run->outcome->windows += measurement->error[0] == '\0';
	}
	return error;
}

static int flush(struct run *run)
{
	int error = run->setup->flush(run->setup->context);

	if (error) {
		complaint_what(run->complaint, "cannot write the measurements");
		complaint_why(run->complaint, "%s", strerror(-error));
		if (error == -ENOSPC)
			complaint_advise(run->complaint,
				"free some space, or choose another folder with --output DIR");
	}
	return error;
}

/* A row without numbers for every point from..to, saying why. */
static int write_errors(
	struct run *run, size_t from, size_t to, const struct complaint *why)
{
	for (size_t i = from; i < to; i++) {
		struct measurement measurement = {
			.point = run->setup->plan->points[i],
			.round = run->round,
			.obtained_node = -1,
		};
		int error;

		(void)complaint_line(why, measurement.error, sizeof(measurement.error));
		run->outcome->errors++;
		error = write_one(run, &measurement);
		if (error)
			return error;
	}
	return flush(run);
}

static int announce(struct run *run, const char *region)
{
	int error = run->setup->marker ? run->setup->marker->announce(region) : 0;

	if (error) {
		complaint_what(run->complaint, "region %s cannot be counted", region);
		complaint_why(run->complaint,
			"CPU %d is none of those that likwid-perfctr counts on",
			run->pinned_cpu);
		complaint_advise(run->complaint,
			"likwid-perfctr -C %d ..., or escalier sweep --cpu N for a CPU N of "
			"its -C",
			run->pinned_cpu);
	}
	return error;
}

/* The windows of one point into the batch. */
static int measure_point(struct run *run, size_t index, const struct kernel *kernel,
	struct kernel_state *state, uint64_t reads)
{
	const struct runner_setup *setup = run->setup;
	const struct point *point = &setup->plan->points[index];
	struct open_group *open = group_set_find(&run->groups, point->group);
	char region[MARKER_REGION];
	struct window_meter meter = {.clocks = setup->clocks,
		.backend = setup->counters,
		.marker = setup->marker,
		.region = marker_region(region, point)};
	int error = announce(run, region);

	if (error)
		return error;
	if (open) {
		meter.counters = open->counters;
		meter.events_count = open->group->events_count;
		error = group_set_switch(&run->groups, open);
	}
	for (unsigned w = 0; w < setup->options->windows && !error && !stopped(run);
		w++) {
		struct measurement *measurement = &run->batch[run->batch_count];

		*measurement = (struct measurement){
			.point = *point, .round = run->round, .window = w};
		error = window_measure(&meter, kernel, state, reads, measurement);
		if (error)
			break;
		measurement->scaled =
			setup->scaled && measurement_shared_counters(measurement);
		if (open) {
			open_group_spread(open, measurement);
			run->outcome->reading_ns +=
				2 * run->outcome->window_costs[open - run->groups.open]
					    .read_ns;
		}
		run->batch_count++;
	}
	if (error) {
		complaint_what(run->complaint, "cannot read the counters of group %s",
			point->group);
		complaint_why(run->complaint, "%s", strerror(-error));
	}
	return error;
}

/* This round's estimate for the stopping rule: median cycles a read of the clean windows,
 * or of all where none is clean; in ns where the clock is unknown. */
static void track(struct run *run, size_t point)
{
	double values[256];
	size_t count = 0;

	for (int any = 0; any < 2 && count == 0; any++) {
		for (size_t i = 0; i < run->batch_count && count < 256; i++) {
			const struct measurement *m = &run->batch[i];
			double ghz = m->clock_ghz > 0 ? m->clock_ghz : 1;

			if (m->clean || any)
				values[count++] =
					(double)m->cpu_ns * ghz / (double)m->reads;
		}
	}
	if (count)
		tracker_add(&run->tracker, point, statistics_median(values, count));
}

/* The kernel may collapse or split huge pages while they are read: what was obtained
 * counts only where it is the same before and after. */
static int write_batch(struct run *run, const struct memory_grant *grant,
	const struct memory_obtained *before)
{
	struct memory_obtained after = *before;
	int error = memory_inspect(grant, &after);

	if (error) {
		complaint_what(run->complaint, "cannot tell which pages were obtained");
		complaint_why(run->complaint, "%s", strerror(-error));
		return error;
	}
	for (size_t i = 0; i < run->batch_count && !error; i++) {
		struct measurement *m = &run->batch[i];

		m->huge_bytes = after.huge_bytes;
		m->page_bytes = before->page_bytes;
		m->obtained_node = before->node == after.node ? after.node : -1;
		if (after.page_bytes != before->page_bytes) {
			m->page_bytes = 0;
			(void)snprintf(m->error, sizeof(m->error),
				"the page size changed while it was measured");
		}
		error = write_one(run, m);
	}
	return error ? error : flush(run);
}

/* All groups over one kernel and stride: points from..to. */
static int measure_layout(struct run *run, size_t from, size_t to,
	const struct memory_grant *grant, const struct memory_obtained *obtained)
{
	const struct runner_setup *setup = run->setup;
	const struct point *point = &setup->plan->points[from];
	const struct kernel *kernel = kernel_find(point->kernel);
	struct kernel_state state = {
		.base = grant->base, .bytes = grant->bytes, .stride = point->stride};
	struct complaint why = {0};
	struct random random;
	uint64_t reads;
	int error;

	random_init(&random,
		random_derive(setup->options->seed, run->round * 0x100000000ull + from));
	error = kernel->prepare(&state, &random, &run->scratch);
	if (error) {
		complaint_what(&why, "%s cannot be laid out", kernel->name);
		complaint_why(&why, "%s", strerror(-error));
		return write_errors(run, from, to, &why);
	}
	if (setup->verify) {
		error = kernel->verify(&state, &why);
		if (error)
			return write_errors(run, from, to, &why);
	}
	(void)warm_run(setup->clocks, kernel, &state, warm_reads(setup->machine, point));
	reads = window_calibrate(
		setup->clocks, kernel, &state, setup->options->window_ns);
	run->batch_count = 0;
	for (size_t i = from; i < to && !error && !stopped(run); i++)
		error = measure_point(run, i, kernel, &state, reads);
	if (error)
		return error;
	track(run, from);
	return write_batch(run, grant, obtained);
}

static int pin(struct run *run, unsigned cpu)
{
	int error;

	if (run->pinned_cpu == (int)cpu)
		return 0;
	error = cpus_pin(cpu);
	if (error) {
		complaint_what(run->complaint, "cannot run on CPU %u", cpu);
		complaint_why(run->complaint, "%s", strerror(-error));
		complaint_advise(run->complaint,
			"choose one that is online and in this process's set, as `taskset -p $$` "
			"shows it, with --cpu");
		return error;
	}
	run->pinned_cpu = (int)cpu;
	return 0;
}

/* One allocation and everything that is measured in it: points from..to. */
static int measure_buffer(struct run *run, size_t from, size_t to)
{
	const struct point *points = run->setup->plan->points;
	const struct memory_backend *backend =
		run->setup->find_memory(points[from].backend);
	struct memory_request request = {points[from].bytes, points[from].node};
	struct memory_obtained obtained;
	struct memory_grant grant;
	struct complaint why = {0};
	int error = pin(run, points[from].cpu);

	if (error)
		return error;
	if (backend->acquire(&request, &grant, &why)) {
		run->failed[from] = true;
		return write_errors(run, from, to, &why);
	}
	error = memory_inspect(&grant, &obtained);
	if (error) {
		complaint_what(&why, "cannot tell which pages were obtained");
		complaint_why(&why, "%s", strerror(-error));
	} else {
		error = memory_verify(backend, &grant, &obtained, &why);
	}
	if (error) {
		error = write_errors(run, from, to, &why);
	} else {
		for (size_t i = from; i < to && !error && !stopped(run);) {
			size_t next = i + 1;

			while (next < to && point_same_layout(&points[next], &points[i]))
				next++;
			error = measure_layout(run, i, next, &grant, &obtained);
			i = next;
		}
	}
	backend->release(&grant);
	return error;
}

static size_t buffer_end(const struct plan *plan, size_t from)
{
	size_t to = from + 1;

	while (to < plan->count &&
		point_same_buffer(&plan->points[to], &plan->points[from]))
		to++;
	return to;
}

static bool buffer_wanted(const struct run *run, size_t from)
{
	return !run->failed[from] && !run->tracker.cell_done[run->tracker.cell_of[from]];
}

static size_t buffers_wanted(const struct run *run)
{
	const struct plan *plan = run->setup->plan;
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i = buffer_end(plan, i))
		count += buffer_wanted(run, i);
	return count;
}

static uint64_t remaining_ns(const struct run *run, uint64_t elapsed, double round_share)
{
	const struct plan_options *options = run->setup->options;
	double done = run->round + round_share;
	double total = (double)run->setup->plan->estimated_ns;

	/* The nominal estimate until there is something to go by. */
	if (done > 0.25)
		total = (double)elapsed / done * options->rounds_min;
	if (run->round >= options->rounds_min)
		total = (double)options->budget_ns;
	return total > (double)elapsed ? (uint64_t)(total - (double)elapsed) : 0;
}

static void report_progress(struct run *run, size_t done, size_t count, size_t from)
{
	const struct runner_setup *setup = run->setup;
	uint64_t elapsed = elapsed_ns(run);
	struct progress progress = {
		.round = run->round,
		.rounds_min = setup->options->rounds_min,
		.rounds_max = setup->options->rounds_max,
		.buffers_done = done,
		.buffers_count = count,
		.unresolved = run->outcome->unresolved,
		.elapsed_ns = elapsed,
		.remaining_ns = remaining_ns(
			run, elapsed, count ? (double)done / (double)count : 1),
		.point = &setup->plan->points[from],
	};

	if (setup->progress)
		setup->progress(setup->context, &progress);
}

static int run_round(struct run *run)
{
	const struct plan *plan = run->setup->plan;
	size_t count = buffers_wanted(run);
	size_t done = 0;

	for (size_t i = 0; i < plan->count && !stopped(run); i = buffer_end(plan, i)) {
		int error;

		if (!buffer_wanted(run, i))
			continue;
		report_progress(run, done++, count, i);
		error = measure_buffer(run, i, buffer_end(plan, i));
		if (error)
			return error;
	}
	return 0;
}

static int run_rounds(struct run *run)
{
	const struct plan_options *options = run->setup->options;

	for (run->round = 0; run->round < options->rounds_max; run->round++) {
		int error;

		if (run->round >= options->rounds_min &&
			(run->outcome->unresolved == 0 ||
				elapsed_ns(run) >= options->budget_ns))
			break;
		error = run_round(run);
		if (error)
			return error;
		if (stopped(run)) {
			run->outcome->interrupted = true;
			break;
		}
		run->outcome->rounds_done = run->round + 1;
		if (run->round + 1 >= options->rounds_min)
			run->outcome->unresolved =
				tracker_update(&run->tracker, options->target);
	}
	return 0;
}

/* Of a group's windows; `index` past the groups: of windows of clocks alone. */
static int measure_window_cost(struct run *run, size_t index)
{
	const struct runner_setup *setup = run->setup;
	struct window_meter meter = {.clocks = setup->clocks, .backend = setup->counters};
	int error = 0;

	if (index < run->groups.count) {
		struct open_group *open = &run->groups.open[index];

		meter.counters = open->counters;
		meter.events_count = open->group->events_count;
		error = group_set_switch(&run->groups, open);
		if (!error && setup->counters->choose_read_path)
			error = setup->counters->choose_read_path(open->counters,
				setup->clocks, &run->outcome->read_costs[index]);
	}
	if (!error)
		error = window_cost_measure(&meter, &run->outcome->window_costs[index]);
	return error;
}

static int measure_costs(struct run *run)
{
	const struct runner_setup *setup = run->setup;
	size_t groups = run->groups.count ? run->groups.count : 1;
	int error = 0;

	for (size_t i = 0; i < groups && !error; i++)
		error = measure_window_cost(run, i);
	for (size_t i = 0; i < setup->options->kernels_count && !error; i++)
		error = loop_cost_measure(setup->clocks,
			kernel_find(setup->options->kernels[i]),
			&run->outcome->loop_costs[i]);
	if (error) {
		complaint_what(run->complaint, "cannot measure the cost of a window");
		complaint_why(run->complaint, "%s", strerror(-error));
	}
	return error;
}

int runner_run(const struct runner_setup *setup, struct runner_outcome *outcome,
	struct complaint *complaint)
{
	struct run run = {.setup = setup,
		.outcome = outcome,
		.complaint = complaint,
		.pinned_cpu = -1};
	size_t windows = setup->options->windows;
	size_t groups = setup->groups_count ? setup->groups_count : 1;
	struct cpus allowed;
	int error = cpus_allowed(&allowed);

	*outcome = (struct runner_outcome){0};
	run.started_ns = setup->clocks->wall_ns();
	if (!error)
		error = tracker_init(
			&run.tracker, setup->plan, setup->options->rounds_max);
	run.batch = calloc(windows * groups, sizeof(*run.batch));
	run.failed = calloc(setup->plan->count + 1, sizeof(*run.failed));
	if (error || !run.batch || !run.failed) {
		error = error ? error : -ENOMEM;
		complaint_what(complaint, "cannot begin the sweep");
		complaint_why(complaint, "%s", strerror(-error));
		goto out;
	}
	error = group_set_open(&run.groups, setup->counters, &setup->filter,
		setup->groups, setup->groups_count, setup->events, complaint);
	if (!error && setup->plan->count)
		error = pin(&run, setup->plan->points[0].cpu);
	if (!error)
		error = measure_costs(&run);
	if (!error)
		error = run_rounds(&run);
	outcome->elapsed_ns = elapsed_ns(&run);
	(void)cpus_unpin(&allowed);
out:
	group_set_close(&run.groups);
	kernel_scratch_release(&run.scratch);
	tracker_release(&run.tracker);
	free(run.batch);
	free(run.failed);
	return error;
}
