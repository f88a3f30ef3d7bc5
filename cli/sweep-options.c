/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/sweep-options.h"

#include "alloc/backend.h"
#include "base/cpus.h"
#include "base/number.h"
#include "cli/options.h"
#include "core/kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int split(struct sweep_options *options, const char *value, const char **names,
	size_t room, size_t *count, struct complaint *why)
{
	return words_split(&options->words, value, names, room, count, why);
}

static int take_kernels(void *target, const char *value, struct complaint *why)
{
	struct sweep_options *options = target;
	int error = split(options, value, options->plan.kernels, PLAN_NAMES,
		&options->plan.kernels_count, why);

	for (size_t i = 0; !error && i < options->plan.kernels_count; i++) {
		if (!kernel_find(options->plan.kernels[i])) {
			complaint_why(
				why, "there is no kernel %s", options->plan.kernels[i]);
			error = -EINVAL;
		}
	}
	return error;
}

static int take_backends(void *target, const char *value, struct complaint *why)
{
	struct sweep_options *options = target;
	struct plan_options *plan = &options->plan;
	int error = split(
		options, value, plan->backends, PLAN_NAMES, &plan->backends_count, why);

	for (size_t i = 0; !error && i < plan->backends_count; i++) {
		const struct memory_backend *backend = memory_find(plan->backends[i]);

		if (!backend) {
			complaint_why(why, "there is no backend %s", plan->backends[i]);
			return -EINVAL;
		}
		plan->backend_pages[i] = backend->page_bytes;
		plan->backend_pools[i] = backend->pool;
	}
	return error;
}

static int take_sizes(void *target, const char *value, struct complaint *why)
{
	struct sweep_options *options = target;
	const char *colon = strchr(value, ':');
	const char *names[512];
	size_t count;
	char low[32];

	if (colon) {
		if ((size_t)(colon - value) >= sizeof(low))
			return -EINVAL;
		(void)snprintf(low, sizeof(low), "%.*s", (int)(colon - value), value);
		if (number_parse_bytes(low, &options->plan.min_bytes) ||
			number_parse_bytes(colon + 1, &options->plan.max_bytes) ||
			options->plan.min_bytes == 0 || options->plan.max_bytes == 0) {
			complaint_why(why, "not a range of sizes");
			return -EINVAL;
		}
		options->plan.sizes_count = 0;
		return 0;
	}
	if (split(options, value, names, 512, &count, why))
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		if (number_parse_bytes(names[i], &options->sizes[i])) {
			complaint_why(why, "%s is not a size", names[i]);
			return -EINVAL;
		}
		if (i && options->sizes[i] <= options->sizes[i - 1]) {
			complaint_why(
				why, "sizes must ascend, and %s does not", names[i]);
			return -EINVAL;
		}
	}
	options->plan.sizes = options->sizes;
	options->plan.sizes_count = count;
	return 0;
}

static int take_strides(void *target, const char *value, struct complaint *why)
{
	struct sweep_options *options = target;
	const char *names[PLAN_NAMES];

	if (split(options, value, names, PLAN_NAMES, &options->plan.strides_count, why))
		return -EINVAL;
	for (size_t i = 0; i < options->plan.strides_count; i++) {
		uint64_t *stride = &options->strides[i];

		if (number_parse_bytes(names[i], stride) || *stride < 8 ||
			*stride % 8 != 0) {
			complaint_why(why, "%s is not a stride", names[i]);
			return -EINVAL;
		}
	}
	options->plan.strides = options->strides;
	return 0;
}

static int take_count(const char *value, uint64_t low, uint64_t high, unsigned *count)
{
	uint64_t number;

	if (number_parse_unsigned(value, &number) || number < low || number > high)
		return -EINVAL;
	*count = (unsigned)number;
	return 0;
}

static int take_per_octave(void *target, const char *value, struct complaint *why)
{
	struct sweep_options *options = target;
	(void)why;
	return take_count(value, 1, 64, &options->plan.per_octave);
}

static int take_windows(void *target, const char *value, struct complaint *why)
{
	struct sweep_options *options = target;
	(void)why;
	return take_count(value, 1, 256, &options->plan.windows);
}

static int take_window(void *target, const char *value, struct complaint *why)
{
	struct sweep_options *options = target;
	uint64_t ns;

	(void)why;
	if (number_parse_duration(value, &ns) || ns < 10000 || ns > 1000000000)
		return -EINVAL;
	options->plan.window_ns = ns;
	return 0;
}

