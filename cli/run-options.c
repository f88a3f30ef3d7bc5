/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/run-options.h"

#include "base/number.h"
#include "cli/options.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

static int take_allocators(void *target, const char *value, struct complaint *why)
{
	struct run_options *options = target;

	return words_split(&options->words, value, options->allocators, TRIALS_ALLOCATORS,
		&options->allocators_count, why);
}

static int take_definition(void *target, const char *value, struct complaint *why)
{
	struct run_options *options = target;

	if (options->definitions_count == TRIALS_ALLOCATORS) {
		complaint_why(why, "at most %d of them", TRIALS_ALLOCATORS);
		return -EINVAL;
	}
	options->definitions[options->definitions_count++] = value;
	return 0;
}

static int take_rounds(void *target, const char *value, struct complaint *why)
{
	struct run_options *options = target;
	uint64_t low, high;

	(void)why;
	if (number_parse_range(value, &low, &high) || low < 1 || high > 1000)
		return -EINVAL;
	options->rounds_min = low;
	options->rounds_max = high;
	return 0;
}

static int take_watched_rounds(void *target, const char *value, struct complaint *why)
{
	struct run_options *options = target;

	(void)why;
	return number_parse_unsigned(value, &options->watched_rounds) ||
			       options->watched_rounds < 1 ||
			       options->watched_rounds > 1000
		       ? -EINVAL
		       : 0;
}

static int take_warm_ups(void *target, const char *value, struct complaint *why)
{
	struct run_options *options = target;

	(void)why;
	return number_parse_unsigned(value, &options->warm_ups) ||
			       options->warm_ups > 1000
		       ? -EINVAL
		       : 0;
}

static int take_target(void *target, const char *value, struct complaint *why)
{
	struct run_options *options = target;

	(void)why;
	return number_parse_share(value, &options->target);
}

static int take_duration(uint64_t *ns, const char *value)
{
	return number_parse_duration(value, ns) || *ns == 0 ? -EINVAL : 0;
}

static int take_budget(void *target, const char *value, struct complaint *why)
{
	struct run_options *options = target;

	(void)why;
	return take_duration(&options->budget_ns, value);
}

static int take_timeout(void *target, const char *value, struct complaint *why)
{
	struct run_options *options = target;

	(void)why;
	return take_duration(&options->timeout_ns, value);
}

static int take_sample(void *target, const char *value, struct complaint *why)
{
	struct run_options *options = target;

	(void)why;
	return take_duration(&options->sample_ns, value);
}

static int take_reserve(void *target, const char *value, struct complaint *why)
{
	struct run_options *options = target;

	(void)why;
	return number_parse_bytes(value, &options->reserve_bytes);
}

static int take_cpus(void *target, const char *value, struct complaint *why)
{
	struct run_options *options = target;

	(void)why;
	options->pinned = true;
	return cpus_parse(value, &options->cpus) || cpus_count(&options->cpus) == 0
		       ? -EINVAL
		       : 0;
}

static int take_separator(void *target, const char *value, struct complaint *why)
{
	struct run_options *options = target;

	(void)why;
	options->perf_csv = true;
	return strcmp(value, ",") == 0 ? 0 : -EINVAL;
}

static int take_stop(void *target, const char *value, struct complaint *why)
{
	struct run_options *options = target;
	const char *name = strncmp(value, "SIG", 3) == 0 ? value + 3 : value;
	uint64_t number;

	(void)why;
	if (number_parse_unsigned(value, &number) == 0 && number > 0 && number < NSIG) {
		options->service.stop_signal = (int)number;
		return 0;
	}
	for (int i = 1; i < NSIG; i++) {
		const char *abbreviation = sigabbrev_np(i);

		if (abbreviation && strcmp(abbreviation, name) == 0) {
			options->service.stop_signal = i;
			return 0;
		}
	}
	return -EINVAL;
}

OPTION_TEXT(take_load, struct run_options, service.load)
OPTION_TEXT(take_ready, struct run_options, ready)
OPTION_TEXT(take_throughput, struct run_options, throughput)
OPTION_TEXT(take_input, struct run_options, input)
OPTION_TEXT(take_prepare, struct run_options, prepare)
OPTION_TEXT(take_output, struct run_options, output)

OPTION_TEXT(take_folder_of_model, struct run_options, model)
static int take_model(void *target, const char *value, struct complaint *why)
{
	struct run_options *options = target;

	options->predict = true;
	return take_folder_of_model(target, value, why);
}

