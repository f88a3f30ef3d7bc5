/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/core/fake-pmu.h"

#include "core/check/counted-loop.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* Behind a table of functions without a context stands one machine. */
static struct fake_pmu *installed;
static uint64_t wall_ns, cpu_ns, switches;

/* Several names for one thing: perf's, those of the group files, and plain ones. */
static const struct {
	const char *name;
	enum happening happening;
} events[] = {
	{"perf::CYCLES", H_CYCLES},
	{"CYCLES_NOT_IN_HALT", H_CYCLES},
	{"perf::INSTRUCTIONS", H_INSTRUCTIONS},
	{"RETIRED_INSTRUCTIONS", H_INSTRUCTIONS},
	{"perf::BRANCH-INSTRUCTIONS", H_BRANCHES},
	{"FILLS", H_FILLS},
	{"FROM_L2", H_FROM_L2},
	{"FROM_L3", H_FROM_L3},
	{"FROM_DRAM", H_FROM_DRAM},
	{"DTLB_MISSES", H_DTLB_MISSES},
	{"TLB_HITS", H_TLB_HITS},
	{"WALKS", H_WALKS},
	{"perf::PAGE-FAULTS", H_FAULTS},
	{"perf::MINOR-FAULTS", H_FAULTS},
	{"perf::MAJOR-FAULTS", H_MAJOR_FAULTS},
	{"perf::CONTEXT-SWITCHES", H_SWITCHES},
	{"perf::CPU-MIGRATIONS", H_MIGRATIONS},
};

int fake_happening(const char *event)
{
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (strcmp(events[i].name, event) == 0)
			return (int)events[i].happening;
	return -1;
}

static double uniform(void)
{
	return (double)(random_next(&installed->random) >> 11) / 9007199254740992.0;
}

/* Around 1, by about that share: the sum of a few uniform numbers. */
static double jitter(double share)
{
	double sum = 0;

	if (!installed->busy)
		return 1;
	for (int i = 0; i < 6; i++)
		sum += uniform() - 0.5;
	return fmax(0, 1 + share * sum / 0.7);
}

static bool is_software(enum happening happening)
{
	return happening >= H_FAULTS;
}

static int fake_open(
	void *context, const struct group *group, struct counter_event_status *status)
{
	struct fake_pmu *pmu = context;
	size_t taken = 0;
	size_t opened = 0;

	for (size_t i = 0; i < group->events_count; i++) {
		int happening = fake_happening(group->events[i].name);
		bool hardware = happening >= 0 && !is_software((enum happening)happening);

		if (happening < 0)
			status[i].error = -ENOENT;
		else if (hardware && taken == pmu->slots)
			status[i].error = -ENOSPC;
		taken += hardware && !status[i].error;
		opened += !status[i].error;
	}
	return opened ? 0 : -ENOENT;
}

static double shown(const struct fake_pmu *pmu, enum happening happening)
{
	double total = pmu->totals[happening];

	if (pmu->fault == FAULT_SWAPPED && happening == pmu->event)
		return pmu->totals[pmu->other];
	if (pmu->fault == FAULT_SWAPPED && happening == pmu->other)
		return pmu->totals[pmu->event];
	if (happening != pmu->event)
		return total;
	switch (pmu->fault) {
	case FAULT_DEAD_EVENT:
		return 0;
	case FAULT_DOUBLED:
		return 2 * total;
	case FAULT_CONSTANT:
		return pmu->amount * (double)pmu->readings;
	case FAULT_SATURATED:
		return fmin(total, pmu->amount);
	case FAULT_WRAPPED:
		return fmod(total, pmu->amount);
	default:
		return total;
	}
}

static bool slot_dead(const struct fake_pmu *pmu, size_t slot)
{
	if (slot != pmu->slot)
		return false;
	return pmu->fault == FAULT_DEAD_SLOT ||
	       (pmu->fault == FAULT_TAKEN_SLOT && pmu->readings >= pmu->from &&
		       pmu->readings < pmu->until);
}

/* A dead slot keeps what it had: what happens meanwhile is lost to it. */
static double count_slot(struct fake_pmu *pmu, size_t slot, enum happening happening)
{
	struct pmu_slot *s = &pmu->slot_states[slot];
	double now = shown(pmu, happening);

	if (s->happening == happening && !slot_dead(pmu, slot))
		s->count += now - s->last;
	s->happening = happening;
	s->last = now;
	return s->count;
}

static size_t count_hardware(const struct group *group)
{
	size_t count = 0;

	for (size_t i = 0; i < group->events_count; i++) {
		int happening = fake_happening(group->events[i].name);

		count += happening >= 0 && !is_software((enum happening)happening);
	}
	return count;
}