static int take_rounds(void *target, const char *value, struct complaint *why)
{
	struct sweep_options *options = target;
	uint64_t low;
	uint64_t high;

	(void)why;
	if (number_parse_range(value, &low, &high) || low < 1 || high > 1000)
		return -EINVAL;
	options->plan.rounds_min = (unsigned)low;
	options->plan.rounds_max = (unsigned)high;
	return 0;
}

static int take_target(void *target, const char *value, struct complaint *why)
{
	struct sweep_options *options = target;
	(void)why;
	return number_parse_share(value, &options->plan.target);
}

static int take_budget(void *target, const char *value, struct complaint *why)
{
	struct sweep_options *options = target;
	(void)why;
	return number_parse_duration(value, &options->plan.budget_ns);
}

static int take_seed(void *target, const char *value, struct complaint *why)
{
	struct sweep_options *options = target;
	(void)why;
	return number_parse_unsigned(value, &options->plan.seed) ||
			       options->plan.seed > INT64_MAX
		       ? -EINVAL
		       : 0;
}

/* The numbers of a kernel list ("0-3,8"). */
static int take_numbers(const char *value, int *numbers, size_t *count)
{
	struct cpus set;

	if (cpus_parse(value, &set) || cpus_count(&set) > PLAN_PLACES)
		return -EINVAL;
	*count = 0;
	for (unsigned i = 0; i < CPUS_MAX; i++)
		if (cpus_has(&set, i))
			numbers[(*count)++] = (int)i;
	return 0;
}

static int take_cpu(void *target, const char *value, struct complaint *why)
{
	struct sweep_options *options = target;
	int numbers[PLAN_PLACES];

	(void)why;
	if (take_numbers(value, numbers, &options->cpus_count))
		return -EINVAL;
	for (size_t i = 0; i < options->cpus_count; i++)
		options->cpus[i] = (unsigned)numbers[i];
	return 0;
}

static int take_membind(void *target, const char *value, struct complaint *why)
{
	struct sweep_options *options = target;
	(void)why;
	return take_numbers(value, options->nodes, &options->nodes_count);
}

OPTION_TEXT(take_topology, struct sweep_options, topology)
OPTION_TEXT(take_output, struct sweep_options, output)
OPTION_FLAG(take_json, struct sweep_options, json)
OPTION_FLAG(take_quiet, struct sweep_options, quiet)
OPTION_FLAG(take_dry_run, struct sweep_options, dry_run)
OPTION_FLAG(take_quick, struct sweep_options, quick)
OPTION_FLAG(take_verify, struct sweep_options, verify)
OPTION_FLAG(take_no_reserve, struct sweep_options, no_reserve)
OPTION_FLAG(take_help, struct sweep_options, help)

