/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench-alloc: patterns of allocation under each allocator that is installed. Every run
 * is a process of its own; the allocators take turns (A B C A B C ...), so that a slow
 * minute of the machine is everybody's. Reported are medians over the rounds, ratios of
 * paired rounds with exact intervals, and peak memory with the huge pages that no RSS
 * shows.
 */
#include "base/number.h"
#include "bench/alloc/report.h"
#include "core/statistics.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { QUICK_DIVISOR = 8, QUICK_ROUNDS = 2, SEED = 1 };

struct plan {
	char player[LIBRARY_TEXT];
	char hp_library[LIBRARY_TEXT];
	const char *patterns;   /* list with commas, or NULL for all */
	const char *allocators; /* the same */
	unsigned rounds;
	uint64_t divisor;
	const char *csv_path; /* or NULL */
	FILE *csv;
	char found[ALLOCATORS_MAX][LIBRARY_TEXT]; /* library of each that is present */
	bool present[ALLOCATORS_MAX];
};

static int usage(FILE *out, int status)
{
	(void)fprintf(out,
		"usage: bench-alloc [OPTION]...\n"
		"  --rounds N             runs of each allocator for each pattern (7)\n"
		"  --patterns A,B,...     only these\n"
		"  --allocators A,B,...   only these\n"
		"  --hp-library FILE      libescalier-hp.so to measure\n"
		"  --csv FILE             writes every run\n"
		"  --quick                an eighth of the work, 2 rounds: no intervals\n"
		"  --list                 the patterns and allocators, and which are here\n");
	return status;
}

/* Whether the list, NULL for everything, has the name. */
static bool is_listed(const char *list, const char *name)
{
	size_t length = strlen(name);
	const char *at = list;

	if (!list)
		return true;
	while ((at = strstr(at, name)) != NULL) {
		if ((at == list || at[-1] == ',') &&
			(at[length] == ',' || at[length] == '\0'))
			return true;
		at += length;
	}
	return false;
}

/* A list that names nothing known is a mistake of typing: 0 or -EINVAL. */
static int check_list(const char *list, bool patterns_only)
{
	char name[64];

	for (const char *at = list; at && *at; at += strcspn(at, ","), at += *at == ',') {
		(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(at, ","), at);
		if (patterns_only ? !pattern_find(name) : allocator_find(name) < 0) {
			(void)fprintf(stderr, "bench-alloc: %s is not known\n", name);
			return -EINVAL;
		}
	}
	return 0;
}

/* Looks for a library that the loader finds and that then has malloc. */
static void find_library(struct plan *plan, int index)
{
	const struct allocator *allocator = &allocators[index];
	struct trial trial = {
		plan->player, NULL, allocator->variable, "pair-64", 10000, 1};
	struct outcome outcome;

	if (!allocator->libraries[0]) {
		plan->present[index] = true;
		return;
	}
	for (size_t i = 0; allocator->libraries[i]; i++) {
		const char *library = allocator->libraries[i];

		if (strcmp(library, "libescalier-hp.so") == 0 && plan->hp_library[0])
			library = plan->hp_library;
		trial.library = library;
		if (trial_run(&trial, &outcome) != 0 || !strstr(outcome.library, library))
			continue;
		(void)snprintf(plan->found[index], LIBRARY_TEXT, "%s", library);
		plan->present[index] = true;
		return;
	}
}

static void list_all(const struct plan *plan)
{
	for (size_t i = 0; patterns[i]; i++)
		printf("%-18s %s\n", patterns[i]->name, patterns[i]->summary);
	printf("\n");
	for (int i = 0; allocators[i].name; i++)
		printf("%-18s %s\n", allocators[i].name,
			plan->found[i][0]  ? plan->found[i]
			: plan->present[i] ? "the program's own"
					   : "not here");
}

static void write_csv(const struct plan *plan, const struct trial *trial, int allocator,
	unsigned round, const struct outcome *outcome)
{
	if (plan->csv)
		(void)fprintf(plan->csv, "%s,%s,%u,%llu,%llu,%.4f,%llu,%llu,%s\n",
			trial->pattern, allocators[allocator].name, round,
			(unsigned long long)outcome->operations,
			(unsigned long long)outcome->wall_ns, outcome->ns,
			(unsigned long long)outcome->peak_bytes,
			(unsigned long long)outcome->checksum, outcome->failure);
}

/* What one round added to a series, and the checks that make it count: the right library,
 * and the same sum as everyone who did the same work. */
static void judge(struct plan *plan, int index, const struct outcome *outcome,
	struct series *series)
{
	static const char *const wrong = "another library's malloc was called";

	if (series->failure[0])
		return;
	(void)snprintf(series->failure, sizeof(series->failure), "%s", outcome->failure);
	if (!outcome->failure[0] && plan->found[index][0] &&
		!strstr(outcome->library, plan->found[index]))
		(void)snprintf(series->failure, sizeof(series->failure), "%s", wrong);
}

struct sums {
	uint64_t all[ALLOCATORS_MAX * ROUNDS_MAX];
	uint64_t checksum[ALLOCATORS_MAX * ROUNDS_MAX];
	size_t count;
};

static bool sums_agree(struct sums *sums, const struct outcome *outcome)
{
	for (size_t i = 0; i < sums->count; i++)
		if (sums->all[i] == outcome->all)
			return sums->checksum[i] == outcome->checksum;
	sums->all[sums->count] = outcome->all;
	sums->checksum[sums->count++] = outcome->checksum;
	return true;
}

static void summarise(struct series *series, double values[3][ROUNDS_MAX])
{
	series->peak_bytes = statistics_median(values[0], series->count);
	series->returned = statistics_median(values[1], series->count);
	series->returnable = statistics_median(values[2], series->count);
}

