/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/analysis/synthetic.h"

#include "base/file.h"
#include "base/number.h"

#include <assert.h>
#include <hwloc.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char cache_group[] = "SHORT Demand fills by source\n"
				  "EVENTSET\n"
				  "PMC0  CYCLES\n"
				  "PMC1  FILLS_L2\n"
				  "PMC2  FILLS_L3\n"
				  "PMC3  FILLS_DRAM\n"
				  "METRICS\n"
				  "Cycles per read PMC0/READS\n"
				  "L1 misses per read (PMC1+PMC2+PMC3)/READS\n"
				  "Reads served by L2 PMC1/READS\n"
				  "Reads served by L3 PMC2/READS\n"
				  "Reads served by DRAM PMC3/READS\n"
				  "LONG\n"
				  "For a machine that does not exist.\n";
static const char tlb_group[] = "SHORT First-level dTLB misses and page walks\n"
				"EVENTSET\n"
				"PMC0  CYCLES\n"
				"PMC1  DTLB_HITS_L2\n"
				"PMC2  DTLB_WALKS\n"
				"METRICS\n"
				"Cycles per read PMC0/READS\n"
				"L1 dTLB misses per read (PMC1+PMC2)/READS\n"
				"Page walks per read PMC2/READS\n"
				"LONG\n"
				"For a machine that does not exist.\n";
static const struct {
	const char *name, *value;
} machine_facts[] = {
	{"HostName", "testbed"},
	{"OSRelease", "6.12"},
	{"Architecture", "x86_64"},
	{"CPUVendor", "AuthenticAMD"},
	{"CPUModel", "Example CPU 9000"},
	{"EscalierHypervisor", "KVM"},
	{"EscalierTHPEnabled", "madvise"},
	{"EscalierTHPDefrag", "madvise"},
	{"EscalierTHPBytes", "2097152"},
	{"EscalierMemoryBytes", "8589934592"},
	{"EscalierPages", "size=4096 reserved=0 free=0"},
	{"EscalierPages", "size=2097152 reserved=0 free=0"},
};
static const char *const tlb_facts[] = {
	"level=1 kind=data page=4096 entries=64 ways=full source=test",
	"level=1 kind=data page=2097152 entries=64 ways=full source=test",
	"level=2 kind=data page=4096 entries=2048 ways=8 source=test",
	"level=2 kind=data page=2097152 entries=2048 ways=8 source=test",
};

/* Share of reads past a capacity: 0 well below, 1 well above, steep or gentle. */
static double beyond(double bytes, double capacity, double steepness)
{
	return 1 / (1 + exp(-steepness * log2(bytes / capacity)));
}

/* Share of reads past a TLB that keeps the pages used last of a random walk. */
static double past_reach(double bytes, double reach)
{
	return bytes > reach ? 1 - reach / bytes : 0;
}

struct synthetic_truth synthetic_truth(const char *backend, int node, uint64_t bytes)
{
	double size = (double)bytes;
	double f1 = beyond(size, 34e3, 20);
	double f2 = f1 * beyond(size, 460e3, 4);
	double f3 = f2 * beyond(size, 6.2e6, 4);
	bool huge = strcmp(backend, "small") != 0 && strcmp(backend, "libc") != 0;
	struct synthetic_truth truth = {
		.from_l2 = f1 - f2,
		.from_l3 = f2 - f3,
		.from_dram = f3,
		.dtlb_misses = past_reach(size, 256 << 10),
		.walks = past_reach(size, huge ? 9e6 : 7.4e6),
	};

	truth.cycles = 4.0 + 8.2 * f1 + 42 * f2 + (node > 0 ? 520 : 340) * f3 +
		       2 * (truth.dtlb_misses - truth.walks) +
		       (huge ? 30 : 85) * truth.walks;
	return truth;
}

/* Roughly normal, mean 0, deviation 1. */
static double noise(struct random *random)
{
	double sum = 0;

	for (int i = 0; i < 12; i++)
		sum += (double)random_below(random, 1 << 20) / (1 << 20);
	return sum - 6;
}

