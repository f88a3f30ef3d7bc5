/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_COSTS_H
#define ANALYSIS_COSTS_H

#include "analysis/cost-terms.h"
#include "analysis/staircase.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the events of a session cost: cycles per read = base + sum of events x cost, by
 * non-negative least squares over the rounds of all sizes and backends, weighted by
 * 1/latency^2, so that relative errors count. Of kernels whose reads depend on each other
 * only: independent ones overlap, and their costs do not add up.
 *
 * R^2 says little, since DRAM dominates it; relative errors of what was held out judge a
 * fit.
 */
enum {
	COSTS_BACKENDS = 12,
	COSTS_KERNELS = 4,
	COSTS_SERIES = 32,
	COSTS_NAME = 64,
};

enum cost_state {
	COST_FITTED,
	COST_UNCOUNTED, /* by none of the session's groups */
	COST_ABSENT,    /* counted, and never one in a hundred reads */
	COST_ENTANGLED, /* comes with others always: `with` bears its cost */
};
#define COST_LEAST 0.01 /* events per read */

/* Costs of the terms, in cycles per event. */
struct cost_fit {
	struct cost_terms terms;
	enum cost_state states[COST_TERMS];
	enum cost_term with[COST_TERMS]; /* of entangled terms */
	double cycles[COST_TERMS];       /* 0 unless fitted */
	double most[COST_TERMS];         /* events per read, anywhere in the session */
};

/* Relative errors |model - measured| / measured of rounds. */
struct cost_errors {
	size_t rows;
	double median, p90, worst; /* NaN for no rows */
	double bias;               /* median of (model - measured) / measured */
	uint64_t worst_bytes;      /* where the worst was */
};

/* A fit without one backend, or kernel, judged on it. */
struct cost_held_out {
	char name[COSTS_NAME];
	struct cost_errors errors;
	/* Terms that it has and that the others do not tell, as bits by term. */
	unsigned untold;
};

enum costs_obstacle {
	COSTS_POSSIBLE,
	COSTS_NO_EVENTS,  /* nothing but time is counted */
	COSTS_NO_LATENCY, /* no kernel whose reads depend on each other */
	COSTS_TOO_FEW,    /* rounds that know all of the events */
};

struct costs {
	enum costs_obstacle obstacle; /* all else is 0 unless possible */
	struct cost_fit fit;
	unsigned
		cpu; /* the place that it is of, that of the session's first latencies: */
	int node;    /* memory of another node costs something else */
	bool cycles_counted;                      /* else time times the clock */
	double low[COST_TERMS], high[COST_TERMS]; /* 95 %, by bootstrap over rounds;
						     NaN below 2 rounds */
	double ns[COST_TERMS];                    /* at the clock of its events */
	double base_clock_ghz;                    /* of all rows */
	size_t rows, rounds, left_out;  /* rounds of sizes; that lack an event */
	double cycles_low, cycles_high; /* latencies that were fitted */
	double r_squared;
	struct cost_errors in_sample;
	struct cost_residual {
		const char *kernel, *backend; /* the dataset's */
		uint64_t stride;
		struct cost_errors errors;
	} series[COSTS_SERIES];
	size_t series_count;
	struct cost_held_out backends[COSTS_BACKENDS], kernels[COSTS_KERNELS];
	size_t backends_count, kernels_count;               /* 0 where there is but one */
	struct cost_errors without_backend, without_kernel; /* over all held out */
};

/* 0 or -ENOMEM. Where nothing can be fitted the obstacle says why. */
int costs_fit(struct costs *costs, const struct staircase *staircase);

/* What `fit` makes of another session's rounds. 0 or -ENOMEM. */
int costs_judge(const struct cost_fit *fit, const struct staircase *staircase,
	struct cost_errors *errors);

/* Cycles of the fitted terms. */
double cost_fit_cycles(const struct cost_fit *fit, const double events[COST_TERMS]);

/* Whether a series belongs to what costs are of: dependent reads, at the fit's place. */
bool costs_cover(const struct costs *costs, const struct series *series);

/* Whether the interval of a fitted term is too wide to say much: more than half the cost
 * to either side. */
bool costs_vague(const struct costs *costs, enum cost_term term);

/* Whether a term is to be listed: walks of huge pages are where they have a cost of their
 * own. */
bool costs_list(const struct costs *costs, enum cost_term term);

/* "no hardware events are counted", a clause; NULL for COSTS_POSSIBLE. */
const char *costs_obstacle_text(enum costs_obstacle obstacle);

#endif
