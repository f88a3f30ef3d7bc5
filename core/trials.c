/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/trials.h"

#include "base/clock.h"
#include "core/statistics.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { POOLS_MAX = 8 };

struct trials {
	const struct trials_setup *setup;
	struct trials_outcome *outcome;
	struct complaint *complaint;
	uint64_t started_ns;
	double *wall_ns; /* allocators x rounds_max; NaN where there is no time */
	uint64_t round;
	/* Of the execution at hand. */
	struct execution execution;
	double anonymous_sum, huge_sum;
	uint64_t pools_before[POOLS_MAX]; /* bytes available */
};

static bool stopped(const struct trials *trials)
{
	return trials->setup->stop && *trials->setup->stop;
}

static uint64_t available_bytes(const struct pool *pool)
{
	uint64_t pages;

	return pool_available(pool, &pages) ? 0 : pages * pool->page_bytes;
}

static void keep_larger(uint64_t *peak, uint64_t value)
{
	if (value > *peak)
		*peak = value;
}

static void on_sample(void *context, uint64_t elapsed_ns, const struct process_tree *tree)
{
	struct trials *trials = context;
	struct execution *execution = &trials->execution;
	struct memory_sample sample = {.allocator = execution->allocator,
		.round = execution->round,
		.elapsed_ns = elapsed_ns};
	const struct process_memory *memory = &sample.memory;
	const struct process_pages *pages = &sample.pages;
	uint64_t taken = 0;

	process_memory_read("", tree, &sample.memory);
	process_pages_read("", tree, &sample.pages);
	for (size_t i = 0; i < trials->setup->pools_count && i < POOLS_MAX; i++) {
		uint64_t now = available_bytes(&trials->setup->pools[i]);

		if (now < trials->pools_before[i])
			taken += trials->pools_before[i] - now;
	}
	keep_larger(&execution->peak_memory_bytes,
		memory->resident_bytes + memory->hugetlb_bytes);
	keep_larger(&execution->peak_hugetlb_bytes, memory->hugetlb_bytes);
	keep_larger(&execution->peak_anonymous_bytes, pages->anonymous_bytes);
	keep_larger(&execution->peak_huge_bytes, pages->huge_bytes);
	keep_larger(&execution->peak_processes, memory->processes);
	keep_larger(&execution->peak_threads, memory->threads);
	keep_larger(&execution->pool_bytes, taken);
	trials->anonymous_sum += (double)pages->anonymous_bytes;
	trials->huge_sum += (double)pages->huge_bytes;
	trials->setup->sample(trials->setup->context, &sample);
}

/* The files of one execution: descriptors, -1 for the caller's own. */
struct files {
	int input, output, error;
};

static int open_temporary(void)
{
	const char *folder = getenv("TMPDIR");
	char path[] = "/tmp/escalier-XXXXXX";
	int fd = open(folder && *folder ? folder : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC,
		0600);

	if (fd >= 0)
		return fd;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		(void)unlink(path);
	return fd;
}

static void close_files(const struct files *files)
{
	if (files->input >= 0)
		(void)close(files->input);
	if (files->output >= 0)
		(void)close(files->output);
	if (files->error >= 0)
		(void)close(files->error);
}

static int open_files(const struct trials_setup *setup, struct files *files,
	struct complaint *complaint)
{
	const char *input = setup->input ? setup->input : "/dev/null";

	*files = (struct files){.output = -1, .error = -1};
	files->input = open(input, O_RDONLY | O_CLOEXEC);
	if (files->input < 0) {
		complaint_what(complaint, "cannot read %.200s", input);
		complaint_why(complaint, "%s", strerror(errno));
		return -ECANCELED;
	}
	if (setup->check_output)
		files->output = open_temporary();
	else if (!setup->show_output)
		files->output = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (!setup->show_output)
		files->error = open_temporary();
	if ((files->output < 0 && (setup->check_output || !setup->show_output)) ||
		(files->error < 0 && !setup->show_output)) {
		complaint_what(complaint, "no file for the program's output");
		complaint_why(complaint, "%s", strerror(errno));
		close_files(files);
		return -ECANCELED;
	}
	return 0;
}

/* FNV-1a, 64 bits: public domain, by G. Fowler, L. C. Noll and K.-P. Vo. */
static void take_digest(int fd, struct execution *execution)
{
	unsigned char bytes[65536];
	uint64_t digest = 0xcbf29ce484222325u;
	off_t offset = 0;
	ssize_t length;

	while ((length = pread(fd, bytes, sizeof(bytes), offset)) > 0) {
		for (ssize_t i = 0; i < length; i++)
			digest = (digest ^ bytes[i]) * 0x100000001b3u;
		offset += length;
	}
	execution->output_bytes = (uint64_t)offset;
	/* Readers that know numbers as doubles only keep 53 bits. */
	execution->output_digest = digest & ((1ull << 53) - 1);
}

/* The last line that the program wrote to its standard error: why it failed, as a rule.
 */
