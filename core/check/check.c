/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/check/check.h"

#include "base/cpus.h"
#include "core/window.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A group, open in one order of its events. */
struct ordering {
	struct group group;
	struct counters *counters; /* NULL: none of its events opened */
	struct counter_event_status status[GROUP_EVENTS];
};

/* A group under check. */
struct subject {
	const struct group *group;
	struct ordering orderings[CHECK_ORDERS];
	struct counter_event_status status[GROUP_EVENTS]; /* in the group's own order */
	struct check_series series[KNOWN_KERNELS];
	size_t series_count;
};

struct run {
	const struct check_setup *setup;
	struct checked_groups *checked;
	struct known_setting setting;
	struct subject *subjects;
	struct complaint *complaint;
};

/* Where an event of the group stands when all have moved on by `order`. */
static size_t place_of(const struct group *group, size_t event, size_t order)
{
	return (event + order) % group->events_count;
}

static void order_group(const struct group *group, size_t order, struct group *ordered)
{
	*ordered = *group;
	for (size_t e = 0; e < group->events_count; e++)
		ordered->events[place_of(group, e, order)] = group->events[e];
}

static void open_subject(struct run *run, struct subject *subject)
{
	const struct counter_backend *backend = run->setup->backend;
	const struct group *group = subject->group;

	for (size_t o = 0; o < CHECK_ORDERS; o++) {
		struct ordering *ordering = &subject->orderings[o];
		struct complaint why = {.what = ""};

		order_group(group, o, &ordering->group);
		memset(ordering->status, 0, sizeof(ordering->status));
		if (backend->open(&ordering->counters, &ordering->group, NULL,
			    ordering->status, &why) != 0)
			ordering->counters = NULL;
		for (size_t e = 0; e < group->events_count && !ordering->counters; e++) {
			struct counter_event_status *status = &ordering->status[e];

			if (!status->error)
				status->error = -EOPNOTSUPP;
			if (!status->why[0])
				(void)complaint_line(
					&why, status->why, sizeof(status->why));
		}
	}
	memcpy(subject->status, subject->orderings[0].status, sizeof(subject->status));
}

static void close_subject(const struct run *run, struct subject *subject)
{
	for (size_t o = 0; o < CHECK_ORDERS; o++)
		run->setup->backend->close(subject->orderings[o].counters);
}

/* Back to the group's own order. An event that one order had no counter for has no value
 * in it. */
static void take_window(const struct subject *subject, size_t order,
	const struct measurement *measurement, struct check_window *window)
{
	const struct group *group = subject->group;

	*window = (struct check_window){
		.order = (unsigned)order,
		.clean = measurement->clean,
		.reads = measurement->reads,
		.wall_ns = measurement->wall_ns,
		.cpu_ns = measurement->cpu_ns,
		.clock_ghz = measurement->clock_ghz,
	};
	for (size_t e = 0; e < group->events_count; e++)
		window->values[e] = measurement->values[place_of(group, e, order)];
}

static int measure_order(struct run *run, struct subject *subject, size_t order,
	struct known_state *state, struct check_series *series)
{
	struct ordering *ordering = &subject->orderings[order];
	const struct counter_backend *backend = run->setup->backend;
	struct window_meter meter = {.clocks = run->setup->clocks,
		.backend = backend,
		.counters = ordering->counters,
		.events_count = subject->group->events_count};
	const struct kernel kernel = {
		.name = series->kernel->name, .run = series->kernel->run};
	int error;

	if (!ordering->counters)
		return 0;
	error = backend->start(ordering->counters);
	for (size_t w = 0; w < CHECK_WINDOWS && !error; w++) {
		struct measurement measurement = {.reads = 0};

		if (series->kernel->arm)
			error = series->kernel->arm(state);
		if (!error)
			error = window_measure(&meter, &kernel, &state->kernel,
				state->reads, &measurement);
		if (!error)
			take_window(subject, order, &measurement,
				&series->windows[series->count++]);
	}
	if (!error)
		error = backend->stop(ordering->counters);
	return error;
}

static bool wants(const struct subject *subject, const struct known_kernel *kernel)
{
	struct expectation expectations[EXPECTATIONS];
	size_t count = expectations_collect(subject->group, expectations);

	for (size_t i = 0; i < count; i++)
		if (strcmp(expectations[i].kernel, kernel->name) == 0)
			return subject->orderings[0].counters != NULL;
	return false;
}

