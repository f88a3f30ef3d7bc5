/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"
#include "base/file.h"
#include "cli/cmd.h"
#include "cli/contenders.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/pools.h"
#include "cli/predict-model.h"
#include "cli/program-exit.h"
#include "cli/recording.h"
#include "cli/report-prediction.h"
#include "cli/report.h"
#include "cli/run-options.h"
#include "cli/self-check.h"
#include "cli/signals.h"
#include "cli/tracer.h"
#include "cli/traces.h"
#include "core/program-file.h"
#include "core/trials.h"

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HUGE_PAGE = 2 * 1024 * 1024 };

struct command {
	struct run_options options;
	struct environment environment;
	struct machine machine;
	struct contenders contenders;
	struct pools pools;
	struct recording recording;
	struct counting counting;
	struct tracer tracer;
	bool traced;                    /* one execution is, by the tracer */
	struct prediction_model *model; /* NULL: nothing is predicted */
	struct trials_outcome outcome;
	regex_t throughput;
	struct complaint complaint;
	bool bar;
};

static int fail(const struct command *command)
{
	message_complaint(&command->complaint);
	return EXIT_OWN_FAILURE;
}

static int on_write(void *context, const struct execution *execution)
{
	struct command *command = context;

	return recording_write(&command->recording, execution);
}

static void on_sample(void *context, const struct memory_sample *sample)
{
	struct command *command = context;

	recording_sample(&command->recording, sample);
}

static void on_progress(void *context, const struct execution *next, uint64_t round,
	uint64_t done, uint64_t of)
{
	const struct command *command = context;

	(void)done;
	(void)of;
	if (command->bar)
		fprintf(stderr, "\rround %llu of %llu  %s\033[K",
			(unsigned long long)round + 1,
			(unsigned long long)command->options.rounds_max, next->allocator);
}

static int run_trials(struct command *command)
{
	const struct run_options *options = &command->options;
	const struct trials_setup setup = {
		.arguments = options->program,
		.environment = environ,
		.allocators = command->contenders.allocators,
		.allocators_count = command->contenders.count,
		.input = options->input,
		.prepare = options->prepare,
		.check_output = options->check_output,
		.show_output = options->show_output,
		.timed = true,
		.watched = !options->no_watch,
		.watched_rounds = options->watched_rounds,
		.tracer = command->traced ? &command->tracer.allocator : NULL,
		.rounds_min = options->rounds_min,
		.rounds_max = options->rounds_max,
		.warm_ups = options->warm_ups,
		.budget_ns = options->budget_ns,
		.target = options->target,
		.timeout_ns = options->timeout_ns,
		.sample_ns = options->sample_ns,
		.service = options->service.load ? &options->service : NULL,
		.cpus = options->pinned ? &options->cpus : NULL,
		.pools = command->pools.pool,
		.pools_count = command->pools.count,
		.counters = command->counting.backend,
		.filter = &command->counting.filter,
		.groups = command->counting.groups,
		.groups_count = command->counting.groups_count,
		.events = &command->counting.events,
		.stop = &signals_received,
		.write = on_write,
		.sample = on_sample,
		.progress = on_progress,
		.context = command,
	};
	int error = trials_run(&setup, &command->outcome, &command->complaint);

	if (command->bar)
		fputs("\r\033[K", stderr);
	return error;
}

static void fill_environment(struct command *command, int argc, char **argv)
{
	struct environment *environment = &command->environment;

	environment_begin(environment, argc, argv);
	environment->rounds_min = command->options.rounds_min;
	environment->rounds_max = command->options.rounds_max;
	environment->target = command->options.target;
	environment->budget_ns = command->options.budget_ns;
	(void)snprintf(environment->baseline, sizeof(environment->baseline), "%s",
		command->contenders.allocators[0].name);
}

/* Without the library, or room for its traces, the run goes on without them. */
static void open_traces(struct command *command)
{
	char folder[PATH_MAX];
	const struct tracer_setup setup = {
		.folder = folder, .sample_bytes = TRACE_SAMPLE_BYTES};
	struct complaint complaint = {0};
	char relative[PATH_MAX + 16];
	int error;

	if (command->options.no_trace)
		return;
	(void)snprintf(relative, sizeof(relative), "%s/" TRACES_FOLDER,
		command->recording.folder.path);
	error = file_make_folders_at(relative, folder);
	if (error)
		(void)complaint_cannot(&complaint, "create the folder", relative, error);
	else
		command->traced =
			tracer_init(&command->tracer, &command->contenders.allocators[0],
				&setup, &complaint) == 0;
	if (command->traced)
		return;
	/* An empty one would tell that the program asked malloc for nothing. */
	if (!error)
		(void)rmdir(folder);
	(void)environment_note_complaint(&command->environment, "", &complaint);
}

/* What is in the way of preloading is said before minutes are spent, and in the report.
 */
