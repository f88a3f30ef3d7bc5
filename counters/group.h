/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COUNTERS_GROUP_H
#define COUNTERS_GROUP_H

#include "base/error.h"
#include "base/text.h"

#include <stddef.h>
#include <stdint.h>

/*
 * A counter group as written in counters/groups/<arch>/NAME.txt, in LIKWID's group file
 * format:
 *
 *   SHORT <one line>
 *
 *   EVENTSET
 *   PMC0  <event>
 *
 *   METRICS
 *   <name, may hold spaces> <formula without spaces>
 *
 *   IDENTITY
 *   <name> <formula>=<formula> ~ <relative tolerance>
 *
 *   EXPECT
 *   <kernel> <formula> <low> <high>
 *
 *   LONG
 *   <free text, up to the end>
 *
 * An event is a name of libpfm4, one of perf's generic names, a raw "rNNNN" or
 * "pmu/term=value,.../": see counters_encode(). Formulas are over the group's counters,
 * READS (the kernel's accesses), WALL_NS and CPU_NS of the window and LIKWID's `time`
 * (seconds, the same as WALL_NS/1E9); those of EXPECT know INSTRUCTIONS, BRANCHES and
 * CYCLES too, what the kernel is known to take.
 *
 * IDENTITY and EXPECT are Escalier's own. LIKWID's reader leaves a section at the first
 * empty line and passes over what follows up to the next one that it knows, and so a line
 * outside of a section is an error here. `#` starts a comment line before LONG.
 */
enum {
	GROUP_EVENTS = 16,
	GROUP_METRICS = 16,
	GROUP_IDENTITIES = 8,
	GROUP_EXPECTATIONS = 48,
	EVENT_NAME = 112,
	METRIC_NAME = 64,
	FORMULA = 192,
	GROUP_NAME = 64,
	KERNEL_NAME = 32
};

struct event {
	char counter[16]; /* "PMC0": the variable in formulas */
	char name[EVENT_NAME];
};

struct metric {
	char name[METRIC_NAME]; /* analysis/ knows the fixed ones below by name */
	char formula[FORMULA];
};

/* Two formulas that must agree in every window: |left - right| <= tolerance * right. */
struct identity {
	char name[METRIC_NAME];
	char left[FORMULA];
	char right[FORMULA];
	double tolerance; /* a share, 0 to 1 */
};

/* What a kernel of the self-check with a known answer must give, both ends included. */
struct expectation {
	char kernel[KERNEL_NAME];
	char formula[FORMULA];
	double low;
	double high;
};

struct group {
	char name[GROUP_NAME]; /* file name without ".txt" */
	char arch[GROUP_NAME]; /* folder that it came from; empty for a file given by path
				*/
	char summary[160];     /* SHORT */
	struct event events[GROUP_EVENTS];
	size_t events_count;
	struct metric metrics[GROUP_METRICS];
	size_t metrics_count;
	struct identity identities[GROUP_IDENTITIES];
	size_t identities_count;
	struct expectation expectations[GROUP_EXPECTATIONS];
	size_t expectations_count;
	char *text; /* the whole file as read, for the record */
};

/*
 * Metric names with a meaning fixed for every CPU; a group offers those that its PMU can
 * tell. All are per read of the kernel unless a unit is named.
 */
#define METRIC_CYCLES "Cycles per read"
#define METRIC_INSTRUCTIONS "Instructions per read"
#define METRIC_CLOCK "Clock [GHz]"
#define METRIC_L1_MISSES "L1 misses per read"
#define METRIC_FROM_L2 "Reads served by L2"
#define METRIC_FROM_L3 "Reads served by L3"
#define METRIC_FROM_DRAM "Reads served by DRAM"
#define METRIC_LLC_MISSES "LLC misses per read"
#define METRIC_DTLB_L1_MISSES "L1 dTLB misses per read"
#define METRIC_DTLB_L2_HITS "L2 dTLB hits per read"
#define METRIC_PAGE_WALKS "Page walks per read"
#define METRIC_WALK_CYCLES "Page walk cycles per read"
#define METRIC_WALKER_FROM_L2 "Walker fills from L2 per read"
#define METRIC_WALKER_FROM_L3 "Walker fills from other caches per read"
#define METRIC_WALKER_FROM_DRAM "Walker fills from DRAM per read"
#define METRIC_WALKS_4K "Page walks for 4 KiB pages per read"
#define METRIC_WALKS_2M "Page walks for 2 MiB pages per read"
#define METRIC_WALKS_1G "Page walks for 1 GiB pages per read"

/* Parses a group. `where` names it in complaints. 0, or -EINVAL with the line in the
 * complaint, or -ENOMEM. Release after success only. */
int group_parse(struct group *group, const char *name, const char *text, size_t length,
	struct complaint *complaint);
void group_release(struct group *group);

/*
 * Finds and parses a group: `name` with a '/' or ending ".txt" is a path; else
 * <folder>/<arch>/<name>.txt, then <folder>/generic/<name>.txt. -ENOENT lists the names
 * that exist in the complaint's advice.
 */
int group_load(struct group *group, const char *folder, const char *arch,
	const char *name, struct complaint *complaint);

/* Appends the names of the groups that this arch has (its own, then generic), a line each
 * with the SHORT text and the folder; a bad file's line says what is wrong with it. */
int group_list(const char *folder, const char *arch, struct text *text);

/* Calls visit with the name of each group that this arch has, its own first; ends with
 * the first error. 0 or -errno. */
int group_each(const char *folder, const char *arch,
	int (*visit)(const char *name, void *context), void *context);

/* Calls visit with each arch that has a folder, by name; ends with the first error. 0 or
 * -errno. */
int group_each_arch(
	const char *folder, int (*visit)(const char *arch, void *context), void *context);

/*
 * Makes a group of a comma list of events, each with a metric "EVENT per read"; commas
 * between the slashes of PMU/TERMS/ belong to the event. 0; -EINVAL for a list that is
 * none; -errno of the first event that cannot be encoded, with the complaint of
 * counters_encode; -ENOMEM.
 */
int group_of_events(struct group *group, const char *name, const char *list,
	struct complaint *complaint);

/* Writes the group's text from its other parts and `notes` for LONG. 0 or -ENOMEM; the
 * text is the group's to release. */
int group_compose(struct group *group, const char *notes);

/* The text behind LONG; empty where there is none. */
const char *group_notes(const struct group *group);

/* The events whose counters a formula names, as bits by their index. */
uint32_t group_formula_events(const struct group *group, const char *formula);

/*
 * Evaluates a formula. Variables are looked up by name; a NaN among those used makes the
 * result NaN, as does a division by zero. 0; -EINVAL for a formula that does not parse;
 * -ENOENT for an unknown variable.
 */
struct variable {
	const char *name;
	double value;
};
int formula_evaluate(const char *formula, const struct variable *variables, size_t count,
	double *result);

/*
 * The same in two parts, for many evaluations: a formula's steps, operands before their
 * operators; then its value for variables that stand as they stood when it was compiled,
 * by position. A formula without steps has none: NaN. 0, the errors of formula_evaluate,
 * or -ENOMEM; release after success only.
 */
struct formula {
	struct formula_step {
		char operation;
		unsigned variable; /* position */
		double number;
	} * steps;
	size_t count;
};
int formula_compile(struct formula *formula, const char *text,
	const struct variable *variables, size_t count);
double formula_value(const struct formula *formula, const struct variable *variables);
void formula_release(struct formula *formula);

#endif