static void set_value(struct measurement *m, const struct event_list *events,
	const char *name, double per_read)
{
	int i = event_list_find(events, name);

	assert(i >= 0);
	m->values[i] = (struct counter_value){
		.count = (uint64_t)llround(per_read * (double)m->reads),
		.enabled_ns = m->wall_ns,
		.running_ns = m->wall_ns,
	};
}

static void count_events(struct measurement *m, const struct synthetic_options *options,
	const struct event_list *events, const struct synthetic_truth *truth,
	double cycles)
{
	set_value(m, events, "CYCLES", cycles);
	if (strcmp(m->point.group, "cache") == 0) {
		set_value(m, events, "FILLS_L2", truth->from_l2);
		set_value(m, events, "FILLS_L3", truth->from_l3);
		set_value(m, events, "FILLS_DRAM", truth->from_dram);
	} else {
		set_value(m, events, "DTLB_HITS_L2", truth->dtlb_misses - truth->walks);
		set_value(m, events, "DTLB_WALKS", truth->walks);
		if (options->multiplexed) {
			struct counter_value *value =
				&m->values[event_list_find(events, "DTLB_WALKS")];

			value->running_ns /= 2;
			value->count /= 2;
		}
	}
}

static bool is_chase(const char *kernel)
{
	return strcmp(kernel, "chase") == 0;
}

/* One window: `shift` is what this round's allocation does to the time. */
static void make_window(struct measurement *m, const struct synthetic_options *options,
	const struct event_list *events, double shift, struct random *random)
{
	struct synthetic_truth truth =
		synthetic_truth(m->point.backend, m->point.node, m->point.bytes);
	double cycles = truth.cycles * shift;
	double ghz = 2.55;
	bool disturbed = options->all_disturbed && m->round == 0;

	if (!is_chase(m->point.kernel))
		cycles = 0.5 + cycles / 12;
	if (!options->quiet) {
		disturbed |= random_below(random, 8) == 0;
		cycles *= 1 + 0.002 * fabs(noise(random));
		ghz += 0.12 * noise(random);
	}
	if (disturbed)
		cycles *= 1.1;
	m->reads = (uint64_t)(1e6 * ghz / cycles) / 32 * 32 + 32;
	m->cpu_ns = (uint64_t)llround(cycles / ghz * (double)m->reads);
	m->wall_ns = disturbed ? m->cpu_ns + 400000 : m->cpu_ns + 300;
	m->involuntary_switches = disturbed;
	m->clock_ghz = options->no_clock ? 0 : ghz;
	m->clean = measurement_is_clean(m);
	if (options->counters)
		count_events(m, options, events, &truth, cycles);
}

static void append(struct dataset *dataset, const struct measurement *measurement)
{
	if (dataset->count == dataset->capacity) {
		dataset->capacity = dataset->capacity ? 2 * dataset->capacity : 1024;
		dataset->measurements = realloc(dataset->measurements,
			dataset->capacity * sizeof(*dataset->measurements));
		assert(dataset->measurements);
	}
	dataset->measurements[dataset->count++] = *measurement;
}

/* What every window holds of its own, by the environment's record. */
static void add_own_cost(const struct synthetic *s, struct measurement *m)
{
	for (size_t i = 0; i < s->environment.window_costs_count; i++) {
		const struct environment_window_cost *cost =
			&s->environment.window_costs[i];

		if (strcmp(cost->group, m->point.group) != 0)
			continue;
		m->cpu_ns += (uint64_t)cost->cpu_ns;
		m->wall_ns += (uint64_t)cost->inside_ns;
		for (size_t e = 0; e < cost->events_count; e++)
			m->values[event_list_find(
					  &s->dataset.events, cost->events[e].event)]
				.count += (uint64_t)cost->events[e].count;
	}
}

