/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/prediction.h"

#include "base/number.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Private memory on huge pages already, from which on there is nothing left to change. */
#define HUGE_ALREADY 0.2
/* Of what walks took by their cost in the sweep, whose reads hide none of it. */
#define COUNTED_ESTIMATE 0.5
/* Of what a random read of every line of the heap gains. */
#define BOUNDED_ESTIMATE 0.5
/* A file's fault maps up to 16 pages around it that are in memory (fault_around_bytes),
 * and one where it is written to: 4 is the middle. */
enum { FAULT_AROUND = 16, FAULT_AROUND_MIDDLE = 4 };
/* Huge pages for each that is used whole, where memory is handed out and hardly touched.
 */
#define SPARSE_MOST 4
/* The heap begins and ends within a huge page, and what is mapped for a block smaller
 * than that holds none: so many huge pages' worth of faults stay. Of 12 programs that the
 * model was built with 0.9 to 2.2 stayed, 1.5 in the median. */
#define ENDS_LEAST 0.5
#define ENDS_ESTIMATE 1.5
#define ENDS_MOST 3
/* Ranges may happen to lie well, and blocks grow further than they are used. */
#define SPLIT_LEAST 0.5
/* Of the faults that may be of memory used again. */
#define AGAIN_ESTIMATE 0.5
/* An allocator's memory over what it has given out, at most. */
#define HEAP_OVERHEAD 1.2

bool prediction_is_whole(const char *allocator)
{
	return strncmp(allocator, "libc-", strlen("libc-")) == 0;
}

bool prediction_is_of(const char *allocator)
{
	static const char *const names[] = {"libc-thp", "libc-hugetlb", "hp", "hp-thp",
		"hp-hugetlb-2m", "jemalloc-thp", "mimalloc-large"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(allocator, names[i]) == 0)
			return true;
	return false;
}

__attribute__((format(printf, 3, 4))) static bool refuse(
	struct prediction *p, const char *advice, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(p->refusal, sizeof(p->refusal), format, arguments);
	va_end(arguments);
	(void)snprintf(p->advice, sizeof(p->advice), "%s", advice);
	return true;
}

static bool is_refused(struct prediction *p, const struct prediction_model *model)
{
	const struct program_facts *f = &p->facts;

	if (f->rounds == 0)
		return refuse(p, "escalier run -a libc -- PROGRAM says how it ended",
			"no execution under the reference ended well");
	if (model->pages.huge.ns <= 0)
		return refuse(p,
			"echo madvise >/sys/kernel/mm/transparent_hugepage/enabled",
			"the kernel gives no huge pages here");
	if (isnan(f->anonymous_bytes))
		return refuse(p, "leave out --no-watch", "its memory was not sampled");
	if (!(f->anonymous_bytes > 0))
		return refuse(p, "--sample 1ms, or more work for it",
			"it ended before its memory was sampled");
	if (f->processes > 1)
		return refuse(p, "predict the process that takes the time by itself",
			"it has %.0f processes at once: whose faults, memory and time these "
			"are is not known",
			f->processes);
	if (f->huge_share > HUGE_ALREADY)
		return refuse(p,
			"echo madvise >/sys/kernel/mm/transparent_hugepage/enabled, unless "
			"the program itself asks for them",
			"%.0f %% of its memory lies on huge pages already",
			100 * f->huge_share);
	if (!f->traced)
		return refuse(p, "leave out --no-trace", "it was not traced");
	if (isnan(f->heap_bytes))
		return refuse(p, "escalier trace -- PROGRAM tells what is in the way",
			"its memory does not come from malloc, as far as a trace tells");
	if (f->allocator[0])
		return refuse(p, "escalier run -a libc,hp -- PROGRAM measures it",
			"its malloc is that of %s, and the model knows the C library's",
			f->allocator);
	return false;
}

/* Those that may be of large blocks beyond the peak. Small ones stay with malloc when
 * they are freed. */
static double faults_again(
	const struct program_facts *f, double first, double files, double page)
{
	return fmin(fmax(0, f->faults - first - files), f->large_bytes / page);
}

