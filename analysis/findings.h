/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_FINDINGS_H
#define ANALYSIS_FINDINGS_H

#include "analysis/explanation.h"
#include "analysis/gain.h"
#include "analysis/levels.h"
#include "analysis/staircase.h"
#include "core/environment.h"
#include "topology/topology.h"

/* A run and what it says: what the summary and the figure are written from. */
struct findings {
	const struct environment *environment;
	const struct machine *machine;
	const struct staircase *staircase;
	/* The baseline's (else the first measured) series with the kernel whose time is a
	 * latency (else the first), at the first place and stride; NULL where nothing
	 * was measured. */
	const struct series *main_series;
	bool latency;          /* its kernel's reads depend on each other */
	struct levels *levels; /* of every series whose time is the latency of lines */
	size_t levels_count;
	const struct levels *main_levels; /* those of the main series; NULL none */
	struct gain gains[GAINS];         /* of the other backends over the main series */
	size_t gains_count;
	struct explanation explanation; /* by the events, where there are any */
	char headline[224]; /* what the run shows, in one clause; never empty */
};

/* 0 or -ENOMEM; borrows all that it is given. Release after success only. */
int findings_init(struct findings *findings, const struct environment *environment,
	const struct machine *machine, const struct staircase *staircase);
void findings_release(struct findings *findings);

/* Of reads of one line a page at the main series' place, on that backend's memory; NULL
 * where there are none, or they are the main series. */
const struct levels *findings_page_levels(
	const struct findings *findings, const char *backend);

enum { FINDINGS_NUMBER = 24 };
/* Three significant digits, "-" for NaN: for tables and labels. Returns text. */
char *findings_number(char text[FINDINGS_NUMBER], double value);

#endif