static void fake_read(
	void *context, const struct group *group, struct counter_value *values)
{
	struct fake_pmu *pmu = context;
	const bool full = count_hardware(group) >= pmu->slots;
	size_t slot = 0;

	pmu->readings++;
	for (size_t i = 0; i < group->events_count; i++) {
		int found = fake_happening(group->events[i].name);
		bool hardware = found >= 0 && !is_software((enum happening)found);
		double share = 1;
		double count;

		if (found < 0 || (hardware && slot == pmu->slots))
			continue;
		if (hardware && pmu->fault == FAULT_MULTIPLEXED)
			share = 0.5;
		if (hardware && pmu->fault == FAULT_NOT_TOGETHER && full)
			share = 0;
		count = hardware ? count_slot(pmu, slot, (enum happening)found)
				 : shown(pmu, (enum happening)found);
		values[i] = (struct counter_value){
			.count = (uint64_t)(int64_t)(count * share),
			.enabled_ns = wall_ns,
			.running_ns = (uint64_t)((double)wall_ns * share),
		};
		slot += hardware;
	}
	pmu->totals[H_BRANCHES] += pmu->reading;
	pmu->totals[H_INSTRUCTIONS] += 6 * pmu->reading;
}

/* What runs takes time, and adds to what happens. */
static void pass(double cycles, double instructions, double branches)
{
	const bool taken_off = installed->busy && uniform() < 0.12;
	const double ghz = 2.6 * jitter(0.05);
	const uint64_t ns = (uint64_t)(cycles / ghz);

	installed->totals[H_CYCLES] += cycles;
	/* An interrupt is an instruction more, and so is what lies around a window. */
	installed->totals[H_INSTRUCTIONS] += instructions + 150 + 20 * uniform();
	installed->totals[H_BRANCHES] += branches + 30;
	cpu_ns += ns;
	wall_ns += ns + (taken_off ? 400000 : 0);
	switches += taken_off;
	installed->totals[H_SWITCHES] += taken_off;
}

/* Reads by the level that would serve them undisturbed; neighbours and noise push some of
 * them outwards. */
static void serve(double reads, double l1, double l2, double l3)
{
	const struct fake_pmu *m = installed;
	double dram = reads - l1 - l2 - l3;
	double out;

	out = l1 * m->lost_l1 * jitter(0.3) + (m->busy ? 150 * uniform() : 0);
	out = fmin(out, l1);
	l1 -= out;
	l2 += out;
	out = l2 * fmin(1, m->lost_l2 * jitter(0.3));
	l2 -= out;
	l3 += out;
	out = l3 * fmin(1, m->lost_l3 * jitter(0.3));
	l3 -= out;
	dram += out;
	installed->totals[H_FROM_L2] += l2 * jitter(0.0005);
	installed->totals[H_FROM_L3] += l3 * jitter(0.0005);
	installed->totals[H_FROM_DRAM] += dram * jitter(0.0005);
	installed->totals[H_FILLS] += l2 + l3 + dram;
	pass(4 * l1 + 12 * l2 + 54 * l3 + 390 * dram, 1.1 * reads, reads / 32);
}

static void translate(double first, double second, double walks)
{
	double out = first * installed->lost_tlb * jitter(0.3);

	first -= out;
	second += out;
	out = second * installed->lost_tlb * jitter(0.3);
	second -= out;
	walks += out;
	installed->totals[H_TLB_HITS] += second;
	installed->totals[H_WALKS] += walks;
	installed->totals[H_DTLB_MISSES] += second + walks;
}

static void run_loop(struct kernel_state *state, uint64_t reads)
{
	(void)state;
	fake_loop(reads);
}

void fake_loop(uint64_t turns)
{
	pass((double)turns * COUNTED_LOOP_CHAIN,
		(double)turns * COUNTED_LOOP_INSTRUCTIONS, (double)turns);
}

static void run_l1(struct kernel_state *state, uint64_t reads)
{
	(void)state;
	serve((double)reads, (double)reads, 0, 0);
}

static void run_l2(struct kernel_state *state, uint64_t reads)
{
	(void)state;
	serve((double)reads, 0, 0.998 * (double)reads, 0.002 * (double)reads);
	translate(0.5 * (double)reads, 0.5 * (double)reads, 0);
}

static void run_l3(struct kernel_state *state, uint64_t reads)
{
	(void)state;
	serve((double)reads, 0, 0.07 * (double)reads, 0.93 * (double)reads);
	translate(0, 0.5 * (double)reads, 0.5 * (double)reads);
}

static void run_dram(struct kernel_state *state, uint64_t reads)
{
	(void)state;
	serve((double)reads, 0, 0.002 * (double)reads, 0.001 * (double)reads);
	translate(0, (double)reads, 0);
}

static void run_pages_l1(struct kernel_state *state, uint64_t reads)
{
	(void)state;
	serve((double)reads, (double)reads, 0, 0);
	translate((double)reads, 0, 0);
}

static void run_pages_l2(struct kernel_state *state, uint64_t reads)
{
	(void)state;
	serve((double)reads, (double)reads, 0, 0);
	translate(0, (double)reads, 0);
}

static void run_pages_walk(struct kernel_state *state, uint64_t reads)
{
	(void)state;
	serve((double)reads, (double)reads, 0, 0);
	translate(0, 0, (double)reads);
}

static void run_touch(struct kernel_state *state, uint64_t reads)
{
	(void)state;
	installed->totals[H_FAULTS] += (double)reads;
	pass(2500 * (double)reads, 5 * (double)reads, (double)reads);
}

