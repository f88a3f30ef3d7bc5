/* SPDX-License-Identifier: MIT */

/* What glibc tells about its malloc, told about hp, and what it lets be tuned. */
#include "alloc/hp/hp.h"
#include "interpose/hp/interpose.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

EXPORT int malloc_trim(size_t keep_bytes)
{
	return hp_trim(keep_bytes) > 0;
}

/* Parameters of glibc's algorithms: taken, as glibc takes those that it gave up. */
EXPORT int mallopt(int parameter, int value)
{
	(void)parameter;
	(void)value;
	return 1;
}

EXPORT void malloc_stats(void)
{
	int saved = errno;

	(void)hp_stats_print(STDERR_FILENO, HP_STATS_TEXT);
	errno = saved;
}

static uint64_t count_cached(const struct hp_stats *stats)
{
	uint64_t count = 0;

	for (unsigned i = 0; i < stats->class_count; i++)
		count += stats->classes[i].cached;
	return count;
}

EXPORT struct mallinfo2 mallinfo2(void)
{
	struct hp_stats stats;
	struct mallinfo2 info = {0};
	uint64_t small_bytes;

	hp_stats(&stats);
	small_bytes = stats.live_bytes - stats.large_bytes;
	info.arena = stats.mapped_bytes - stats.large_bytes;
	info.ordblks = count_cached(&stats);
	info.hblks = stats.large_blocks;
	info.hblkhd = stats.large_bytes;
	info.uordblks = small_bytes;
	info.fordblks = info.arena - small_bytes;
	info.keepcost = stats.cached_bytes;
	return info;
}

static int clamp(size_t value)
{
	return value > INT_MAX ? INT_MAX : (int)value;
}

EXPORT struct mallinfo mallinfo(void)
{
	struct mallinfo2 wide = mallinfo2();
	struct mallinfo info = {
		.arena = clamp(wide.arena),
		.ordblks = clamp(wide.ordblks),
		.hblks = clamp(wide.hblks),
		.hblkhd = clamp(wide.hblkhd),
		.uordblks = clamp(wide.uordblks),
		.fordblks = clamp(wide.fordblks),
		.keepcost = clamp(wide.keepcost),
	};

	return info;
}

/* The root element and the totals of glibc's document. */
EXPORT int malloc_info(int options, FILE *stream)
{
	struct hp_stats stats;

	if (options != 0)
		return EINVAL; /* what glibc does, if not what its manual says */
	hp_stats(&stats);
	(void)fprintf(stream,
		"<malloc version=\"1\">\n"
		"<total type=\"fast\" count=\"%" PRIu64 "\" size=\"%" PRIu64 "\"/>\n"
		"<total type=\"mmap\" count=\"%" PRIu64 "\" size=\"%" PRIu64 "\"/>\n"
		"<system type=\"current\" size=\"%" PRIu64 "\"/>\n"
		"<system type=\"max\" size=\"%" PRIu64 "\"/>\n"
		"</malloc>\n",
		count_cached(&stats), stats.cached_bytes, stats.large_blocks,
		stats.large_bytes, stats.mapped_bytes, stats.peak_bytes);
	return 0;
}