static int measure_pattern(struct plan *plan, struct row *row)
{
	static double values[ALLOCATORS_MAX][3][ROUNDS_MAX];
	static struct sums sums;
	/* What is returned hardly differs from run to run, and is slow to wait for. */
	unsigned rounds =
		row->pattern->memory_only ? (plan->rounds + 6) / 7 : plan->rounds;

	sums.count = 0;
	for (unsigned round = 0; round < rounds; round++)
		for (int i = 0; allocators[i].name; i++) {
			struct series *series = &row->series[i];
			struct trial trial = {plan->player,
				plan->found[i][0] ? plan->found[i] : NULL,
				allocators[i].variable, row->pattern->name, plan->divisor,
				SEED};
			struct outcome outcome;
			int error;

			if (!plan->present[i] || series->failure[0])
				continue;
			error = trial_run(&trial, &outcome);
			if (error)
				return error;
			judge(plan, i, &outcome, series);
			if (!series->failure[0] && !sums_agree(&sums, &outcome))
				(void)snprintf(series->failure, sizeof(series->failure),
					"the contents of its blocks changed");
			write_csv(plan, &trial, i, round, &outcome);
			if (series->failure[0])
				continue;
			values[i][0][series->count] = (double)outcome.peak_bytes;
			values[i][1][series->count] = outcome.returned;
			values[i][2][series->count] = outcome.returnable;
			series->ns[series->count++] = outcome.ns;
		}
	for (int i = 0; allocators[i].name; i++) {
		/* An allocator that fails once has no time for this pattern. */
		if (row->series[i].failure[0])
			row->series[i].count = 0;
		summarise(&row->series[i], values[i]);
	}
	return 0;
}

static int measure(struct plan *plan)
{
	static struct results results;
	int error = 0;

	for (int i = 0; allocators[i].name; i++)
		if (!plan->present[i] && is_listed(plan->allocators, allocators[i].name))
			printf("%s is not here\n", allocators[i].name);
	for (int i = 0; allocators[i].name; i++)
		plan->present[i] &= is_listed(plan->allocators, allocators[i].name);
	printf("%u rounds, the allocators in turn, each run a process of its own\n\n",
		plan->rounds);
	report_header(plan->present);
	for (size_t i = 0; patterns[i] && !error; i++) {
		struct row *row = &results.rows[results.count];

		if (!is_listed(plan->patterns, patterns[i]->name))
			continue;
		row->pattern = patterns[i];
		results.count++;
		error = measure_pattern(plan, row);
		report_row(row, plan->present);
	}
	if (!error)
		report_verdicts(&results, plan->present);
	return error;
}

/* 0, or the exit status and 1 above it. */
static int parse(int argc, char **argv, struct plan *plan, bool *list)
{
	static const struct option options[] = {
		{"rounds", required_argument, NULL, 'r'},
		{"patterns", required_argument, NULL, 'p'},
		{"allocators", required_argument, NULL, 'a'},
		{"hp-library", required_argument, NULL, 'l'},
		{"csv", required_argument, NULL, 'c'},
		{"quick", no_argument, NULL, 'q'},
		{"list", no_argument, NULL, 'L'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	uint64_t rounds = plan->rounds;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'r':
			if (number_parse_unsigned(optarg, &rounds) != 0 || rounds == 0 ||
				rounds > ROUNDS_MAX)
				return 1 + usage(stderr, 2);
			break;
		case 'p':
			plan->patterns = optarg;
			break;
		case 'a':
			plan->allocators = optarg;
			break;
		case 'l':
			if (!realpath(optarg, plan->hp_library))
				plan->hp_library[0] = '\0';
			break;
		case 'c':
			plan->csv_path = optarg;
			break;
		case 'q':
			plan->divisor = QUICK_DIVISOR;
			rounds = QUICK_ROUNDS;
			break;
		case 'L':
			*list = true;
			break;
		default:
			return 1 + usage(option == 'h' ? stdout : stderr,
					   option == 'h' ? 0 : 2);
		}
	}
	plan->rounds = (unsigned)rounds;
	if (optind < argc || check_list(plan->patterns, true) != 0 ||
		check_list(plan->allocators, false) != 0)
		return 1 + usage(stderr, 2);
	return 0;
}

/* The player lies beside this program. */
static int find_player(char player[LIBRARY_TEXT])
{
	ssize_t length = readlink("/proc/self/exe", player, LIBRARY_TEXT - 32);
	char *slash;

	if (length < 0)
		return -errno;
	player[length] = '\0';
	slash = strrchr(player, '/');
	(void)snprintf(slash + 1, 32, "alloc-player");
	return access(player, X_OK) == 0 ? 0 : -errno;
}

int main(int argc, char **argv)
{
	static struct plan plan = {.rounds = 7, .divisor = 1};
	bool list = false;
	int error = parse(argc, argv, &plan, &list);

	if (error > 0)
		return error - 1;
	error = find_player(plan.player);
	if (error == 0 && plan.csv_path && !(plan.csv = fopen(plan.csv_path, "we")))
		error = -errno;
	if (error == 0) {
		if (plan.csv)
			(void)fprintf(plan.csv,
				"pattern,allocator,round,operations,"
				"wall_ns,ns,peak_bytes,checksum,failure\n");
		for (int i = 0; allocators[i].name; i++)
			find_library(&plan, i);
		if (list)
			list_all(&plan);
		else
			error = measure(&plan);
	}
	if (plan.csv && fclose(plan.csv) != 0 && error == 0)
		error = -errno;
	if (error)
		(void)fprintf(stderr, "bench-alloc: %s\n", strerror(-error));
	return error ? 1 : 0;
}