static void tell_obstacle(struct command *command)
{
	struct complaint complaint = {0};

	if (!program_file_obstacle(command->options.program[0], &complaint))
		return;
	if (!command->options.quiet)
		message_complaint(&complaint);
	(void)environment_note_complaint(&command->environment, "", &complaint);
}

/* The pools are opened without need too: what the program takes from them is told. */
static void open_pools(struct command *command)
{
	const struct plan_pool wanted = {.page_bytes = HUGE_PAGE,
		.pages = (command->options.reserve_bytes + HUGE_PAGE - 1) / HUGE_PAGE,
		.node = -1};

	if (wanted.pages)
		pools_grow(&command->pools, &wanted, 1, &command->environment);
	else if (pool_open(&command->pools.pool[0], "", HUGE_PAGE, -1) == 0)
		command->pools.count = 1;
}

/* Costs of this machine, for the report to predict by. */
static int make_model(struct command *command)
{
	if (!command->options.predict)
		return 0;
	command->model = calloc(1, sizeof(*command->model));
	if (!command->model)
		return complaint_cannot(
			&command->complaint, "predict", "anything", -ENOMEM);
	return predict_model_make(command->model, command->options.model,
		&command->machine, &command->complaint);
}

/* Beside the folder of this run's machine, or the folder that was asked for. */
static int keep_pairs(struct command *command)
{
	char history[PATH_MAX + 32] = "results/predictions.csv";
	char folder[PATH_MAX];

	if (command->options.output) {
		(void)snprintf(
			folder, sizeof(folder), "%s", command->recording.folder.path);
		(void)snprintf(
			history, sizeof(history), "%s/predictions.csv", dirname(folder));
	}
	return predict_history_append(
		command->recording.folder.path, history, &command->complaint);
}

/* The file of the report that was asked for, on stdout. */
static int tell(const struct command *command)
{
	const struct run_options *options = &command->options;
	const bool alone = options->predict_only;
	const char *name = options->json  ? alone ? "prediction.json" : "comparison.json"
			   : alone        ? "prediction.txt"
			   : options->csv ? "comparison.csv"
			   : options->perf_csv ? "perf-stat.csv"
			   : options->perf     ? "perf-stat.txt"
					       : "summary.txt";
	char path[PATH_MAX + 32];
	struct text text;
	int code = 0;

	text_init(&text);
	(void)snprintf(path, sizeof(path), "%s/%s", command->recording.folder.path, name);
	if (!options->quiet && file_read_all(path, &text))
		code = EXIT_OWN_FAILURE;
	if (options->quiet || (!options->json && !options->csv && !options->perf_csv))
		text_format(&text, "%sreport: %s\n", text.length ? "\n" : "",
			command->recording.folder.path);
	if (output_text(&text))
		code = EXIT_OWN_FAILURE;
	text_release(&text);
	return code;
}

static void record_outcome(struct command *command, uint64_t started_ns)
{
	struct environment *environment = &command->environment;

	(void)clock_stamp(environment->finished);
	environment->interrupted = command->outcome.interrupted;
	environment->rounds_done = command->outcome.rounds_done;
	environment->elapsed_ns = clocks_system.wall_ns() - started_ns;
}

/* From chosen allocators to the report: the exit code. */
static int measure_and_report(struct command *command)
{
	const struct run_options *options = &command->options;
	uint64_t started_ns = clocks_system.wall_ns();
	struct complaint first;
	struct text written;
	int error = recording_open(&command->recording, options->output,
		&command->counting, options->json, &command->environment,
		&command->machine, &command->complaint);
	int code = 0;

	if (error)
		return fail(command);
	if (command->model &&
		predict_model_write(command->model, command->recording.folder.path,
			&command->complaint))
		return fail(command);
	open_traces(command);
	open_pools(command);
	error = run_trials(command);
	if (pools_restore(&command->pools, &command->environment))
		code = EXIT_OWN_FAILURE;
	record_outcome(command, started_ns);
	first = command->complaint;
	if (error) {
		(void)fail(command);
		code = program_exit_of(error);
	}
	if (recording_close(&command->recording, &command->environment, &command->machine,
		    &command->complaint))
		code = error ? code : fail(command);
	if (command->recording.folder.rows == 0) {
		if (!code)
			fputs("escalier: no execution has ended: there is nothing to tell\n",
				stderr);
		return code ? code : EXIT_OWN_FAILURE;
	}
	command->complaint = first;
	text_init(&written);
	if (report_write(command->recording.folder.path, &written, &command->complaint) <
			0 ||
		(command->model && keep_pairs(command)))
		code = fail(command);
	else if (tell(command))
		code = EXIT_OWN_FAILURE;
	text_release(&written);
	if (!code && options->predict_only &&
		report_prediction_refused(command->recording.folder.path))
		code = EXIT_NOTHING_TOLD;
	return code ? code : command->outcome.first_code;
}