static void describe_own_cost(struct synthetic *s)
{
	struct environment *e = &s->environment;

	for (size_t g = 0; g == 0 || g < s->groups_count; g++) {
		struct environment_window_cost *cost =
			&e->window_costs[e->window_costs_count++];

		*cost = (struct environment_window_cost){.read_path = "read()",
			.read_ns = 9500,
			.read_syscall_ns = 9500,
			.read_user_ns = 72500,
			.inside_ns = 48,
			.inside_spread_ns = 2,
			.cpu_ns = 1400,
			.outside_ns = 15300};
		(void)snprintf(cost->group, sizeof(cost->group), "%s",
			s->groups_count ? s->groups[g].name : "none");
		for (size_t i = 0; s->groups_count && i < s->groups[g].events_count;
			i++) {
			struct environment_event_cost *event =
				&cost->events[cost->events_count++];

			(void)snprintf(event->event, sizeof(event->event), "%s",
				s->groups[g].events[i].name);
			event->count = i == 0 ? 4200 : 3 * (double)(i - 1);
			event->spread = i == 0 ? 12 : 0;
		}
	}
	e->reading_share = 0.011;
}

/* All windows of one point in one round. */
static void measure(struct synthetic *s, const struct synthetic_options *options,
	const struct point *point, uint64_t round, uint64_t seed)
{
	struct measurement m = {.point = *point, .round = round};
	bool fails = options->failing && strcmp(point->backend, options->failing) == 0;
	struct random random;
	/* Which physical pages a round gets matters most at the edge of the last cache.
	 */
	double edge = exp(-2 * pow(log2((double)point->bytes / 6e6), 2));
	double shift = 1;

	random_init(&random, seed);
	if (!options->quiet)
		shift += (0.003 + 0.15 * edge) * noise(&random);
	m.page_bytes = strcmp(point->backend, "small") == 0 ? 4096 : 2 << 20;
	m.huge_bytes = m.page_bytes > 4096 ? point->bytes : 0;
	m.obtained_node = point->node;
	if (fails) {
		m.page_bytes = m.huge_bytes = 0;
		m.obtained_node = -1;
		(void)snprintf(m.error, sizeof(m.error),
			"%s: the pool of 2M pages is empty", point->backend);
		append(&s->dataset, &m);
		return;
	}
	for (size_t g = 0; g == 0 || g < s->groups_count; g++) {
		m.point.group = s->groups_count > 0 ? s->groups[g].name : "none";
		for (m.window = 0; m.window < s->environment.windows; m.window++) {
			memset(m.values, 0, sizeof(m.values));
			make_window(&m, options, &s->dataset.events,
				shift > 0.5 ? shift : 0.5, &random);
			add_own_cost(s, &m);
			append(&s->dataset, &m);
		}
	}
}

static void sweep_size(struct synthetic *s, const struct synthetic_options *options,
	uint64_t bytes, uint64_t round, unsigned node)
{
	struct point point = {.bytes = bytes,
		.node = (int)node,
		.group = s->groups_count > 0 ? s->groups[0].name : "none",
		.stride = 64};

	for (int b = 0; b < SYNTHETIC_NAMES && options->backends[b]; b++)
		for (int k = 0; k < SYNTHETIC_NAMES && options->kernels[k]; k++)
			for (int i = 0; i < SYNTHETIC_NAMES; i++) {
				if (i > 0 && !options->strides[i])
					break;
				if (options->strides[i])
					point.stride = options->strides[i];
				point.backend = options->backends[b];
				point.kernel = options->kernels[k];
				measure(s, options, &point, round,
					random_derive(bytes * 31 + round * 7 + node,
						(uint64_t)(b * 64 + k * 8 + i)));
			}
}

static void sweep(struct synthetic *s, const struct synthetic_options *options)
{
	uint64_t low = options->min_bytes ? options->min_bytes : 4 << 10;
	uint64_t high = options->max_bytes ? options->max_bytes : 256 << 20;
	double step = 1.0 / (options->per_octave ? options->per_octave : 4);

	for (unsigned round = 0; round < options->rounds; round++)
		for (unsigned node = 0; node < (options->nodes ? options->nodes : 1);
			node++)
			for (double e = log2((double)low); e <= log2((double)high) + 1e-9;
				e += step)
				sweep_size(s, options,
					((uint64_t)llround(exp2(e)) + 63) / 64 * 64,
					round, node);
}

