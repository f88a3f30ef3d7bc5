/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/levels.h"

#include "base/number.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* From here up a capacity is the announced one; below the second it is far from it. */
#define AS_ANNOUNCED 0.65
#define FAR_BELOW 0.45
#define ABOVE 1.35
/* Walks a read that tell the page size of a TLB's entries; and most of them. */
#define WALKS_ENOUGH 0.2
#define WALKS_MOST 0.9
/* Share of bootstraps that keep a step which tells of pages. */
#define STEP_SURE 0.9

char *level_label(char text[LEVEL_LABEL], const struct level *level)
{
	/* The nearest level is L1, whatever tells it. */
	bool guessed = level->witness == WITNESS_TIME && level->kind != LEVEL_MEMORY &&
		       !(level->kind == LEVEL_CACHE && level->number <= 1);

	(void)snprintf(text, LEVEL_LABEL, "%s%s", level->name, guessed ? "?" : "");
	return text;
}

char *level_format_bytes(char text[LEVEL_NUMBER], double bytes)
{
	static const char units[] = "KMGT";
	double value = bytes / 1024;
	size_t unit = 0;

	for (; value >= 999.5 && units[unit + 1]; unit++)
		value /= 1024;
	(void)snprintf(
		text, LEVEL_NUMBER, "%.*f%c", value < 9.95 ? 1 : 0, value, units[unit]);
	return text;
}

static void describe_unannounced(const struct level *level, char *verdict)
{
	char resident[LEVEL_NUMBER];

	(void)snprintf(verdict, LEVEL_VERDICT, "nothing announces it: %s stay resident%s",
		level_format_bytes(resident, level->values[LEVEL_RESIDENT].value),
		level->witness == WITNESS_TIME ? "; a cache or a TLB" : "");
}

/* Whether each size that begins to go beyond a cache lay on pages as large as the cache,
 * in which no two lines collide that would not anywhere. */
static bool on_large_pages(const struct levels *levels, const struct level *level)
{
	for (size_t i = 0; i < levels->series->count; i++) {
		const struct stair *stair = &levels->series->stairs[i];

		if (stair->windows > 0 &&
			(double)stair->bytes >= level->values[LEVEL_ONSET].value &&
			stair->bytes <= level->nominal.bytes &&
			stair->page_bytes < level->nominal.bytes)
			return false;
	}
	return true;
}

static const char *why_smaller(const struct levels *levels, const struct level *level,
	const struct machine *machine)
{
	double share = level->values[LEVEL_RESIDENT].value / (double)level->nominal.bytes;

	if (level->kind == LEVEL_TLB)
		return "other pages share its entries";
	if (level->shared && machine->hypervisor[0])
		return "shared, partitioned or virtualised";
	if (level->shared)
		return "shared or partitioned";
	if (level->number == 1)
		return "shared with a sibling thread, or partitioned";
	if (on_large_pages(levels, level))
		return machine->hypervisor[0]
			       ? "partitioned, or the host's smaller pages collide in its "
				 "sets"
			       : "partitioned, or shared with a sibling thread";
	return share < FAR_BELOW ? "partitioned, or pages collide in its sets"
				 : "pages collide in its sets";
}

static void describe_capacity(const struct levels *levels, const struct level *level,
	const struct machine *machine, char *verdict)
{
	double share = level->values[LEVEL_RESIDENT].value / (double)level->nominal.bytes;
	char announced[NUMBER_TEXT], resident[LEVEL_NUMBER];

	number_format_bytes(announced, level->nominal.bytes);
	level_format_bytes(resident, level->values[LEVEL_RESIDENT].value);
	if (share >= AS_ANNOUNCED && share <= ABOVE)
		(void)snprintf(
			verdict, LEVEL_VERDICT, "%s announced, and there", announced);
	else if (share > ABOVE)
		(void)snprintf(verdict, LEVEL_VERDICT,
			"%s announced, %s stay resident: more than announced", announced,
			resident);
	else
		(void)snprintf(verdict, LEVEL_VERDICT,
			"%s announced, %s stay resident: %s", announced, resident,
			why_smaller(levels, level, machine));
}

void level_verdict(const struct levels *levels, const struct level *level,
	const struct machine *machine, char verdict[LEVEL_VERDICT])
{
	char largest[NUMBER_TEXT];
	size_t length;

	verdict[0] = '\0';
	if (level->kind == LEVEL_MEMORY)
		(void)snprintf(verdict, LEVEL_VERDICT, "%s",
			level->number || strcmp(level->name, "DRAM") == 0
				? "memory"
				: "memory, or a cache that nothing announces");
	else if (isnan(level->values[LEVEL_HALF].value))
		(void)snprintf(verdict, LEVEL_VERDICT,
			"not overflowed by the largest buffer, %s",
			number_format_bytes(largest, levels->largest_bytes));
	else if (!level->nominal.bytes)
		describe_unannounced(level, verdict);
	else
		describe_capacity(levels, level, machine, verdict);
	length = strlen(verdict);
	if (level->beside[0])
		(void)snprintf(verdict + length, LEVEL_VERDICT - length,
			"; %s lies there too, which counters or page-chase tell apart",
			level->beside);
}