static void take_last_words(int fd, struct execution *execution)
{
	char bytes[RECORD_TEXT];
	off_t end = lseek(fd, 0, SEEK_END);
	off_t from = end > (off_t)sizeof(bytes) - 1 ? end - (off_t)sizeof(bytes) + 1 : 0;
	ssize_t length = end > 0 ? pread(fd, bytes, sizeof(bytes) - 1, from) : 0;
	char *line;

	if (length <= 0)
		return;
	while (length > 0 && (bytes[length - 1] == '\n' || bytes[length - 1] == '\0'))
		length--;
	bytes[length] = '\0';
	line = strrchr(bytes, '\n');
	(void)snprintf(execution->error, sizeof(execution->error), "%s",
		line ? line + 1 : bytes);
}

static const char *end_name(enum program_end end)
{
	static const char *const names[] = {[PROGRAM_EXITED] = "exit",
		[PROGRAM_SIGNALED] = "signal",
		[PROGRAM_TIMED_OUT] = "timeout",
		[PROGRAM_STOPPED] = "stopped",
		[PROGRAM_UNREADY] = "unready",
		[PROGRAM_LOAD_FAILED] = "load"};

	return names[end];
}

static void take_outcome(struct trials *trials, const struct program_outcome *outcome)
{
	struct execution *execution = &trials->execution;

	execution->end = end_name(outcome->end);
	execution->code = outcome->code;
	execution->wall_ns = outcome->wall_ns;
	execution->throughput = outcome->throughput;
	execution->user_ns = outcome->user_ns;
	execution->system_ns = outcome->system_ns;
	execution->stolen_ns = outcome->stolen_ns;
	execution->minor_faults = outcome->minor_faults;
	execution->major_faults = outcome->major_faults;
	execution->voluntary_switches = outcome->voluntary_switches;
	execution->involuntary_switches = outcome->involuntary_switches;
	execution->peak_resident_bytes = outcome->peak_resident_bytes;
	execution->left_behind = outcome->left_behind;
	execution->huge_share =
		trials->anonymous_sum > 0 ? trials->huge_sum / trials->anonymous_sum : 0;
}

static void take_values(struct trials *trials, const struct group *group,
	const struct program_outcome *outcome)
{
	for (size_t i = 0; group && i < group->events_count; i++) {
		int column =
			event_list_find(trials->setup->events, group->events[i].name);

		if (column >= 0)
			trials->execution.values[column] = outcome->values[i];
	}
}

static int prepare(const struct trials *trials)
{
	const char *command = trials->setup->prepare;
	const char *arguments[] = {"sh", "-c", command, NULL};
	const struct program_setup shell = {
		.launch = {.arguments = (char *const *)(uintptr_t)arguments,
			.environment = trials->setup->environment,
			.input = -1,
			.output = STDERR_FILENO,
			.error = -1},
		.watch = {.stop = trials->setup->stop},
	};
	struct program_outcome outcome;
	int error;

	if (!command)
		return 0;
	error = program_run(&shell, &outcome, trials->complaint);
	if (error || program_exit_code(&outcome) == 0)
		return error;
	complaint_what(trials->complaint, "the command of --prepare failed");
	complaint_why(trials->complaint, "status %d of: %.200s",
		program_exit_code(&outcome), command);
	return -ECANCELED;
}

static int execute(struct trials *trials, const struct program_allocator *allocator,
	bool watched, const struct group *group)
{
	const struct trials_setup *setup = trials->setup;
	struct program_outcome outcome;
	struct program_setup program = {.service = setup->service,
		.launch = {.arguments = setup->arguments, .cpus = setup->cpus},
		.watch = {.timeout_ns = setup->timeout_ns,
			.stop = setup->stop,
			.context = trials}};
	struct files files;
	int error = prepare(trials);

	if (!error)
		error = open_files(setup, &files, trials->complaint);
	if (error)
		return error;
	if (watched) {
		program.counters = group ? setup->counters : NULL;
		program.group = group;
		program.filter = setup->filter;
		program.watch.sample = on_sample;
		program.watch.sample_ns = setup->sample_ns;
	}
	program.launch.input = files.input;
	program.launch.output = files.output;
	program.launch.error = files.error;
	program.launch.environment = allocator_environment(allocator, setup->environment);
	for (size_t i = 0; i < setup->pools_count && i < POOLS_MAX; i++)
		trials->pools_before[i] = available_bytes(&setup->pools[i]);
	trials->anonymous_sum = trials->huge_sum = 0;
	if (program.launch.environment)
		error = program_run(&program, &outcome, trials->complaint);
	else
		error = -ENOMEM;
	free((void *)(uintptr_t)program.launch.environment);
	if (!error) {
		if (allocator == setup->allocators && trials->round == 0)
			trials->outcome->first_code = program_exit_code(&outcome);
		take_outcome(trials, &outcome);
		take_values(trials, group, &outcome);
		if (setup->check_output)
			take_digest(files.output, &trials->execution);
		if (files.error >= 0 &&
			(outcome.end != PROGRAM_EXITED || outcome.code != 0))
			take_last_words(files.error, &trials->execution);
	}
	close_files(&files);
	return error;
}

static bool has_time(const struct execution *execution)
{
	return strcmp(execution->end, "exit") == 0;
}