/* Faults of memory that malloc gave out: of its first use, and of its use again after it
 * went back to the system. */
static void count_faults(
	struct prediction *p, const struct page_costs *pages, double split_bytes)
{
	const struct program_facts *f = &p->facts;
	const double page = (double)pages->small_bytes;
	const double huge = (double)pages->huge_bytes / page;
	const double first = f->anonymous_bytes / page;
	const double files = f->file_bytes / page;
	const double again = faults_again(f, first, files / FAULT_AROUND_MIDDLE, page);
	const double most = faults_again(f, first, files / FAULT_AROUND, page);
	const double touched = fmin(first, f->faults);
	const double split = split_bytes / page;

	p->heap_share = fmin(1, f->heap_bytes / f->anonymous_bytes);
	p->heap_faults = p->heap_share * touched + AGAIN_ESTIMATE * again -
			 ENDS_ESTIMATE * huge - split;
	p->heap_faults_low =
		p->heap_share * touched / HEAP_OVERHEAD - ENDS_MOST * huge - split;
	p->heap_faults_high = fmin(1, p->heap_share * HEAP_OVERHEAD) * touched + most -
			      ENDS_LEAST * huge - SPLIT_LEAST * split;
	p->heap_faults = fmax(0, p->heap_faults);
	p->heap_faults_low = fmax(0, p->heap_faults_low);
	p->heap_faults_high = fmax(0, p->heap_faults_high);
	/* A heap smaller than a huge page stays as it is. */
	if (f->heap_bytes < (double)pages->huge_bytes)
		p->heap_faults = p->heap_faults_low = 0;
	p->huge_faults = ceil(p->heap_faults / huge);
}

static double change_of(
	double faults, double small_ns, double huge_ns, const struct page_costs *pages)
{
	const double huge =
		faults * (double)pages->small_bytes / (double)pages->huge_bytes;

	return huge * huge_ns - faults * small_ns;
}

/* Time of CPUs as a share of the run time: threads share it out. */
static double share_of(const struct program_facts *f, double ns)
{
	return ns / fmax(f->wall_ns, f->user_ns + f->system_ns);
}

static struct page_cost scaled(const struct page_cost *cost, double factor)
{
	return (struct page_cost){
		cost->ns * factor, cost->low * factor, cost->high * factor};
}

/* Huge pages that may be cleared beyond those that are used whole: of memory that was
 * handed out and is touched here and there. */
static double unused_pages(const struct prediction *p)
{
	const double touched = p->facts.heap_bytes;
	const double sparse = fmin(p->facts.traced_bytes / touched, SPARSE_MOST);

	return 1 + (sparse > 1 ? (sparse - 1) * p->huge_faults : 0);
}

static void predict_faults(
	struct prediction *p, const struct page_costs *pages, double split_bytes)
{
	const struct program_facts *f = &p->facts;
	/* All of its faults cost no more than all of its time in the kernel: the costs
	 * were measured at a worse moment. */
	const double factor = fmin(1, f->system_ns / (f->faults * pages->small.ns));
	const struct page_cost small = scaled(&pages->small, factor);
	const struct page_cost huge = scaled(&pages->huge, factor);

	count_faults(p, pages, split_bytes);
	p->small_ns = small.ns;
	p->huge_ns = huge.ns;
	p->faults.share =
		share_of(f, change_of(p->heap_faults, small.ns, huge.ns, pages));
	p->faults.low =
		share_of(f, change_of(p->heap_faults_high, small.high, huge.low, pages));
	p->faults.high =
		share_of(f, change_of(p->heap_faults_low, small.low, huge.high, pages) +
				    unused_pages(p) * huge.high);
}

static bool miss_walks(struct prediction *p, const char *why)
{
	p->walks_known = WALKS_MISSING;
	(void)snprintf(p->walks_why, sizeof(p->walks_why), "%s", why);
	return false;
}

/* What walks took of the cycles: counted where a CPU does, else by the sweep's costs; NaN
 * where neither is known. */