OPTION_FLAG(take_check_output, struct run_options, check_output)
OPTION_FLAG(take_show_output, struct run_options, show_output)
OPTION_FLAG(take_no_watch, struct run_options, no_watch)
OPTION_FLAG(take_no_trace, struct run_options, no_trace)
OPTION_FLAG(take_predict, struct run_options, predict)
OPTION_FLAG(take_list, struct run_options, list)
OPTION_FLAG(take_csv, struct run_options, csv)
OPTION_FLAG(take_json, struct run_options, json)
OPTION_FLAG(take_perf, struct run_options, perf)
OPTION_FLAG(take_quiet, struct run_options, quiet)
OPTION_FLAG(take_help, struct run_options, help)

static const struct option_row rows[] = {
	{"allocators", 'a', "LIST", "to compare; the first is the reference (libc,hp)",
		"names that --list shows, or all", take_allocators},
	{"allocator", 0, "NAME=LIB", "an allocator library of your own; may be repeated",
		"NAME=/PATH/LIBRARY", take_definition},
	{"rounds", 'r', "MIN[:MAX]", "executions under each allocator, in turn (10)",
		"1 to 1000, as in 10 or 6:25", take_rounds},
	{"target", 0, "SHARE", "half-width of the ratios' intervals that ends it (1%)",
		"a share, as in 1% or 0.01", take_target},
	{"budget", 0, "TIME", "no new round after it, once MIN are done (10m)",
		"a duration, as in 90s or 3m", take_budget},
	{"warm-up", 'w', "N", "executions before the first that counts (1)", "0 to 1000",
		take_warm_ups},
	{"timeout", 0, "TIME", "end an execution that takes longer", "a duration",
		take_timeout},
	{"cpu", 'C', "LIST", "CPUs that the program may use (all)",
		"CPU numbers, as in 0 or 0-3,8", take_cpus},
	{"input", 'i', "FILE", "its standard input, each time (/dev/null)", "a file",
		take_input},
	{"prepare", 0, "COMMAND", "shell command before each execution", "a command",
		take_prepare},
	{"load", 0, "COMMAND",
		"the program is a server: measure it while this shell command runs",
		"a command", take_load},
	{"ready", 0, "PORT|COMMAND",
		"it serves once the port takes connections, or this succeeds",
		"a port of the loopback, or a command", take_ready},
	{"stop", 0, "SIGNAL", "that ends the server in order (TERM)",
		"a signal, as in INT or 2", take_stop},
	{"throughput", 0, "PATTERN",
		"extended regular expression; group 1 in the load's output is compared",
		"a pattern with a group, as in '([0-9.]+) requests'", take_throughput},
	{"check-output", 'c', NULL, "its output must be the same under each allocator",
		"", take_check_output},
	{"show-output", 0, NULL, "let it print where escalier does", "",
		take_show_output},
	COUNTER_OPTIONS,
	{"watched-rounds", 0, "N", "rounds that are also watched, the first ones (all)",
		"1 to 1000", take_watched_rounds},
	{"no-watch", 0, NULL, "times alone: no counters, no memory", "", take_no_watch},
	{"no-trace", 0, NULL, "no execution under the tracing library before all others",
		"", take_no_trace},
	{"sample", 0, "TIME", "between two looks at its memory (10ms)", "a duration",
		take_sample},
	{"reserve", 0, "SIZE",
		"2 MiB pages to have in the pool while it runs (root; put back)",
		"a size, as in 512M", take_reserve},
	{"predict", 0, NULL,
		"what huge pages would change, from the reference alone, beside what they do",
		"", take_predict},
	{"model", 0, "DIR", "sweep of this machine to predict by (the newest in results)",
		"the folder of a sweep", take_model},
	{"output", 'o', "DIR", "folder of the run (results/HOST/TIME)", "a new folder",
		take_output},
	{"list", 'l', NULL, "the allocators, and which are installed", "", take_list},
	{"csv", 0, NULL, "the comparison as CSV", "", take_csv},
	{"json", 0, NULL, "the comparison as JSON, and executions.jsonl", "", take_json},
	{"perf", 0, NULL, "the events in the layout of perf stat", "", take_perf},
	{"field-separator", 'x', "SEPARATOR", "the events as perf stat -x, prints them",
		"a comma", take_separator},
	{"quiet", 'q', NULL, "no progress, and only the report's place on stdout", "",
		take_quiet},
	{"help", 'h', NULL, "this text", "", take_help},
};
enum { PREDICT_ROUNDS = 5 };
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void help_predict(struct text *text)
{
	text_append(text,
		"Usage: escalier predict [OPTION]... -- PROGRAM [ARGUMENT]...\n"
		"       escalier predict --history [FILE]\n"
		"Run an unmodified program under libc alone, and say what huge pages under its\n"
		"malloc would change: page faults, page walks, and by that the run time. Takes the\n"
		"options of escalier run, but for those of allocators. escalier run --predict says\n"
		"the same beside what is measured, and keeps both in predictions.csv;\n"
		"--history [results/predictions.csv] tells how good predictions have been.\n\n"
		"  --model=DIR          sweep of this machine to predict by (the newest in "
		"results)\n"
		"  -r, --rounds=N       executions (5)\n"
		"  -i, --input=FILE     its standard input, each time (/dev/null)\n"
		"      --json           the prediction as JSON\n"
		"  -o, --output=DIR     folder of the run (results/HOST/TIME)\n"
		"  -h, --help           this text\n"
		"\nExit status: as of escalier run, and 123 where there is no prediction; of --history\n"
		"0, 1 failure, 2 wrong usage.\n");
}

