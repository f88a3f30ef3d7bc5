/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/analysis/staircases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * How often all levels of a random staircase are found: bench-levels [COUNT [SEED
 * [--why]]].
 */
static const char *const families[] = {
	[FAMILY_LOGISTIC] = "logistic",
	[FAMILY_SETS] = "sets",
	[FAMILY_RANDOM] = "random",
	[FAMILY_RAMP] = "ramp",
};
static const char *const countings[] = {
	[COUNT_NOTHING] = "time alone",
	[COUNT_MISSES] = "misses",
	[COUNT_FILLS] = "fills",
	[COUNT_PART] = "five, part",
};

int main(int argc, char **argv)
{
	size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	struct residuals *residuals = residuals_load("tests/analysis/data/residuals.tsv");

	for (int c = COUNT_NOTHING; c < (getenv("TUNE") ? COUNT_MISSES : COUNTINGS);
		c++) {
		size_t right = 0;

		for (int f = 0; f < FAMILIES; f++) {
			size_t held = 0;

			for (size_t i = 0; i < count / FAMILIES; i++) {
				struct staircase_truth truth;
				struct levels levels;
				char why[256];

				staircase_truth_init(&truth, (enum staircase_family)f,
					(enum staircase_counting)c, 3 + i % 6, residuals,
					random_derive(seed, i * FAMILIES + (size_t)f));
				if (levels_find(&levels, &truth.staircase,
					    &truth.staircase.series[0], &truth.machine,
					    false))
					return 1;
				if (staircase_truth_holds(&truth, &levels, why))
					held++;
				else if (argc > 3)
					printf("%s %s %zu: %s\n", countings[c],
						families[f], i, why);
				staircase_truth_release(&truth);
			}
			printf("%-12s %-10s %5zu of %zu, %.1f %%\n", countings[c],
				families[f], held, count / FAMILIES,
				100.0 * (double)held / (double)(count / FAMILIES));
			right += held;
		}
		printf("%-12s %-10s %5zu of %zu, %.1f %%\n", countings[c], "all", right,
			count / FAMILIES * FAMILIES,
			100.0 * (double)right / (double)(count / FAMILIES * FAMILIES));
	}
	residuals_release(residuals);
	return 0;
}
