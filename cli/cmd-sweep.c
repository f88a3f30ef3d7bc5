/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "alloc/backend.h"
#include "analysis/summary.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/stolen.h"
#include "cli/cmd.h"
#include "cli/counting.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/pools.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/run-folder.h"
#include "cli/self-check.h"
#include "cli/signals.h"
#include "cli/sweep-options.h"
#include "core/runner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>

struct sweep {
	struct sweep_options options;
	struct environment environment;
	struct machine machine;
	const struct marker *marker; /* NULL: nobody asks for regions */
	bool marker_missing;         /* somebody does, and there can be none */
	struct counting counting;
	struct plan plan;
	struct pools pools;
	struct run_folder folder;
	struct progress_bar bar;
	struct runner_outcome outcome;
	struct complaint complaint;
};

static int fail(const struct sweep *sweep)
{
	message_complaint(&sweep->complaint);
	return EXIT_FAILURE;
}

static void fill_environment(struct sweep *sweep, int argc, char **argv)
{
	struct environment *environment = &sweep->environment;
	struct plan_options *plan = &sweep->options.plan;

	environment_begin(environment, argc, argv);
	if (!plan->seed) {
		/* Kept to 53 bits: some readers of JSON know numbers as doubles only. */
		(void)getrandom(&plan->seed, sizeof(plan->seed), 0);
		plan->seed = plan->seed >> 11 | 1;
	}
	environment->seed = plan->seed;
	environment->rounds_min = plan->rounds_min;
	environment->rounds_max = plan->rounds_max;
	environment->windows = plan->windows;
	environment->window_ns = plan->window_ns;
	environment->target = plan->target;
	environment->budget_ns = plan->budget_ns;
	/* Others are compared with 4 KiB pages, or with what comes first. */
	(void)snprintf(environment->baseline, sizeof(environment->baseline), "%s",
		plan->backends[0]);
	for (size_t i = 0; i < plan->backends_count; i++)
		if (strcmp(plan->backends[i], "small") == 0)
			(void)snprintf(environment->baseline,
				sizeof(environment->baseline), "small");
}

static uint64_t peak_memory_bytes(const struct plan *plan)
{
	struct rusage usage;
	uint64_t peak;
	uint64_t pool = 0;

	(void)getrusage(RUSAGE_SELF, &usage);
	peak = (uint64_t)usage.ru_maxrss * 1024;
	/* Resident memory leaves hugetlb pages out; the largest buffer in a pool stood
	 * beside the scratch of its cycle. */
	for (size_t i = 0; i < plan->pools_count; i++)
		if (plan->pools[i].pages * plan->pools[i].page_bytes > pool)
			pool = plan->pools[i].pages * plan->pools[i].page_bytes;
	pool += pool ? plan->scratch_bytes : 0;
	return pool > peak ? pool : peak;
}

static void record_window_cost(struct environment_window_cost *record,
	const struct group *group, const struct window_cost *cost,
	const struct counter_read_cost *read)
{
	*record = (struct environment_window_cost){.read_ns = cost->read_ns,
		.read_syscall_ns = read->syscall_ns,
		.read_user_ns = read->user_ns,
		.inside_ns = cost->inside_ns,
		.inside_spread_ns = cost->inside_spread_ns,
		.cpu_ns = cost->cpu_ns,
		.outside_ns = cost->outside_ns};
	(void)snprintf(record->read_user_why, sizeof(record->read_user_why), "%s",
		read->user_why);
	(void)snprintf(
		record->group, sizeof(record->group), "%s", group ? group->name : "none");
	if (!group)
		return;
	if (read->syscall_ns > 0)
		(void)snprintf(record->read_path, sizeof(record->read_path), "%s",
			counter_read_path_name(read->path));
	for (size_t e = 0; e < group->events_count; e++) {
		struct environment_event_cost *event =
			&record->events[record->events_count];

		if (!cost->events[e].known)
			continue;
		(void)snprintf(
			event->event, sizeof(event->event), "%s", group->events[e].name);
		event->count = cost->events[e].count;
		event->spread = cost->events[e].spread;
		record->events_count++;
	}
}

