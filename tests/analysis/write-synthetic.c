/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"
#include "tests/analysis/synthetic.h"

#include <stdio.h>
#include <string.h>

/*
 * Writes the raw files of one synthetic run into a folder, so that its summary and figure
 * can be looked at: write-synthetic SCENARIO FOLDER; then escalier report FOLDER.
 */
static const char two_nodes[] = "pack:2 [numa(memory=8GiB)] l3:1(size=32MiB) "
				"l2:2(size=512KiB) l1d:1(size=32KiB) core:1 pu:1";
static const char close_caches[] = "pack:1 [numa(memory=8GiB)] l3:1(size=1MiB) "
				   "l2:2(size=512KiB) l1d:1(size=64KiB) core:1 pu:1";

static const struct scenario {
	const char *name;
	struct synthetic_options options;
} scenarios[] = {
	{"counters", {.kernels = {"chase", "strided"},
			     .backends = {"small", "thp", "hugetlb-2m"},
			     .rounds = 8,
			     .counters = true}},
	{"checked", {.kernels = {"chase"},
			    .backends = {"small", "thp"},
			    .rounds = 8,
			    .counters = true,
			    .checked = true,
			    .dead = "DTLB_WALKS"}},
	{"clocks", {.kernels = {"chase", "strided"},
			   .backends = {"small", "thp", "hugetlb-2m"},
			   .rounds = 8}},
	{"failing", {.kernels = {"chase", "strided"},
			    .backends = {"small", "thp", "hugetlb-2m"},
			    .failing = "hugetlb-2m",
			    .rounds = 8,
			    .counters = true}},
	{"single", {.kernels = {"chase"},
			   .backends = {"small"},
			   .rounds = 8,
			   .counters = true}},
	{"one-round", {.kernels = {"chase", "strided"},
			      .backends = {"small", "thp"},
			      .rounds = 1}},
	{"nodes", {.kernels = {"chase", "strided"},
			  .backends = {"small", "thp"},
			  .strides = {64, 256},
			  .rounds = 6,
			  .nodes = 2,
			  .counters = true,
			  .machine = two_nodes}},
	{"six", {.kernels = {"chase"},
			.backends = {"small", "libc", "thp", "hugetlb-2m", "hugetlb-1g",
				"hp"},
			.rounds = 6,
			.counters = true,
			.machine = close_caches}},
	{"strided", {.kernels = {"strided"},
			    .backends = {"small", "thp"},
			    .rounds = 6,
			    .counters = true}},
	{"few-sizes", {.kernels = {"chase"},
			      .backends = {"small", "thp"},
			      .min_bytes = 16 << 10,
			      .max_bytes = 64 << 10,
			      .per_octave = 1,
			      .rounds = 6,
			      .counters = true,
			      .no_tlbs = true}},
	{"no-caches", {.kernels = {"chase"},
			      .backends = {"small", "thp"},
			      .rounds = 6,
			      .no_tlbs = true,
			      .machine = "pack:1 [numa(memory=8GiB)] core:2 pu:1"}},
	{"one-size", {.kernels = {"chase"},
			     .backends = {"small"},
			     .min_bytes = 16 << 10,
			     .max_bytes = 16 << 10,
			     .rounds = 2}},
	{"nothing", {.kernels = {"chase"},
			    .backends = {"thp"},
			    .failing = "thp",
			    .rounds = 2}},
};
enum { SCENARIOS = sizeof(scenarios) / sizeof(scenarios[0]) };

int main(int argc, char **argv)
{
	for (size_t i = 0; i < SCENARIOS && argc == 3; i++) {
		struct synthetic run;

		if (strcmp(scenarios[i].name, argv[1]) != 0)
			continue;
		if (file_make_folders(argv[2]) != 0)
			return 1;
		synthetic_init(&run, &scenarios[i].options);
		synthetic_write(&run, argv[2]);
		synthetic_release(&run);
		return 0;
	}
	(void)fprintf(stderr, "usage: write-synthetic SCENARIO FOLDER; scenarios:");
	for (size_t i = 0; i < SCENARIOS; i++)
		(void)fprintf(stderr, " %s", scenarios[i].name);
	(void)fprintf(stderr, "\n");
	return 2;
}
