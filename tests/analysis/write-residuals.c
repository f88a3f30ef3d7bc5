/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/staircase.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/*
 * write-residuals FOLDER...: how rounds differ from their median, from the raw files of
 * real sweeps without counters. One line each, in the order of sizes within a round: the
 * class of the size, and the residual of the cycles' logarithm, stretched by what the
 * median takes from few rounds.
 */
/* Of the machine that was recorded: its private caches overflow from 300 KiB on, and its
 * part of a shared one between 1.2 and 4 MiB, where a fresh allocation is either in it or
 * not. */
static const struct {
	const char *name;
	uint64_t from, to;
} classes[] = {
	{"private", 0, 220 << 10},
	{"shared", 640 << 10, 1100 << 10},
	{"edge", 1200 << 10, 4 << 20},
	{"memory", 5 << 20, UINT64_MAX},
};

static const char *class_of(uint64_t bytes)
{
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (bytes >= classes[i].from && bytes <= classes[i].to)
			return classes[i].name;
	return NULL;
}

static void write_series(const struct series *series, size_t rounds)
{
	for (size_t r = 0; r < rounds; r++)
		for (size_t i = 0; i < series->count; i++) {
			const struct stair *stair = &series->stairs[i];
			const char *class = class_of(stair->bytes);
			double n = (double)stair->rounds_count;
			double value;

			if (!class || r >= stair->rounds_count || n < 3)
				continue;
			value = stair->rounds[r].values[QUANTITY_CLOCK_CYCLES] /
				stair->cycles.median;
			if (isfinite(log(value)))
				printf("%s\t%.4f\n", class,
					log(value) * sqrt(n / (n - 1)));
		}
}

static int write_folder(const char *folder)
{
	struct complaint complaint = {0};
	struct staircase staircase;
	struct dataset dataset;
	struct machine machine;
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/machine.xml", folder);
	if (topology_load(&machine, path, &complaint))
		return 1;
	(void)snprintf(path, sizeof(path), "%s/windows.csv", folder);
	if (dataset_load_csv(&dataset, path, &complaint) ||
		staircase_build(&staircase, &dataset,
			&(struct staircase_options){
				.machine = &machine, .baseline = "small"}))
		return 1;
	for (size_t i = 0; i < staircase.count; i++)
		if (strcmp(staircase.series[i].kernel, "chase") == 0)
			write_series(&staircase.series[i], 64);
	staircase_release(&staircase);
	dataset_release(&dataset);
	topology_release(&machine);
	return 0;
}

int main(int argc, char **argv)
{
	printf("# Residuals of rounds in real sweeps: see write-residuals.c\n");
	for (int i = 1; i < argc; i++)
		if (write_folder(argv[i]))
			return 1;
	return 0;
}