static void record_window_costs(struct sweep *sweep)
{
	struct environment *environment = &sweep->environment;
	const struct runner_outcome *outcome = &sweep->outcome;
	const struct counting *counting = &sweep->counting;
	const size_t groups = counting->groups_count;

	environment->window_costs_count = groups ? groups : 1;
	for (size_t i = 0; i < environment->window_costs_count; i++)
		record_window_cost(&environment->window_costs[i],
			groups ? &counting->groups[i] : NULL, &outcome->window_costs[i],
			&outcome->read_costs[i]);
	environment->window_overhead_ns = outcome->window_costs[0].inside_ns;
	environment->window_outside_ns = outcome->window_costs[0].outside_ns;
	if (outcome->elapsed_ns)
		environment->reading_share =
			outcome->reading_ns / (double)outcome->elapsed_ns;
}

static void record_outcome(struct sweep *sweep)
{
	struct environment *environment = &sweep->environment;
	const struct runner_outcome *outcome = &sweep->outcome;

	(void)clock_stamp(environment->finished);
	environment->interrupted = outcome->interrupted;
	environment->rounds_done = outcome->rounds_done;
	environment->elapsed_ns = outcome->elapsed_ns;
	environment->unresolved_sizes = outcome->unresolved;
	environment->peak_memory_bytes = peak_memory_bytes(&sweep->plan);
	record_window_costs(sweep);
	environment->kernel_costs_count = sweep->options.plan.kernels_count;
	for (size_t i = 0; i < environment->kernel_costs_count; i++) {
		struct environment_kernel_cost *cost = &environment->kernel_costs[i];

		(void)snprintf(cost->kernel, sizeof(cost->kernel), "%s",
			sweep->options.plan.kernels[i]);
		cost->ns_per_read = outcome->loop_costs[i].ns;
		cost->cycles_per_read = outcome->loop_costs[i].cycles;
	}
}

static void on_progress(void *context, const struct progress *progress)
{
	struct sweep *sweep = context;

	progress_bar_draw(&sweep->bar, progress);
}

static int on_write(void *context, const struct measurement *measurement)
{
	struct sweep *sweep = context;

	run_folder_write(&sweep->folder, measurement);
	return 0;
}

static int on_flush(void *context)
{
	struct sweep *sweep = context;

	return run_folder_flush(&sweep->folder);
}

static struct cpus measured_cpus(const struct plan *plan)
{
	struct cpus cpus = {{0}};

	for (size_t i = 0; i < plan->count; i++)
		cpus_add(&cpus, plan->points[i].cpu);
	return cpus;
}

static int run_plan(struct sweep *sweep)
{
	const struct cpus cpus = measured_cpus(&sweep->plan);
	uint64_t stolen_before = stolen_ns("", &cpus);
	const struct runner_setup setup = {
		.machine = &sweep->machine,
		.plan = &sweep->plan,
		.options = &sweep->options.plan,
		.clocks = &clocks_system,
		.counters = sweep->counting.backend,
		.groups = sweep->counting.groups,
		.groups_count = sweep->counting.groups_count,
		.filter = sweep->options.counters.filter,
		.events = &sweep->counting.events,
		.marker = sweep->marker,
		.find_memory = memory_find,
		.scaled = sweep->options.counters.scaled,
		.verify = sweep->options.verify,
		.stop = &signals_received,
		.write = on_write,
		.flush = on_flush,
		.progress = on_progress,
		.context = sweep,
	};
	int error;

	progress_bar_init(&sweep->bar, sweep->options.quiet);
	error = runner_run(&setup, &sweep->outcome, &sweep->complaint);
	progress_bar_clear(&sweep->bar);
	sweep->environment.stolen_ns = stolen_since_ns(&cpus, stolen_before);
	return error;
}