static const struct option_row rows[] = {
	{"backends", 'b', "LIST", "memory under the buffer (small,thp,hugetlb-2m)",
		"libc, small, thp, hugetlb-2m, hugetlb-1g, hp, hp-firstfit, hp-bump",
		take_backends},
	{"kernels", 'k', "LIST", "access patterns (all: chase,strided,page-chase)",
		"chase, strided, page-chase", take_kernels},
	COUNTER_OPTIONS,
	{"sizes", 's', "LIST|LOW:HIGH", "buffer sizes, or their range (from the machine)",
		"sizes as 4K,64K,1.5M or a range as 4K:1G", take_sizes},
	{"per-octave", 0, "N", "sizes an octave; twice as many near capacities (4)",
		"1 to 64", take_per_octave},
	{"strides", 0, "LIST", "bytes from one read to the next (64)",
		"multiples of 8, as in 64,128", take_strides},
	{"cpu", 'C', "LIST", "CPUs to measure, one after the other (the last)",
		"CPU numbers, as in 0 or 0-3,8", take_cpu},
	{"membind", 'm', "LIST",
		"NUMA nodes of the memory (the local one, then each other)",
		"node numbers, as in 0 or 0,1", take_membind},
	{"rounds", 'r', "MIN[:MAX]", "repetitions, each with fresh memory (6:25)",
		"1 to 1000, as in 6 or 6:25", take_rounds},
	{"target", 0, "SHARE",
		"half-width of the interval that ends a size's rounds (2%)",
		"a share, as in 2% or 0.02", take_target},
	{"budget", 0, "TIME", "no new round after it, once MIN are done (150s)",
		"a duration, as in 90s or 3m", take_budget},
	{"windows", 0, "N", "windows a point, round and group (8)", "1 to 256",
		take_windows},
	{"window", 0, "TIME", "length of a window (1ms)", "10us to 1s", take_window},
	{"seed", 0, "N", "of the random cycles (from the system; recorded)",
		"0 to 9223372036854775807", take_seed},
	{"topology", 't', "WHAT", "plan for another machine; needs --dry-run",
		"an hwloc XML file or a synthetic description", take_topology},
	{"output", 'o', "DIR", "folder of the run (results/HOST/TIME)", "a new folder",
		take_output},
	{"no-reserve", 0, NULL, "leave the huge-page pools as they are", "",
		take_no_reserve},
	{"verify", 0, NULL, "prove every cycle before it is measured", "", take_verify},
	{"quick", 'q', NULL, "fewer sizes, rounds and windows: a first look", "",
		take_quick},
	{"dry-run", 'n', NULL, "print the plan and what it will take; measure nothing",
		"", take_dry_run},
	{"json", 0, NULL, "write windows.jsonl beside windows.csv", "", take_json},
	{"quiet", 0, NULL, "no progress, and only the report's place on stdout", "",
		take_quiet},
	{"help", 'h', NULL, "this text", "", take_help},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

void sweep_options_help(struct text *text)
{
	text_append(text,
		"Usage: escalier sweep [OPTION]...\n"
		"Measure the latency staircase of this machine: time per read over "
		"buffers of growing\nsize, for each kind of memory, with the "
		"hardware events that cause it.\n\n");
	options_help(rows, ROWS, text);
	text_append(text,
		"\nExit status: 0 success, 1 failure, 2 wrong usage, 3 something asked "
		"for could not be\nmeasured, 4 counters asked for and none available, "
		"128+n ended by signal n.\n");
}

static void set_defaults(struct sweep_options *options)
{
	struct complaint unused = {0};

	*options = (struct sweep_options){.counters = {.backend = "auto"}};
	options->plan.rounds_min = 6;
	options->plan.rounds_max = 25;
	options->plan.target = 0.02;
	options->plan.budget_ns = 150ull * 1000000000;
	options->plan.windows = 8;
	options->plan.window_ns = 1000000;
	(void)take_backends(options, "small,thp,hugetlb-2m", &unused);
	(void)take_kernels(options, "chase,strided,page-chase", &unused);
}

static void set_quick(struct sweep_options *options)
{
	options->plan.rounds_min = options->plan.rounds_max = 3;
	options->plan.windows = 4;
	options->plan.per_octave = 2;
}

/* Every CPU with every node that was named. */
static int combine_places(struct sweep_options *options, struct complaint *complaint)
{
	if (options->nodes_count && !options->cpus_count) {
		complaint_what(complaint, "--membind needs --cpu");
		complaint_why(complaint, "a node is read from some CPU");
		complaint_advise(complaint, "--cpu 0 --membind %d", options->nodes[0]);
		return -EINVAL;
	}
	for (size_t c = 0; c < options->cpus_count; c++) {
		for (size_t n = 0; n < (options->nodes_count ? options->nodes_count : 1);
			n++) {
			if (options->plan.places_count == PLAN_PLACES) {
				complaint_what(complaint,
					"--cpu and --membind name more than %d pairs",
					PLAN_PLACES);
				return -EINVAL;
			}
			options->places[options->plan.places_count++] =
				(struct place){options->cpus[c],
					options->nodes_count ? options->nodes[n] : -1};
		}
	}
	options->plan.places = options->places;
	return 0;
}

int sweep_options_parse(
	struct sweep_options *options, int argc, char **argv, struct complaint *complaint)
{
	int error;

	set_defaults(options);
	/* --quick is the set of defaults that the others then change, wherever it stands.
	 */
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--quick") == 0 || strcmp(argv[i], "-q") == 0)
			set_quick(options);
	error = options_parse(rows, ROWS, options, argc, argv, complaint);
	if (error)
		return error;
	if (counter_request_check(&options->counters, complaint))
		return -EINVAL;
	if (options->topology && !options->dry_run && !options->help) {
		complaint_what(complaint, "--topology needs --dry-run");
		complaint_why(
			complaint, "another machine can be planned for, not measured");
		return -EINVAL;
	}
	return combine_places(options, complaint);
}