static void add_group(struct synthetic *s, const char *name, const char *text)
{
	struct complaint complaint = {0};
	struct group *group = &s->groups[s->groups_count++];

	if (group_parse(group, name, text, strlen(text), &complaint) != 0) {
		(void)fprintf(stderr, "%s: %s\n", complaint.what, complaint.why);
		abort();
	}
	for (size_t i = 0; i < group->events_count; i++)
		event_list_add(&s->dataset.events, group->events[i].name);
	(void)snprintf(
		s->environment.groups[s->environment.groups_count++], 64, "%s", name);
}

/* A machine as its XML would come from a live one. */
static void describe_machine(struct synthetic *s, const struct synthetic_options *options)
{
	struct complaint complaint = {0};
	hwloc_topology_t topology;
	hwloc_obj_t root;
	int length;
	char *xml;
	int error;

	error = hwloc_topology_init(&topology);
	assert(!error);
	error = hwloc_topology_set_all_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_ALL);
	assert(!error);
	error = hwloc_topology_set_synthetic(topology,
		options->machine ? options->machine
				 : "pack:1 [numa(memory=8GiB)] l3:1(size=32MiB) "
				   "l2:2(size=512KiB) l1d:1(size=32KiB) core:1 pu:1");
	assert(!error);
	error = hwloc_topology_load(topology);
	assert(!error);
	root = hwloc_get_root_obj(topology);
	for (size_t i = 0; i < sizeof(machine_facts) / sizeof(*machine_facts); i++)
		hwloc_obj_add_info(root, machine_facts[i].name, machine_facts[i].value);
	for (size_t i = 0; i < sizeof(tlb_facts) / sizeof(*tlb_facts); i++)
		if (!options->no_tlbs)
			hwloc_obj_add_info(root, "EscalierTLB", tlb_facts[i]);
	error = hwloc_topology_export_xmlbuffer(topology, &xml, &length, 0);
	assert(!error);
	s->machine_xml = strdup(xml);
	assert(s->machine_xml);
	hwloc_free_xmlbuffer(topology, xml);
	hwloc_topology_destroy(topology);
	error = topology_load_xml(
		&s->machine, s->machine_xml, strlen(s->machine_xml), &complaint);
	if (error) {
		(void)fprintf(stderr, "%s: %s\n", complaint.what, complaint.why);
		abort();
	}
}

static void describe_run(struct environment *e, const struct synthetic_options *options)
{
	(void)snprintf(e->version, sizeof(e->version), "0.1.0");
	(void)snprintf(e->command, sizeof(e->command), "escalier sweep --rounds %u",
		options->rounds);
	(void)snprintf(e->started, sizeof(e->started), "2026-01-31T12-00-00Z");
	(void)snprintf(e->finished, sizeof(e->finished), "2026-01-31T12-02-11Z");
	e->seed = 1;
	e->rounds_min = e->rounds_max = e->rounds_done = options->rounds;
	e->windows = options->windows ? options->windows : 8;
	e->window_ns = 1000000;
	e->target = 0.02;
	e->budget_ns = UINT64_C(180) * 1000000000;
	e->elapsed_ns = UINT64_C(131) * 1000000000;
	e->peak_memory_bytes = UINT64_C(600) << 20;
	(void)snprintf(e->counters, sizeof(e->counters), "%s",
		options->counters ? "perf" : "none");
	if (!options->counters)
		(void)snprintf(e->counters_missing, sizeof(e->counters_missing),
			"perf_event_paranoid is 4; `sysctl kernel.perf_event_paranoid=2` "
			"or CAP_PERFMON would allow them");
	(void)snprintf(e->baseline, sizeof(e->baseline), "%s", options->backends[0]);
	e->scaled = options->scaled;
	e->window_overhead_ns = 48;
	e->window_outside_ns = 15300;
	e->kernel_costs_count = 1;
	(void)snprintf(e->kernel_costs[0].kernel, sizeof(e->kernel_costs[0].kernel), "%s",
		options->kernels[0]);
	e->kernel_costs[0].ns_per_read = 0.012;
	e->kernel_costs[0].cycles_per_read = 0.031;
	e->pools_count = 1;
	e->pools[0] = (struct environment_pool){2 << 20, 0, 128, 0};
	if (options->failing)
		environment_note(e,
			"%s: not root, so the pool of 2M pages stays at 0; `echo 128 > "
			"/proc/sys/vm/nr_hugepages` would fill it",
			options->failing);
}

