/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/page-costs.h"

#include "base/clock.h"
#include "core/statistics.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* Each pass is over as much as stays beyond most private caches. */
enum { ROUNDS = 7, HUGE_PAGES = 16, LINE = 64 };

static uint64_t faults_so_far(void)
{
	struct rusage usage = {0};

	(void)getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)usage.ru_minflt;
}

/* One pass over fresh memory, from the mapping's first write to its end: time and faults.
 * 0 or -errno. */
static int use_once(
	uint64_t bytes, uint64_t align, int advice, double *ns, uint64_t *faults)
{
	char *mapping = mmap(NULL, bytes + align, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	volatile char *at;
	uint64_t start_ns;

	if (mapping == MAP_FAILED)
		return -errno;
	at = mapping + (align - (uintptr_t)mapping % align) % align;
	/* Where the kernel has no transparent huge pages there is no advice either. */
	(void)madvise(mapping, bytes + align, advice);
	*faults = faults_so_far();
	start_ns = clocks_system.cpu_ns();
	for (uint64_t i = 0; i < bytes; i += LINE)
		at[i] = 1;
	*faults = faults_so_far() - *faults;
	if (munmap(mapping, bytes + align))
		return -errno;
	*ns = (double)(clocks_system.cpu_ns() - start_ns);
	return 0;
}

static void condense(double sample[ROUNDS], double pages, struct page_cost *cost)
{
	statistics_sort(sample, ROUNDS);
	cost->ns = statistics_quantile(sample, ROUNDS, 0.5) / pages;
	cost->low = sample[0] / pages;
	cost->high = sample[ROUNDS - 1] / pages;
}

int page_costs_measure(
	struct page_costs *costs, uint64_t huge_bytes, struct complaint *complaint)
{
	const uint64_t small_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	const uint64_t bytes = HUGE_PAGES * huge_bytes;
	double small[ROUNDS], huge[ROUNDS];
	bool granted = true;

	*costs =
		(struct page_costs){.small_bytes = small_bytes, .huge_bytes = huge_bytes};
	for (int r = 0; r < ROUNDS; r++) {
		uint64_t faults = 0;
		int error =
			use_once(bytes, huge_bytes, MADV_NOHUGEPAGE, &small[r], &faults);

		if (!error)
			error = use_once(
				bytes, huge_bytes, MADV_HUGEPAGE, &huge[r], &faults);
		if (error)
			return complaint_cannot(
				complaint, "measure", "what page faults cost", error);
		/* A few that fall back to small pages would be many. */
		granted &= faults < UINT64_C(4) * HUGE_PAGES;
	}
	condense(small, (double)bytes / (double)small_bytes, &costs->small);
	if (granted)
		condense(huge, HUGE_PAGES, &costs->huge);
	return 0;
}
