/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COUNTERS_PMU_H
#define COUNTERS_PMU_H

#include "base/cpus.h"
#include "base/error.h"
#include "base/text.h"
#include "counters/counters.h"

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Private to counters/: the kernel's PMUs, from sysfs (/sys/bus/event_source/devices)
 * under a root that may be a recorded system's, and how an event's name becomes codes for
 * them.
 */
enum pmu_kind {
	PMU_CORE,   /* counts a core's own events for a thread; hybrids have several */
	PMU_SYSTEM, /* a unit that CPUs share: counts for all, from the CPUs of its
		       cpumask */
	PMU_OTHER,  /* software, tracepoints, ... */
};

struct pmu {
	char name[COUNTER_PMU_NAME];
	uint32_t type;
	enum pmu_kind kind;
	bool unread; /* only the name is known yet */
	/* Core: the CPUs of this type; all where sysfs does not say. System: the CPUs to
	 * open it on, one for each unit. */
	struct cpus cpus;
};

struct pmus {
	char root[128];
	struct pmu *list;
	size_t count;
	struct cpus online;
};

/*
 * Lists the PMUs and reads those of the cores: a big server has hundreds of others, which
 * few events need. 0 or -ENOMEM; a system without the folder has no PMU. `root` is put
 * before /sys.
 */
int pmus_load(struct pmus *pmus, const char *root);
void pmus_release(struct pmus *pmus);

/* Reads the rest. */
void pmus_read_all(struct pmus *pmus);

/* Among those that were read; NULL for none. */
const struct pmu *pmus_find_type(const struct pmus *pmus, uint32_t type);
size_t pmus_count_cores(const struct pmus *pmus);

/* Whether a PMU goes by this name: its own, or without the kernel's "uncore_" and the
 * number of the instance, so that "cha" is every uncore_cha_<n>. */
bool pmu_answers_to(const struct pmu *pmu, const char *name, size_t length);

/*
 * A term list of perf's syntax, "event=0x3c,umask=0x1" or a name under the PMU's events/,
 * as config words, by the PMU's format/. 0, or -errno with the complaint (-ENOENT for a
 * term or a name that the PMU does not have, which lists those it has).
 */
int pmu_encode_terms(const struct pmus *pmus, const struct pmu *pmu, const char *terms,
	struct event_code *code, struct complaint *complaint);

/* The names in a folder of the PMU's ("events", "format"), in order. */
typedef void visit_name(const char *name, void *context);
void pmu_each_name(const struct pmus *pmus, const struct pmu *pmu, const char *folder,
	visit_name *visit, void *context);

/* Appends a line for each event that sysfs lists and whose name holds the pattern, with
 * the terms it stands for: of the cores' PMUs, or of the one that answers to a name.
 * Returns how many. */
int pmus_list_events(
	struct pmus *pmus, const char *pattern, const char *pmu, struct text *text);

/* An event of a core's PMU that is called so, in whatever case, as "PMU/EVENT/". */
bool pmus_find_namesake(
	const struct pmus *pmus, const char *wanted, char *name, size_t size);

/* The bit of config1 by which an event asks to be readable in user space, where the PMU
 * (by name) wants to be asked: AArch64's do, by the format rdpmc. Else 0. */
uint64_t pmus_user_read_bit(const struct pmus *pmus, const char *pmu);

/* An event on one type of PMU: the same config for all of its units. */
enum { PART_UNITS = 160 };
struct event_part {
	char pmu[COUNTER_PMU_NAME]; /* without the instance's number where there are
				       several units */
	enum pmu_kind kind;
	struct event_code code;
	bool extended; /* the PMU's type is in the config's upper half */
	struct event_unit {
		uint32_t type;           /* for perf_event_open */
		uint32_t pmu;            /* the PMU's own, which may differ */
		const struct cpus *cpus; /* of the PMU; NULL: any */
	} units[PART_UNITS];
	size_t units_count;
};
struct event_parts {
	struct event_part parts[COUNTER_PARTS];
	size_t count;
	bool filtered; /* the name ends in perf's modifiers (":k") */
	struct counter_filter filter;
};

/*
 * Whether an Armv8 PMU tells by its registers PMCEIDn_EL0, of which the kernel makes the
 * list in sysfs, that it does not implement a common event (below 0x40; Arm ARM, D13.11).
 * A raw code of one is opened all the same, and stays 0. False for all that nothing is
 * known of.
 */
bool pmus_lack(const struct pmus *pmus, const struct event_part *part);

/*
 * Where the event is counted: on every type of core of a hybrid CPU where the name means
 * something on it, on every unit of a PMU that CPUs share. Names are those of
 * counters_encode, and perf's PMU/TERMS/; both may end in modifiers. 0, or -errno with
 * the complaint.
 */
int event_parts_find(struct event_parts *parts, struct pmus *pmus, const char *name,
	struct complaint *complaint);

/* The same; a name that means nothing here is looked up in libpfm4's table for `arch`. */
int event_parts_find_for(struct event_parts *parts, struct pmus *pmus, const char *arch,
	const char *name, struct complaint *complaint);

#endif