void run_options_help(const struct run_options *options, struct text *text)
{
	if (options->predict_only) {
		help_predict(text);
		return;
	}
	text_append(text,
		"Usage: escalier run [OPTION]... -- PROGRAM [ARGUMENT]...\n"
		"Run an unmodified program under each allocator, in turn, and say what "
		"changes: time,\nfaults, memory and hardware events, with how sure that "
		"is.\n\n");
	options_help(rows, ROWS, text);
	text_append(text,
		"\nTimes are of executions without counters; events and memory of others "
		"beside them.\n\nExit status: that of the program under the reference, 128+n where "
		"signal n ended it;\n123 where a server never served or its load failed, 124 it "
		"ran out of time, 125 escalier\nfailed, 126 the program cannot be executed, 127 "
		"it was not found.\n");
}

static void set_defaults(struct run_options *options)
{
	struct complaint unused = {0};

	*options = (struct run_options){.counters = {.backend = "auto"},
		.rounds_min = 10,
		.rounds_max = 10,
		.watched_rounds = 1000,
		.target = 0.01,
		.budget_ns = 600ull * 1000000000,
		.warm_ups = 1,
		.sample_ns = 10000000,
		.service = {
			.stop_signal = SIGTERM, .ready_timeout_ns = 30ull * 1000000000}};
	(void)take_allocators(options, "libc,hp", &unused);
}

static int check_service(struct run_options *options, struct complaint *complaint)
{
	uint64_t port;

	if (!options->service.load) {
		if (!options->ready && !options->throughput)
			return 0;
		complaint_what(complaint, "--ready and --throughput need --load");
		complaint_why(complaint, "they tell of a server under a load");
		return -EINVAL;
	}
	if (options->ready && number_parse_unsigned(options->ready, &port) == 0) {
		if (port == 0 || port > 65535) {
			complaint_what(complaint, "--ready: there is no port %s",
				options->ready);
			return -EINVAL;
		}
		options->service.port = (uint16_t)port;
	} else {
		options->service.ready = options->ready;
	}
	return 0;
}

static int parse(
	struct run_options *options, int argc, char **argv, struct complaint *complaint)
{
	int own = 1;
	int error;

	while (own < argc && strcmp(argv[own], "--") != 0)
		own++;
	error = options_parse(rows, ROWS, options, own, argv, complaint);
	if (error) {
		if (own == argc && !complaint->advice[0])
			complaint_advise(complaint, "put the program behind \"--\"");
		return error;
	}
	if (own + 1 < argc)
		options->program = argv + own + 1;
	if (options->no_watch && options->counters.groups_asked) {
		complaint_what(
			complaint, "--no-watch and counter groups contradict each other");
		complaint_why(complaint, "events are counted in watched executions");
		return -EINVAL;
	}
	if (check_service(options, complaint) ||
		counter_request_check(&options->counters, complaint))
		return -EINVAL;
	if (options->program || options->help || options->list)
		return 0;
	complaint_what(complaint, "which program?");
	complaint_advise(complaint, "escalier %s -- PROGRAM [ARGUMENT]...",
		options->predict_only ? "predict" : "run");
	return -EINVAL;
}

int run_options_parse(
	struct run_options *options, int argc, char **argv, struct complaint *complaint)
{
	set_defaults(options);
	return parse(options, argc, argv, complaint);
}

int run_options_parse_predict(
	struct run_options *options, int argc, char **argv, struct complaint *complaint)
{
	int error;

	set_defaults(options);
	options->predict = options->predict_only = true;
	options->rounds_min = options->rounds_max = PREDICT_ROUNDS;
	options->allocators_count = 0;
	error = parse(options, argc, argv, complaint);
	if (error ||
		(options->allocators_count == 0 && options->definitions_count == 0)) {
		struct complaint unused = {0};

		return error ? error : take_allocators(options, "libc", &unused);
	}
	complaint_what(complaint, "a prediction is made from libc alone");
	complaint_advise(
		complaint, "escalier run --predict -a libc,ALLOCATOR measures beside it");
	return -EINVAL;
}
