/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_CORE_FAKE_PMU_H
#define TESTS_CORE_FAKE_PMU_H

#include "base/clock.h"
#include "base/random.h"
#include "core/check/known.h"
#include "counters/counters.h"

/*
 * A machine that does not exist, with a PMU that lies as told. Kernels with a known
 * answer run on it in no time: each adds what really happens to the totals below, with
 * the noise of a busy machine where that is asked for, and its PMU shows those totals
 * through slots, faults and all.
 */
enum happening {
	H_CYCLES,
	H_INSTRUCTIONS,
	H_BRANCHES,
	H_FILLS, /* of L1, from anywhere: the sum of the next three */
	H_FROM_L2,
	H_FROM_L3,
	H_FROM_DRAM,
	H_DTLB_MISSES, /* of the first level: the sum of the next two */
	H_TLB_HITS,
	H_WALKS,
	H_FAULTS,
	H_MAJOR_FAULTS,
	H_SWITCHES,
	H_MIGRATIONS,
	HAPPENINGS
};

enum pmu_fault {
	FAULT_NONE,
	FAULT_DEAD_SLOT,    /* `slot` reads 0 and says that it ran */
	FAULT_TAKEN_SLOT,   /* the same from the reading `from` up to `until` */
	FAULT_DEAD_EVENT,   /* `event` never counts */
	FAULT_DOUBLED,      /* `event` counts twice as many */
	FAULT_CONSTANT,     /* `event` grows by `amount` at each reading */
	FAULT_SATURATED,    /* `event` stops at `amount` */
	FAULT_WRAPPED,      /* `event` comes back to 0 every `amount` */
	FAULT_SWAPPED,      /* `event` counts what `other` does, and the reverse */
	FAULT_MULTIPLEXED,  /* nothing is on its counter for more than a half */
	FAULT_NOT_TOGETHER, /* the kernel takes a full group, and never runs it */
	FAULTS
};

enum { PMU_SLOTS = 8 };

struct fake_pmu {
	size_t slots; /* that the kernel hands out */
	enum pmu_fault fault;
	enum happening event, other;
	size_t slot;
	double amount;
	uint64_t from, until;

	double reading; /* branches that a reading takes, of six instructions each */
	bool busy;      /* noise of a machine that others use too */
	struct random random;
	double totals[HAPPENINGS];
	uint64_t readings;
	struct pmu_slot {
		enum happening happening;
		double last, count;
	} slot_states[PMU_SLOTS];
	bool absent[KNOWN_KERNELS]; /* by the order of known_kernels */
	/* Of a busy machine, drawn anew by fake_pmu_disturb: the share of reads that
	 * neighbours take from a level. */
	double lost_l1, lost_l2, lost_l3, lost_tlb;
};

/* Installs it behind the fake backend and the kernels below. It outlives its use. */
void fake_pmu_install(struct fake_pmu *pmu, uint64_t seed);

/* Another minute on a busy machine. */
void fake_pmu_disturb(struct fake_pmu *pmu);

extern const struct clocks fake_pmu_clocks;
extern const struct known_kernel *fake_kernels[]; /* ends with NULL */
void fake_loop(uint64_t turns);

/* The happening that an event's name stands for; -1 none. */
int fake_happening(const char *event);

#endif