/* A watched round counts one group. */
static void warn_about_rounds(struct command *command)
{
	const struct run_options *options = &command->options;
	const struct counting *counting = &command->counting;
	const uint64_t rounds = options->rounds_max < options->watched_rounds
					? options->rounds_max
					: options->watched_rounds;
	char note[256];

	if (options->no_watch || counting->groups_count <= rounds)
		return;
	(void)snprintf(note, sizeof(note),
		"a round counts one of the %zu groups: %.80s%s not counted in %" PRIu64
		" watched round%s; -r %zu counts all",
		counting->groups_count, counting->groups[rounds].name,
		counting->groups_count > rounds + 1 ? " and those after it are" : " is",
		rounds, rounds == 1 ? "" : "s", counting->groups_count);
	environment_note(&command->environment, "%s", note);
	if (!options->quiet)
		fprintf(stderr, "escalier: %s\n", note);
}

/* Counters that were asked for and cannot be had end it before anything is run. */
static int choose_counters(struct command *command)
{
	struct environment *environment = &command->environment;
	struct counter_request *request = &command->options.counters;
	int error;

	if (command->options.no_watch)
		request->backend = "none";
	error = counting_choose(&command->counting, request,
		command->options.pinned ? cpus_first(&command->options.cpus) : -1,
		environment, &command->complaint);
	if (error == COUNTING_NONE_AVAILABLE) {
		counting_advise_without(
			&command->complaint, "without -g and -e the run does without");
	} else if (!error && !command->options.quiet && !command->options.no_watch) {
		counting_warn(environment);
	}
	if (!error && (command->options.perf || command->options.perf_csv) &&
		command->counting.events.count == 0) {
		complaint_what(
			&command->complaint, "there is nothing to print as perf does");
		complaint_why(&command->complaint, "no events are counted");
		error = -EINVAL;
	}
	if (!error)
		warn_about_rounds(command);
	return error;
}

static void check_events(struct command *command)
{
	const struct self_check check = {.machine = &command->machine,
		.cpu = command->options.pinned
			       ? (unsigned)cpus_first(&command->options.cpus)
			       : plan_default_cpu(&command->machine)};

	self_check_events(&check, command->options.counters.check, &command->counting,
		&command->environment);
}

static int compile_pattern(struct command *command)
{
	struct run_options *options = &command->options;
	int error;

	if (!options->throughput)
		return 0;
	error = regcomp(
		&command->throughput, options->throughput, REG_EXTENDED | REG_NEWLINE);
	if (error || command->throughput.re_nsub < 1) {
		char why[128] = "it has no group in parentheses";

		if (error)
			(void)regerror(error, &command->throughput, why, sizeof(why));
		else
			regfree(&command->throughput);
		complaint_what(&command->complaint,
			"--throughput: \"%.128s\" is no pattern", options->throughput);
		complaint_why(&command->complaint, "%s", why);
		return -EINVAL;
	}
	options->service.throughput = &command->throughput;
	return 0;
}

static int run_command(struct command *command, bool predict, int argc, char **argv)
{
	struct text help;
	int code;

	if (predict ? run_options_parse_predict(
			      &command->options, argc, argv, &command->complaint)
		    : run_options_parse(
			      &command->options, argc, argv, &command->complaint))
		return fail(command);
	if (command->options.help) {
		text_init(&help);
		run_options_help(&command->options, &help);
		code = output_text(&help);
		text_release(&help);
		return code;
	}
	if (command->options.list)
		return contenders_print_all() ? EXIT_OWN_FAILURE : 0;
	if (contenders_choose(&command->contenders, &command->options,
		    &command->environment, &command->complaint) ||
		compile_pattern(command))
		return fail(command);
	if (signals_catch() != 0 ||
		topology_load(&command->machine, NULL, &command->complaint))
		return fail(command);
	fill_environment(command, argc, argv);
	if (make_model(command) || choose_counters(command)) {
		topology_release(&command->machine);
		return fail(command);
	}
	check_events(command);
	tell_obstacle(command);
	command->bar = !command->options.quiet && isatty(STDERR_FILENO);
	code = measure_and_report(command);
	counting_release(&command->counting);
	topology_release(&command->machine);
	if (command->options.service.throughput)
		regfree(&command->throughput);
	return signals_received ? 128 + signals_received : code;
}

static int run_whole(bool predict, int argc, char **argv)
{
	struct command *command = calloc(1, sizeof(*command));
	int code;

	if (!command) {
		fputs("escalier: not enough memory\n", stderr);
		return EXIT_OWN_FAILURE;
	}
	code = run_command(command, predict, argc, argv);
	free(command->model);
	free(command);
	return code;
}

int cmd_run(int argc, char **argv)
{
	return run_whole(false, argc, argv);
}

int cmd_run_to_predict(int argc, char **argv)
{
	return run_whole(true, argc, argv);
}