static void run_sleep(struct kernel_state *state, uint64_t reads)
{
	(void)state;
	installed->totals[H_SWITCHES] += (double)reads;
	pass(1000 * (double)reads, 100 * (double)reads, 10 * (double)reads);
	wall_ns += 60000 * reads;
}

static void run_migrate(struct kernel_state *state, uint64_t reads)
{
	(void)state;
	installed->totals[H_MIGRATIONS] += (double)reads;
	installed->totals[H_SWITCHES] += (double)reads;
	pass(5000 * (double)reads, 100 * (double)reads, 10 * (double)reads);
	wall_ns += 9000 * reads;
}

/* A kernel's place in known_kernels is all that its preparation needs. */
static int prepare(
	struct known_state *state, size_t index, uint64_t reads, struct complaint *why)
{
	*state = (struct known_state){
		.reads = reads, .instructions = NAN, .branches = NAN};
	if (known_kernels[index] == &known_loop) {
		state->instructions = (double)reads * COUNTED_LOOP_INSTRUCTIONS;
		state->branches = (double)reads;
	}
	if (!installed->absent[index])
		return 0;
	complaint_what(why, "the fake machine has none");
	return -ENOTSUP;
}

#define PREPARE(index, reads)                                                            \
	static int prepare_##index(struct known_state *state,                            \
		struct known_setting *setting, struct complaint *why)                    \
	{                                                                                \
		(void)setting;                                                           \
		return prepare(state, index, reads, why);                                \
	}
PREPARE(0, 1 << 17)
PREPARE(1, 1 << 17)
PREPARE(2, 1 << 16)
PREPARE(3, 1 << 14)
PREPARE(4, 8192)
PREPARE(5, 1 << 16)
PREPARE(6, 1 << 16)
PREPARE(7, 1 << 14)
PREPARE(8, 256)
PREPARE(9, 8)
PREPARE(10, 8)

/* In the order of known_kernels. */
static const struct {
	int (*prepare)(struct known_state *state, struct known_setting *setting,
		struct complaint *why);
	void (*run)(struct kernel_state *state, uint64_t reads);
} replacements[] = {
	{prepare_0, run_loop},
	{prepare_1, run_l1},
	{prepare_2, run_l2},
	{prepare_3, run_l3},
	{prepare_4, run_dram},
	{prepare_5, run_pages_l1},
	{prepare_6, run_pages_l2},
	{prepare_7, run_pages_walk},
	{prepare_8, run_touch},
	{prepare_9, run_sleep},
	{prepare_10, run_migrate},
};
enum { REPLACEMENTS = sizeof(replacements) / sizeof(replacements[0]) };

static struct known_kernel made[REPLACEMENTS];
const struct known_kernel *fake_kernels[REPLACEMENTS + 1];

/* The real kernels in all but what they do. */
static void make_kernels(void)
{
	for (size_t i = 0; i < REPLACEMENTS; i++) {
		made[i] = *known_kernels[i];
		made[i].prepare = replacements[i].prepare;
		made[i].run = replacements[i].run;
		made[i].arm = NULL;
		made[i].release = NULL;
		fake_kernels[i] = &made[i];
	}
}

static uint64_t read_wall(void)
{
	return wall_ns += 40;
}

static uint64_t read_cpu(void)
{
	return cpu_ns += 40;
}

static double read_ghz(void)
{
	return 2.6 * jitter(0.02);
}

static uint64_t read_switches(void)
{
	return switches;
}

const struct clocks fake_pmu_clocks = {
	.wall_ns = read_wall,
	.cpu_ns = read_cpu,
	.core_ghz = read_ghz,
	.involuntary_switches = read_switches,
};

void fake_pmu_disturb(struct fake_pmu *pmu)
{
	const bool bad = pmu->busy && uniform() < 0.3;

	pmu->lost_l1 = pmu->busy ? 0.001 : 0;
	pmu->lost_l2 = pmu->busy ? 0.02 * uniform() : 0;
	pmu->lost_l3 = pmu->busy ? uniform() : 0;
	pmu->lost_tlb = pmu->busy ? 0.01 * uniform() : 0;
	if (bad) {
		pmu->lost_l1 = 0.05 + 0.13 * uniform();
		pmu->lost_l2 = 0.3 * uniform();
		pmu->lost_tlb = 0.1 * uniform();
	}
}

void fake_pmu_install(struct fake_pmu *pmu, uint64_t seed)
{
	static struct counter_fake fake;

	installed = pmu;
	wall_ns = cpu_ns = 1000;
	switches = 0;
	random_init(&pmu->random, seed);
	memset(pmu->totals, 0, sizeof(pmu->totals));
	memset(pmu->slot_states, 0, sizeof(pmu->slot_states));
	pmu->readings = 0;
	make_kernels();
	fake_pmu_disturb(pmu);
	fake = (struct counter_fake){
		.open = fake_open, .read = fake_read, .context = pmu};
	counters_fake_install(&fake);
}
