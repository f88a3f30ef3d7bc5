/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_SWEEP_OPTIONS_H
#define CLI_SWEEP_OPTIONS_H

#include "base/error.h"
#include "base/text.h"
#include "cli/counting.h"
#include "cli/words.h"
#include "core/plan.h"
#include "counters/counters.h"

#include <stdbool.h>

/* What the command line of `escalier sweep` says. Names point into argv or into
 * `words`. */
struct sweep_options {
	struct counter_request counters; /* first, for COUNTER_OPTIONS */
	struct plan_options plan;
	uint64_t sizes[512];
	uint64_t strides[PLAN_NAMES];
	unsigned cpus[PLAN_PLACES];
	size_t cpus_count;
	int nodes[PLAN_PLACES];
	size_t nodes_count;
	struct place places[PLAN_PLACES];
	struct words words; /* of the split lists */
	const char *topology;
	const char *output; /* folder of the run; NULL: chosen */
	bool json;
	bool quiet;
	bool dry_run;
	bool quick;
	bool verify;
	bool no_reserve;
	bool help;
};

/* Fills the options from the arguments, defaults first. 0, or -EINVAL with the complaint:
 * which option, why, what is accepted. */
int sweep_options_parse(struct sweep_options *options, int argc, char **argv,
	struct complaint *complaint);

/* The help text. */
void sweep_options_help(struct text *text);

#endif
