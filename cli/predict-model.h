/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_PREDICT_MODEL_H
#define CLI_PREDICT_MODEL_H

#include "analysis/prediction-model.h"
#include "core/environment.h"
#include "topology/topology.h"

/* In the folder of a run. */
#define MODEL_FILE "model.json"

/*
 * What predictions need of this machine: the costs of page faults, measured now, and a
 * sweep: the one in `folder`, or for NULL the newest of this machine below results/ that
 * tells of small and huge pages, and none where there is none. 0, or -errno with the
 * complaint: a folder that cannot be read, tells nothing of huge pages, or is of another
 * machine.
 */
int predict_model_make(struct prediction_model *model, const char *folder,
	const struct machine *machine, struct complaint *complaint);

/* To, and from, the folder of a run. 0 or -errno with the complaint; -ENOENT: it has
 * none. */
int predict_model_write(const struct prediction_model *model, const char *folder,
	struct complaint *complaint);
int predict_model_read(
	struct prediction_model *model, const char *folder, struct complaint *complaint);

/* Appends the pairs of a run's folder to the history. 0 or -errno with the complaint. */
int predict_history_append(
	const char *folder, const char *history, struct complaint *complaint);

#endif
