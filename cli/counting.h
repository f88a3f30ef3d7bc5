/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_COUNTING_H
#define CLI_COUNTING_H

#include "base/error.h"
#include "cli/words.h"
#include "core/check/slots.h"
#include "core/environment.h"
#include "core/measurement.h"
#include "core/plan.h"
#include "counters/counters.h"

/* Where the self-check's verdicts come from. */
enum self_check_use {
	SELF_CHECK_KEPT, /* from the cache as far as it has them, else anew */
	SELF_CHECK_ANEW,
	SELF_CHECK_NONE
};

/* What the command line says of counting: -g, -e, --counters, --scale. Texts point into
 * argv or into `words`. */
struct counter_request {
	const char *backend; /* by name; "auto" */
	struct {
		const char *text; /* a group's name or path, or a list of events */
		bool is_list;
	} groups[PLAN_NAMES];
	size_t groups_count;
	bool groups_asked;            /* their absence is a failure */
	bool backend_asked;           /* other than auto */
	struct counter_filter filter; /* whose instructions count */
	bool scaled; /* values that did not run all of a window are extrapolated */
	enum self_check_use check; /* without one the number of counters is not proved */
	bool survey; /* for the self-check: every group of the CPU where none is asked
			for, those too of which nothing counts here */
	struct words words;
};

/* What takes the options below: the target is the request. 0, or -EINVAL with the why of
 * the complaint. */
int counter_request_groups(void *request, const char *names, struct complaint *why);
int counter_request_events(void *request, const char *list, struct complaint *why);
int counter_request_backend(void *request, const char *name, struct complaint *why);
int counter_request_filter(void *request, const char *letters, struct complaint *why);
int counter_request_scale(void *request, const char *none, struct complaint *why);
int counter_request_self_check(void *request, const char *when, struct complaint *why);

/* Rows of the table of a command whose options begin with a counter_request, so that a
 * pointer to them points to it. */
#define COUNTER_OPTIONS                                                                  \
	{"groups", 'g', "LIST", "counter groups, a file each, or none (cache,tlb)",      \
		"names of groups or files ending in .txt, or none",                      \
		counter_request_groups},                                                 \
		{"events", 'e', "LIST", "events to count as a group of their own",       \
			"names of libpfm4 or perf, rNNNN, PMU/TERM=VALUE,.../",          \
			counter_request_events},                                         \
		{"scale", 0, NULL,                                                       \
			"extrapolate counts of a part of the time, and mark them", "",   \
			counter_request_scale},                                          \
		{"counters", 0, "NAME", "who counts (auto)",                             \
			"auto, perf, likwid, none, fake", counter_request_backend},      \
		{"check", 0, "WHEN", "self-check of the events at the start (kept)",     \
			"kept (made once a boot), anew, none",                           \
			counter_request_self_check},                                     \
	{                                                                                \
		"filter", 0, "LETTERS", "whose instructions count (u)",                  \
			"u user, k kernel, h hypervisor, H host, G guests, as uk",       \
			counter_request_filter                                           \
	}

/* Whether what was asked for can be together: 0, or -EINVAL with the complaint. */
int counter_request_check(
	const struct counter_request *request, struct complaint *complaint);

/* Who counts, and what of what was asked can be counted here. */
struct counting {
	const struct counter_backend *backend;
	struct counter_filter filter;
	struct group groups[PLAN_NAMES]; /* a group that is split is several */
	size_t groups_count;
	struct event_list events; /* of all groups; none in a survey */
	struct slots slots;       /* as proved; else all zero */
	bool partial;             /* something that was asked for by name is left out */
	char advice[256];         /* what to type against the environment's
				     counters_missing; may be empty */
};

enum { COUNTING_NONE_AVAILABLE = 1 };

/*
 * Chooses the backend, proves its counters, loads the groups for a CPU (-1 any), splits
 * those that ask for more counters than there are, opens each part once to learn what
 * counts, and leaves out those that cannot, with a note in the environment. 0;
 * COUNTING_NONE_AVAILABLE where counters were asked for and there are none, or -errno,
 * with the complaint (unknown backend or event, group file missing or wrong).
 * counting_advise_without tells beside the complaint's own advice how to go on without.
 */
int counting_choose(struct counting *counting, const struct counter_request *request,
	int cpu, struct environment *environment, struct complaint *complaint);
void counting_advise_without(struct complaint *complaint, const char *how);
void counting_release(struct counting *counting);

/* Says on stderr what will not be counted, before minutes are spent; nothing where that
 * was asked for. */
void counting_warn(const struct environment *environment);

#endif
