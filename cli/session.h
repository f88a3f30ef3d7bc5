/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "analysis/comparison.h"
#include "analysis/staircase.h"
#include "base/error.h"
#include "core/environment.h"
#include "core/record.h"
#include "counters/group.h"
#include "topology/topology.h"

#include <limits.h>
#include <stddef.h>

/* A sweep as read from its folder, condensed. */
struct session {
	struct environment environment;
	struct machine machine;
	struct records windows; /* the names and events that the raw file has, no rows */
	struct session_groups {
		struct group *groups;
		size_t count;
	} groups;
	struct staircase staircase;
};

/* 0, or -errno with the complaint; release after success only. */
int session_load(
	struct session *session, const char *folder, struct complaint *complaint);
void session_release(struct session *session);

/* What a run of any kind kept of its circumstances. As above, but nothing is to be
 * released. */
int session_load_environment(
	struct environment *environment, const char *folder, struct complaint *complaint);

/* comparison_build(), with words for what can be wrong with the folder. */
int session_compare_executions(struct comparison *comparison,
	const struct records *executions, const struct environment *environment,
	const struct session_groups *groups, const char *folder,
	struct complaint *complaint);

/* The groups that a run of any kind kept in its folder, by its environment. As above. */
int session_load_groups(struct session_groups *groups,
	const struct environment *environment, const char *folder,
	struct complaint *complaint);
void session_release_groups(struct session_groups *groups);

/* As above; release with topology_release. */
int session_load_machine(
	struct machine *machine, const char *folder, struct complaint *complaint);

/* A file of the folder. 0, or -ENAMETOOLONG with the complaint. */
int session_path(char path[PATH_MAX], const char *folder, const char *name,
	struct complaint *complaint);

#endif