static void describe_check(struct synthetic *s, const char *dead)
{
	struct environment *e = &s->environment;

	(void)snprintf(e->checked, sizeof(e->checked), "2026-01-31T11-59-57Z");
	e->slots_advertised = 6;
	e->slots_proved = dead ? 5 : 6;
	for (size_t g = 0; g < s->groups_count; g++)
		for (size_t i = 0; i < s->groups[g].events_count; i++) {
			const struct event *event = &s->groups[g].events[i];
			struct event_verdict *v = &e->events[e->events_count++];
			bool is_dead = dead && strcmp(dead, event->name) == 0;

			*v = (struct event_verdict){
				.judgement = is_dead ? EVENT_DEAD : EVENT_RIGHT,
				.kernel = "pages-walk",
				.low = 0.995,
				.high = 1.005,
				.counted = is_dead ? 0 : 1};
			(void)snprintf(
				v->group, sizeof(v->group), "%s", s->groups[g].name);
			(void)snprintf(
				v->counter, sizeof(v->counter), "%s", event->counter);
			(void)snprintf(v->event, sizeof(v->event), "%s", event->name);
			if (is_dead)
				(void)snprintf(v->why, sizeof(v->why),
					"counts nothing over pages-walk");
		}
}

void synthetic_init(struct synthetic *s, const struct synthetic_options *options)
{
	memset(s, 0, sizeof(*s));
	describe_machine(s, options);
	describe_run(&s->environment, options);
	if (options->counters) {
		add_group(s, "cache", cache_group);
		add_group(s, "tlb", tlb_group);
		(void)snprintf(s->environment.counter_filter,
			sizeof(s->environment.counter_filter), "user space");
	}
	if (options->own_cost)
		describe_own_cost(s);
	if (options->checked)
		describe_check(s, options->dead);
	sweep(s, options);
}

void synthetic_release(struct synthetic *s)
{
	for (size_t i = 0; i < s->groups_count; i++)
		group_release(&s->groups[i]);
	dataset_release(&s->dataset);
	topology_release(&s->machine);
	free(s->machine_xml);
}

static void write_text(const char *folder, const char *name, struct text *text)
{
	char path[4096];
	int error;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	error = text->error ? text->error : file_write_all(path, text);
	if (error) {
		(void)fprintf(stderr, "%s: %s\n", path, strerror(-error));
		abort();
	}
	text_clear(text);
}

void synthetic_write(const struct synthetic *s, const char *folder)
{
	char path[4096];
	struct text text;

	text_init(&text);
	record_csv_header(&measurement_record, &s->dataset.events, &text);
	for (size_t i = 0; i < s->dataset.count; i++)
		record_csv_row(&measurement_record, &s->dataset.measurements[i],
			&s->dataset.events, &text);
	write_text(folder, "windows.csv", &text);
	(void)environment_print_json(
		&s->environment, &s->machine, ENVIRONMENT_INDENTED, &text);
	write_text(folder, "environment.json", &text);
	text_append(&text, s->machine_xml);
	write_text(folder, "machine.xml", &text);
	(void)snprintf(path, sizeof(path), "%s/groups", folder);
	(void)file_make_folders(path);
	for (size_t i = 0; i < s->groups_count; i++) {
		(void)snprintf(path, sizeof(path), "groups/%s.txt", s->groups[i].name);
		text_append(&text, s->groups[i].text);
		write_text(folder, path, &text);
	}
	text_release(&text);
}