static int record(struct trials *trials, size_t allocator, bool watched)
{
	const struct trials_setup *setup = trials->setup;
	const struct group *group =
		watched && setup->groups_count
			? &setup->groups[trials->round % setup->groups_count]
			: NULL;
	int error;

	trials->execution = (struct execution){
		.allocator = setup->allocators[allocator].name,
		.kind = watched ? EXECUTION_WATCHED : EXECUTION_TIMED,
		.group = group ? group->name : "",
		.round = trials->round,
	};
	error = execute(trials, &setup->allocators[allocator], watched, group);
	if (error)
		return error;
	if (watched != setup->timed && has_time(&trials->execution))
		trials->wall_ns[allocator * setup->rounds_max + trials->round] =
			(double)trials->execution.wall_ns;
	return setup->write(setup->context, &trials->execution);
}

/* One kind of execution under every allocator. */
static int run_kind(struct trials *trials, bool watched)
{
	const struct trials_setup *setup = trials->setup;

	for (size_t i = 0; i < setup->allocators_count; i++) {
		/* The reference stays the first one of all. */
		size_t allocator = (i + trials->round) % setup->allocators_count;
		int error;

		if (stopped(trials))
			return 0;
		if (setup->progress)
			setup->progress(setup->context,
				&(struct execution){
					.allocator = setup->allocators[allocator].name},
				trials->round, i, setup->allocators_count);
		error = record(trials, allocator, watched);
		if (error)
			return error;
	}
	return 0;
}

/* The timed executions follow each other: how fast a machine is changes from second to
 * second, and by less between neighbours. */
static int run_round(struct trials *trials)
{
	const struct trials_setup *setup = trials->setup;
	int error = setup->timed ? run_kind(trials, false) : 0;

	if (!error && setup->watched && trials->round < setup->watched_rounds)
		error = run_kind(trials, true);
	return error;
}

/* Whether the interval of an allocator's time to the reference's is narrow enough; one
 * that gives no pair of times does not hold the rounds back. */
static bool is_known(const struct trials *trials, size_t allocator, double *sample)
{
	const struct trials_setup *setup = trials->setup;
	const double *reference = trials->wall_ns;
	const double *other = trials->wall_ns + allocator * setup->rounds_max;
	size_t count = 0;
	double low;
	double high;

	for (uint64_t i = 0; i <= trials->round; i++) {
		double ratio = log(other[i] / reference[i]);

		if (!isnan(ratio))
			sample[count++] = ratio;
	}
	if (count == 0)
		return true;
	statistics_sort(sample, count);
	return statistics_median_interval(sample, count, 0.95, &low, &high) >= 0.95 &&
	       high - low <= 2 * setup->target;
}

static bool all_known(const struct trials *trials, double *sample)
{
	for (size_t i = 1; i < trials->setup->allocators_count; i++)
		if (!is_known(trials, i, sample))
			return false;
	return true;
}

static int run_rounds(struct trials *trials, double *sample)
{
	const struct trials_setup *setup = trials->setup;

	for (; trials->round < setup->rounds_max; trials->round++) {
		int error;

		if (trials->round >= setup->rounds_min &&
			(trials->outcome->converged ||
				clocks_system.wall_ns() - trials->started_ns >=
					setup->budget_ns))
			break;
		error = run_round(trials);
		if (error)
			return error;
		if (stopped(trials)) {
			trials->outcome->interrupted = true;
			break;
		}
		trials->outcome->rounds_done = trials->round + 1;
		trials->outcome->converged = all_known(trials, sample);
	}
	return 0;
}

static int run_unrecorded(struct trials *trials)
{
	const struct trials_setup *setup = trials->setup;
	int error = 0;

	trials->execution = (struct execution){.allocator = ""};
	if (setup->tracer)
		error = execute(trials, setup->tracer, false, NULL);
	for (uint64_t i = 0; i < setup->warm_ups && !error && !stopped(trials); i++) {
		trials->execution = (struct execution){.allocator = ""};
		error = execute(trials, &setup->allocators[0], false, NULL);
	}
	return error;
}

int trials_run(const struct trials_setup *setup, struct trials_outcome *outcome,
	struct complaint *complaint)
{
	struct trials trials = {.setup = setup,
		.outcome = outcome,
		.complaint = complaint,
		.started_ns = clocks_system.wall_ns()};
	size_t cells = setup->allocators_count * setup->rounds_max;
	double *sample = calloc(setup->rounds_max, sizeof(*sample));
	int error = 0;

	*outcome = (struct trials_outcome){0};
	trials.wall_ns = calloc(cells, sizeof(*trials.wall_ns));
	if (!sample || !trials.wall_ns) {
		complaint_what(complaint, "not enough memory for the rounds");
		error = -ENOMEM;
		goto out;
	}
	for (size_t i = 0; i < cells; i++)
		trials.wall_ns[i] = NAN;
	error = run_unrecorded(&trials);
	if (!error)
		error = run_rounds(&trials, sample);
out:
	free(trials.wall_ns);
	free(sample);
	return error;
}
