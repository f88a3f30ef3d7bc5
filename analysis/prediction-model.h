/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_PREDICTION_MODEL_H
#define ANALYSIS_PREDICTION_MODEL_H

#include "analysis/explanation.h"
#include "base/error.h"
#include "base/text.h"
#include "core/page-costs.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a prediction knows of the machine: what page faults cost, and from a sweep how
 * much a read costs on small pages and on huge ones, by the size of what is read. Kept as
 * model.json in the folder of the run that it predicts.
 */
enum { MODEL_SIZES = 128, MODEL_TEXT = 256 };

struct model_size {
	uint64_t bytes;
	double small_ns, huge_ns; /* a dependent read in a random order, of every line */
	/* Of one line a page, so that translation is most of it; NaN: not swept. */
	double small_page_ns, huge_page_ns;
	/* Cycles of it that events of translation cost; NaN where they are not told. */
	double small_walk_cycles, huge_walk_cycles;
};

struct prediction_model {
	char host[64], cpu_model[MACHINE_TEXT];
	struct page_costs pages;
	char sweep[MODEL_TEXT];               /* folder; empty: none, and no sizes */
	struct model_size sizes[MODEL_SIZES]; /* by bytes */
	size_t sizes_count;
	double cycles[COST_TERMS]; /* of the terms that were fitted; 0 else */
	bool walks; /* walks were counted in the sweep, and their cost fitted */
};

/* Takes what a sweep tells: of the kernel whose reads depend on each other, one series on
 * small pages and one on huge ones, by what the windows obtained. 0; -ENODATA, with why
 * in the complaint, where it has no such pair. */
int prediction_model_add_sweep(struct prediction_model *model,
	const struct explanation *explanation, const char *folder,
	struct complaint *complaint);

/* Between the sizes beside it; NaN members outside of those measured. */
struct model_size prediction_model_at(const struct prediction_model *model, double bytes);

/* Which part of a read's time huge pages save at that size, 0 to 1: of reads of every
 * line, or of one line a page. Made monotone over sizes, for a noisy one is no reason why
 * a larger heap should gain less. NaN where it was not swept. */
double prediction_model_gain(
	const struct prediction_model *model, bool per_page, double bytes);

/* 0 or -ENOMEM. */
int prediction_model_print_json(const struct prediction_model *model, struct text *text);
/* 0, or -EINVAL with the complaint. Unknown keys are passed over. */
int prediction_model_parse(
	struct prediction_model *model, const char *json, struct complaint *complaint);

#endif