/* One kernel under every group that expects something of it. */
static int measure_kernel(struct run *run, const struct known_kernel *kernel)
{
	struct complaint why = {.what = ""};
	struct known_state state;
	bool wanted = false;
	int error = 0;
	int absent;

	for (size_t g = 0; g < run->checked->count; g++)
		wanted = wanted || wants(&run->subjects[g], kernel);
	if (!wanted)
		return 0;
	absent = kernel->prepare(&state, &run->setting, &why);
	for (size_t g = 0; g < run->checked->count && !error; g++) {
		struct subject *subject = &run->subjects[g];
		struct check_series *series = &subject->series[subject->series_count];

		if (!wants(subject, kernel) || subject->series_count == KNOWN_KERNELS)
			continue;
		subject->series_count++;
		series->kernel = kernel;
		if (absent) {
			(void)complaint_line(
				&why, series->absent, sizeof(series->absent));
			continue;
		}
		series->instructions = state.instructions;
		series->branches = state.branches;
		for (size_t o = 0; o < CHECK_ORDERS && !error; o++)
			error = measure_order(run, subject, o, &state, series);
		if (error) {
			complaint_what(run->complaint, "cannot measure %s under group %s",
				kernel->name, subject->group->name);
			complaint_why(run->complaint, "%s", strerror(-error));
		}
	}
	if (!absent && kernel->release)
		kernel->release(&state);
	return error;
}

/* The ways of reading, on the first group that counts. */
static int measure_reading(struct run *run)
{
	const struct counter_backend *backend = run->setup->backend;

	for (size_t g = 0; g < run->checked->count && backend->choose_read_path; g++) {
		struct counters *counters = run->subjects[g].orderings[0].counters;
		int error;

		if (!counters)
			continue;
		error = backend->start(counters);
		if (!error)
			error = backend->choose_read_path(
				counters, run->setup->clocks, &run->checked->read_cost);
		if (!error)
			error = backend->stop(counters);
		run->checked->read_cost_known = !error;
		if (error) {
			complaint_what(
				run->complaint, "cannot time how counters are read");
			complaint_why(run->complaint, "%s", strerror(-error));
		}
		return error;
	}
	return 0;
}

static int probe_slots(struct run *run, struct slots *slots)
{
	int error = slots_probe(
		slots, run->setup->backend, run->setup->clocks, run->setup->loop);

	if (error) {
		complaint_what(run->complaint, "cannot probe the counters");
		complaint_why(run->complaint, "%s", strerror(-error));
	}
	return error;
}

/* Between two probes; the second tells whether somebody came or left. */
static int measure_all(struct run *run)
{
	struct checked_groups *checked = run->checked;
	const struct check_setup *setup = run->setup;
	struct slots after;
	int error = probe_slots(run, &checked->slots);

	for (size_t g = 0; g < checked->count && !error; g++)
		open_subject(run, &run->subjects[g]);
	if (!error)
		error = measure_reading(run);
	for (size_t k = 0; setup->kernels[k] && !error && !(setup->stop && *setup->stop);
		k++)
		error = measure_kernel(run, setup->kernels[k]);
	for (size_t g = 0; g < checked->count; g++)
		close_subject(run, &run->subjects[g]);
	if (!error)
		error = probe_slots(run, &after);
	if (error)
		return error;
	checked->slots_changed = after.proved != checked->slots.proved;
	if (after.proved < checked->slots.proved)
		checked->slots = after;
	return 0;
}

static int pin(const struct run *run)
{
	int error = cpus_pin(run->setup->cpu);

	if (error) {
		complaint_what(run->complaint, "cannot run on CPU %u", run->setup->cpu);
		complaint_why(run->complaint, "%s", strerror(-error));
	}
	return error;
}

int check_groups(struct checked_groups *checked, const struct check_setup *setup,
	const struct group *groups, size_t count, struct complaint *complaint)
{
	struct run run = {.setup = setup,
		.checked = checked,
		.complaint = complaint,
		.setting = {.machine = setup->machine,
			.cpu = setup->cpu,
			.seed = setup->seed},
		.subjects = calloc(count + 1, sizeof(*run.subjects))};
	const uint64_t start = setup->clocks->wall_ns();
	int error;

	*checked = (struct checked_groups){.count = count};
	checked->judged = calloc(count + 1, sizeof(*checked->judged));
	error = run.subjects && checked->judged ? cpus_allowed(&run.setting.allowed)
						: -ENOMEM;
	if (error) {
		complaint_what(complaint, "cannot begin the self-check");
		complaint_why(complaint, "%s", strerror(-error));
		goto out;
	}
	for (size_t g = 0; g < count; g++)
		run.subjects[g].group = &groups[g];
	error = pin(&run);
	if (!error)
		error = measure_all(&run);
	(void)cpus_unpin(&run.setting.allowed);
	for (size_t g = 0; g < count && !error; g++)
		judge_group(&checked->judged[g], &groups[g], run.subjects[g].status,
			run.subjects[g].series, run.subjects[g].series_count);
	checked->elapsed_ns = setup->clocks->wall_ns() - start;
out:
	kernel_scratch_release(&run.setting.scratch);
	free(run.subjects);
	if (error)
		checked_groups_release(checked);
	return error;
}

void checked_groups_release(struct checked_groups *checked)
{
	free(checked->judged);
	*checked = (struct checked_groups){.count = 0};
}