/* Walks for pages of 4K, 2M and 1G at one size; the first is the rest where it is not
 * counted by itself. */
static void walks_by_size(const struct stair *stair, double walks[3])
{
	double all = stair->estimates[QUANTITY_PAGE_WALKS].median;

	walks[0] = stair->estimates[QUANTITY_WALKS_4K].median;
	walks[1] = stair->estimates[QUANTITY_WALKS_2M].median;
	walks[2] = stair->estimates[QUANTITY_WALKS_1G].median;
	if (isnan(walks[0]) && !isnan(walks[1]))
		walks[0] = fmax(all - walks[1] - (isnan(walks[2]) ? 0 : walks[2]), 0);
	for (int i = 0; i < 3; i++)
		if (isnan(walks[i]))
			walks[i] = 0;
}

static int find_pages_walked(struct page_finding *finding)
{
	static const uint64_t sizes[] = {4 << 10, 2 << 20, 1 << 30};
	const struct series *series = finding->series;
	double sums[3] = {0};
	double all = 0;
	int most = 0;

	for (size_t i = 0; i < series->count; i++) {
		const struct stair *stair = &series->stairs[i];
		double walks[3];

		if (stair->windows == 0)
			continue;
		walks_by_size(stair, walks);
		if (walks[0] + walks[1] + walks[2] < WALKS_ENOUGH)
			continue;
		if (all == 0)
			finding->obtained_bytes = stair->page_bytes;
		else if (finding->obtained_bytes != stair->page_bytes)
			finding->obtained_bytes = 0;
		for (int k = 0; k < 3; k++) {
			sums[k] += walks[k];
			all += walks[k];
		}
	}
	if (all == 0)
		return -ENODATA;
	for (int k = 1; k < 3; k++)
		if (sums[k] > sums[most])
			most = k;
	finding->share = sums[most] / all;
	finding->seen_bytes = finding->share >= WALKS_MOST ? sizes[most] : 0;
	return 0;
}

/* The pages of all sizes of a series; 0 where they differ. */
static uint64_t pages_obtained(const struct series *series)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < series->count; i++) {
		const struct stair *stair = &series->stairs[i];

		if (stair->windows == 0)
			continue;
		if (stair->page_bytes == 0 || (bytes && stair->page_bytes != bytes))
			return 0;
		bytes = stair->page_bytes;
	}
	return bytes;
}

/* Pages of one size have no business at the reach of entries for smaller ones: the first
 * such step that is sure tells what the entries hold. */
static int find_pages_stepped(struct page_finding *finding, const struct levels *levels)
{
	finding->obtained_bytes = finding->seen_bytes = pages_obtained(finding->series);
	finding->share = NAN;
	if (!levels->per_page || finding->obtained_bytes == 0)
		return -ENODATA;
	for (size_t i = 0; i < levels->count; i++) {
		const struct level *level = &levels->list[i];

		if (level->kind != LEVEL_TLB || !level->nominal.bytes ||
			!(level->confidence >= STEP_SURE) ||
			level->nominal.page_bytes >= finding->seen_bytes)
			continue;
		finding->seen_bytes = level->nominal.page_bytes;
		finding->step = level;
	}
	return finding->step ? 0 : -ENODATA;
}

int page_finding(struct page_finding *finding, const struct levels *levels)
{
	*finding = (struct page_finding){.series = levels->series};
	return find_pages_walked(finding) == 0 ? 0 : find_pages_stepped(finding, levels);
}

void page_verdict(const struct page_finding *finding, const struct machine *machine,
	char verdict[LEVEL_VERDICT])
{
	char obtained[NUMBER_TEXT] = "pages of several sizes";
	char seen[NUMBER_TEXT] = "several sizes";
	char half[LEVEL_NUMBER];
	const char *why = "";
	size_t length;

	if (finding->obtained_bytes)
		number_format_bytes(obtained, finding->obtained_bytes);
	if (finding->seen_bytes)
		number_format_bytes(seen, finding->seen_bytes);
	if (finding->seen_bytes && finding->seen_bytes < finding->obtained_bytes)
		why = machine->hypervisor[0] ? ": the host splits them"
					     : ": they are split";
	(void)snprintf(verdict, LEVEL_VERDICT, "%s granted, TLB filled as %s%s", obtained,
		seen, why);
	if (!finding->step)
		return;
	length = strlen(verdict);
	(void)snprintf(verdict + length, LEVEL_VERDICT - length,
		" (by time: the step at %s is the reach of %s)",
		level_format_bytes(half, finding->step->values[LEVEL_HALF].value),
		finding->step->nominal.label);
}

static bool is_split(const struct levels *levels)
{
	struct page_finding pages;

	return page_finding(&pages, levels) == 0 && pages.seen_bytes &&
	       pages.seen_bytes < pages.obtained_bytes;
}

size_t page_split_backends(
	const struct levels *levels, size_t count, struct text *backends)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		const char *backend = levels[i].series->backend;
		bool named = false;

		for (size_t k = 0; k < i && !named; k++)
			named = strcmp(levels[k].series->backend, backend) == 0 &&
				is_split(&levels[k]);
		if (named || !is_split(&levels[i]))
			continue;
		text_format(backends, "%s%s", found++ ? ", " : "", backend);
	}
	return found;
}
