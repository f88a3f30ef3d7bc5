/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_RUN_OPTIONS_H
#define CLI_RUN_OPTIONS_H

#include "base/cpus.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/counting.h"
#include "cli/words.h"
#include "core/trials.h"

#include <stdbool.h>
#include <stdint.h>

/* What the command line of `escalier run` says. Names point into argv or into `words`. */
struct run_options {
	struct counter_request counters; /* first, for COUNTER_OPTIONS */
	char **program; /* and its arguments; NULL where the command needs none */
	const char *allocators[TRIALS_ALLOCATORS];
	size_t allocators_count;
	const char *definitions[TRIALS_ALLOCATORS]; /* NAME=LIBRARY */
	size_t definitions_count;
	uint64_t rounds_min, rounds_max;
	uint64_t watched_rounds; /* those of them that are watched too, at most */
	uint64_t warm_ups;
	uint64_t budget_ns, timeout_ns, sample_ns;
	double target;
	struct cpus cpus;
	bool pinned; /* --cpu was given */
	const char *input, *prepare, *output;
	struct service service; /* load NULL: the program ends by itself */
	const char *ready;      /* command or port */
	const char *throughput; /* pattern */
	uint64_t reserve_bytes;
	struct words words;
	bool check_output, show_output;
	bool no_watch, no_trace;
	bool predict;      /* say beforehand what huge pages would change */
	bool predict_only; /* and measure nothing but the reference */
	const char *model; /* folder of a sweep; NULL: the newest */
	bool list;
	bool csv, json;
	bool perf, perf_csv; /* in the layouts of perf-stat(1) */
	bool quiet;
	bool help;
};

/* Fills the options from the arguments, defaults first. 0, or -EINVAL with the complaint:
 * which option, why, what is accepted. */
int run_options_parse(
	struct run_options *options, int argc, char **argv, struct complaint *complaint);

/* The same for `escalier predict`. */
int run_options_parse_predict(
	struct run_options *options, int argc, char **argv, struct complaint *complaint);

/* The help text of either command. */
void run_options_help(const struct run_options *options, struct text *text);

#endif