static int open_folder(struct sweep *sweep)
{
	struct run_folder *folder = &sweep->folder;
	int error = run_folder_create(folder, &measurement_record, sweep->options.output,
		&sweep->environment, &sweep->machine, &sweep->complaint);

	if (!error)
		error = run_folder_write_groups(folder, sweep->counting.groups,
			sweep->counting.groups_count, &sweep->complaint);
	if (!error)
		error = run_folder_write_environment(
			folder, &sweep->environment, &sweep->machine, &sweep->complaint);
	if (!error)
		error = run_folder_open_rows(folder, &sweep->counting.events,
			sweep->options.json, &sweep->environment, &sweep->machine,
			&sweep->complaint);
	return error;
}

/* The head of the summary on stdout, up to its first table, and where the rest is: the
 * exit code. */
static int tell(struct sweep *sweep)
{
	char path[PATH_MAX + 16];
	struct text summary;
	struct text text;
	int code;

	text_init(&summary);
	text_init(&text);
	(void)snprintf(path, sizeof(path), "%s/summary.txt", sweep->folder.path);
	if (!sweep->options.quiet && file_read_all(path, &summary) == 0) {
		const char *machine = strstr(summary.bytes, "\n\n");
		const char *end = machine ? strstr(machine + 2, "\n\n") : NULL;

		if (end)
			text_append_bytes(
				&text, summary.bytes, (size_t)(end + 2 - summary.bytes));
	}
	text_format(&text, "report: %s\n", sweep->folder.path);
	code = output_text(&text);
	text_release(&text);
	text_release(&summary);
	return code;
}

/* From a complete plan to the report: the exit code. */
static int measure_and_report(struct sweep *sweep)
{
	struct complaint first;
	struct text written;
	int error = open_folder(sweep);
	int code = 0;

	if (error)
		goto out;
	if (!sweep->options.no_reserve)
		pools_grow(&sweep->pools, sweep->plan.pools, sweep->plan.pools_count,
			&sweep->environment);
	error = run_plan(sweep);
	if (pools_restore(&sweep->pools, &sweep->environment))
		code = EXIT_FAILURE;
	record_outcome(sweep);
out:
	if (error)
		code = fail(sweep);
	first = sweep->complaint;
	if (run_folder_close(&sweep->folder, &sweep->complaint))
		code = error ? code : fail(sweep);
	if (sweep->outcome.windows + sweep->outcome.errors == 0)
		return code ? code : EXIT_PARTIAL;
	if (run_folder_write_environment(&sweep->folder, &sweep->environment,
		    &sweep->machine, &sweep->complaint))
		code = error ? code : fail(sweep);
	sweep->complaint = first;
	text_init(&written);
	if (report_write(sweep->folder.path, &written, &sweep->complaint)) {
		message_complaint(&sweep->complaint);
		code = code ? code : EXIT_PARTIAL;
	}
	text_release(&written);
	if (tell(sweep))
		code = EXIT_FAILURE;
	if (!code && (sweep->outcome.errors || sweep->counting.partial ||
			     sweep->marker_missing))
		code = EXIT_PARTIAL;
	return code;
}

static int print_plan(const struct sweep *sweep)
{
	struct text text;
	int code;

	text_init(&text);
	plan_print(&sweep->plan, &sweep->options.plan, &text);
	code = output_text(&text);
	text_release(&text);
	return code;
}

/* Points are named after the groups that count, which may be fewer than were asked for,
 * or the parts of one. */
static int choose_counters(struct sweep *sweep)
{
	const struct sweep_options *options = &sweep->options;
	struct plan_options *plan = &sweep->options.plan;
	int cpu = options->cpus_count ? (int)options->cpus[0] : -1;
	int error;

	/* The counters of another machine are not here to be proved. */
	if (options->topology)
		sweep->options.counters.check = SELF_CHECK_NONE;
	error = counting_choose(&sweep->counting, &options->counters, cpu,
		&sweep->environment, &sweep->complaint);
	plan->groups_count = sweep->counting.groups_count;
	for (size_t i = 0; i < plan->groups_count; i++)
		plan->groups[i] = sweep->counting.groups[i].name;
	return error;
}