static double walk_share(
	const struct program_facts *f, const struct prediction_model *model)
{
	static const enum cost_term terms[] = {COST_WALK, COST_WALK_HUGE, COST_WALKER_L2,
		COST_WALKER_L3, COST_WALKER_DRAM};
	double cycles = 0;

	if (f->walk_cycles >= 0 && f->cycles > 0)
		return fmin(1, f->walk_cycles / f->cycles);
	if (!model->walks || isnan(f->events[COST_WALK]) || !(f->cycles > 0))
		return NAN;
	for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++) {
		if (model->cycles[terms[i]] <= 0)
			continue;
		/* The sweep's cost of a walk leaves out what these fetch. */
		if (isnan(f->events[terms[i]]))
			return NAN;
		cycles += model->cycles[terms[i]] * f->events[terms[i]];
	}
	return fmin(1, cycles / f->cycles);
}

/* What translation can give back, as shares of the user time. */
struct gain_range {
	double estimate, most;
};

static bool count_walks(struct prediction *p, const struct prediction_model *model,
	struct gain_range *gain)
{
	const struct model_size size = prediction_model_at(model, p->facts.heap_bytes);

	p->walk_share = walk_share(&p->facts, model);
	if (isnan(p->walk_share) || !(size.small_walk_cycles > 0))
		return false;
	p->walks_known = WALKS_COUNTED;
	gain->most = p->walk_share *
		     fmax(0, 1 - size.huge_walk_cycles / size.small_walk_cycles);
	gain->estimate = COUNTED_ESTIMATE * gain->most;
	return true;
}

static bool bound_walks(struct prediction *p, const struct prediction_model *model,
	struct gain_range *gain)
{
	const double bytes = p->facts.heap_bytes;
	const double lines = prediction_model_gain(model, false, bytes);
	const double pages = prediction_model_gain(model, true, bytes);
	char largest[NUMBER_TEXT], why[128];

	*gain = (struct gain_range){0};
	if (model->sizes_count == 0)
		return miss_walks(p, "no sweep with small and huge pages is known");
	if (isnan(lines) && bytes > (double)model->sizes[0].bytes) {
		(void)snprintf(why, sizeof(why),
			"its heap is larger than the sweep's buffers, up to %s",
			number_format_bytes(
				largest, model->sizes[model->sizes_count - 1].bytes));
		return miss_walks(p, why);
	}
	p->walks_known = WALKS_BOUNDED;
	(void)snprintf(p->walks_why, sizeof(p->walks_why), "%s",
		isnan(p->facts.events[COST_WALK])
			? "page walks are not counted here"
			: "the sweep does not tell what a walk costs");
	if (isnan(lines))
		return true;
	gain->estimate = BOUNDED_ESTIMATE * lines;
	gain->most = fmax(lines, isnan(pages) ? 0 : pages);
	return true;
}

static void predict_walks(struct prediction *p, const struct prediction_model *model)
{
	struct gain_range gain = {0};
	double user;

	if (!count_walks(p, model, &gain) && !bound_walks(p, model, &gain))
		return;
	user = share_of(&p->facts, p->facts.user_ns) * p->heap_share;
	p->walks = (struct change){
		.share = -gain.estimate * user, .low = -gain.most * user, .high = 0};
}

static struct change sum_of(const struct change *a, const struct change *b)
{
	return (struct change){a->share + b->share, a->low + b->low, a->high + b->high};
}

struct change prediction_faults(const struct prediction *p, const char *allocator)
{
	return prediction_is_whole(allocator) ? p->faults : p->faults_elsewhere;
}

struct change prediction_total(const struct prediction *p, const char *allocator)
{
	const struct change faults = prediction_faults(p, allocator);

	return sum_of(&faults, &p->walks);
}

void prediction_make(struct prediction *p, const struct program_facts *facts,
	const struct prediction_model *model)
{
	*p = (struct prediction){.facts = *facts};
	if (is_refused(p, model))
		return;
	predict_faults(p, &model->pages, 0);
	p->faults_elsewhere = p->faults;
	predict_faults(p, &model->pages, facts->split_bytes);
	predict_walks(p, model);
	p->total = sum_of(&p->faults, &p->walks);
}