/* Before the run's folder is made, so that it tells from the start what holds. */
static void check_events(struct sweep *sweep)
{
	const struct self_check check = {.machine = &sweep->machine,
		.cpu = sweep->plan.points[0].cpu,
		.seed = sweep->options.plan.seed};
	size_t excluded;

	self_check_events(&check, sweep->options.counters.check, &sweep->counting,
		&sweep->environment);
	if (sweep->environment.events_count > 0)
		self_check_note_kinds(&check, &sweep->plan, &sweep->environment);
	excluded = summary_events_excluded(&sweep->environment);
	if (excluded > 0 && !sweep->options.quiet)
		fprintf(stderr,
			"escalier: the self-check leaves out %zu of %zu events: the "
			"summary tells why\n",
			excluded, sweep->environment.events_count);
}

/* Under likwid-perfctr the counters are its own, unless both are asked for. */
static void open_marker(struct sweep *sweep)
{
	struct counter_request *request = &sweep->options.counters;
	struct complaint complaint = {.what = ""};
	int error = marker_open(&sweep->marker, &complaint);

	sweep->marker_missing = error < 0;
	if (sweep->marker_missing)
		message_complaint(&complaint);
	if (error || request->backend_asked || request->groups_asked)
		return;
	request->backend = "none";
	(void)snprintf(sweep->environment.counters_missing,
		sizeof(sweep->environment.counters_missing),
		"likwid-perfctr has them, by regions");
}

static void close_marker(struct sweep *sweep)
{
	if (sweep->marker)
		sweep->marker->close();
	sweep->marker = NULL;
}

/* Everything that reads the machine and changes nothing, then the sweep: the exit code.
 */
static int plan_and_run(struct sweep *sweep)
{
	int error = choose_counters(sweep);
	int code;

	if (error < 0)
		return error == -EINVAL || error == -ENOENT
			       ? (message_complaint(&sweep->complaint), 2)
			       : fail(sweep);
	if (!error && !sweep->options.quiet)
		counting_warn(&sweep->environment);
	if (error == COUNTING_NONE_AVAILABLE) {
		counting_advise_without(&sweep->complaint,
			"without -g, -e and --counters the sweep runs on clocks");
		message_complaint(&sweep->complaint);
		counting_release(&sweep->counting);
		return EXIT_NO_COUNTERS;
	}
	error = plan_build(
		&sweep->plan, &sweep->machine, &sweep->options.plan, &sweep->complaint);
	if (error) {
		counting_release(&sweep->counting);
		message_complaint(&sweep->complaint);
		return error == -EINVAL ? 2 : EXIT_FAILURE;
	}
	if (!sweep->options.dry_run)
		check_events(sweep);
	code = sweep->options.dry_run ? print_plan(sweep) : measure_and_report(sweep);
	plan_release(&sweep->plan);
	counting_release(&sweep->counting);
	return code;
}

static int print_help(void)
{
	struct text text;
	int code;

	text_init(&text);
	sweep_options_help(&text);
	code = output_text(&text);
	text_release(&text);
	return code;
}

static int run_command(struct sweep *sweep, int argc, char **argv)
{
	int code;

	if (sweep_options_parse(&sweep->options, argc, argv, &sweep->complaint)) {
		message_complaint(&sweep->complaint);
		return 2;
	}
	if (sweep->options.help)
		return print_help();
	if (signals_catch() != 0 || topology_load(&sweep->machine,
					    sweep->options.topology, &sweep->complaint))
		return fail(sweep);
	fill_environment(sweep, argc, argv);
	if (!sweep->options.dry_run)
		open_marker(sweep);
	code = plan_and_run(sweep);
	close_marker(sweep);
	topology_release(&sweep->machine);
	return signals_received ? 128 + signals_received : code;
}

int cmd_sweep(int argc, char **argv)
{
	struct sweep *sweep = calloc(1, sizeof(*sweep));
	int code;

	if (!sweep) {
		fputs("escalier: not enough memory\n", stderr);
		return EXIT_FAILURE;
	}
	code = run_command(sweep, argc, argv);
	free(sweep);
	return code;
}
