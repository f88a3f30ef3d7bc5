/* SPDX-License-Identifier: MIT */
#include "alloc/hp/stats.h"

#include "alloc/hp/large.h"
#include "alloc/hp/metadata.h"
#include "alloc/hp/pages.h"
#include "alloc/hp/segments.h"
#include "alloc/hp/sizeclass.h"
#include "alloc/hp/threads.h"

_Static_assert((int)HP_STATS_CLASSES >= (int)CLASS_COUNT, "every class is told");
_Static_assert((int)HP_STATS_NODES == (int)PAGES_NODES, "nodes are told one by one");
_Static_assert((int)HP_SOURCES == (int)PAGES_SOURCES, "sources are told one by one");

static void add_span(struct hp_stats *stats, const struct span *span)
{
	uint64_t used = span_used(span);

	stats->live_blocks += used;
	stats->live_bytes += used * span->block_bytes;
	if (span->class == SPAN_SINGLE) {
		stats->large_blocks += used;
		stats->large_bytes += used * span->block_bytes;
		return;
	}
	stats->classes[span->class].live += used;
	stats->classes[span->class].cached += span->total - used;
	stats->cached_bytes += (span->total - used) * (uint64_t)span->block_bytes;
}

static void add_segment(struct segment *segment, void *context)
{
	struct hp_stats *stats = context;
	uint64_t live_before = stats->live_bytes;

	for (unsigned i = SEGMENT_HEADER_SLICES; i < SEGMENT_SLICES; i++)
		if (segment->spans[i].slices)
			add_span(stats, &segment->spans[i]);
	stats->metadata_bytes += (uint64_t)SEGMENT_HEADER_SLICES * SLICE_BYTES;
	if (segment->pages.page_bytes < SEGMENT_BYTES || stats->live_bytes == live_before)
		return;
	stats->huge_pages++;
	stats->wasted_bytes += SEGMENT_BYTES - (stats->live_bytes - live_before);
}

/* To their spans, what lies in caches or is on its way is in use. */
static void subtract_cached(struct hp_stats *stats)
{
	uint64_t blocks[CLASS_COUNT];

	threads_cached(blocks);
	for (unsigned class = 0; class < CLASS_COUNT; class ++) {
		uint64_t cached = blocks[class];

		if (cached > stats->classes[class].live)
			cached = stats->classes[class].live;
		stats->classes[class].live -= cached;
		stats->classes[class].cached += cached;
		stats->live_blocks -= cached;
		stats->live_bytes -= cached * class_bytes(class);
		stats->cached_bytes += cached * class_bytes(class);
	}
}

void stats_of_heap(struct hp_stats *stats)
{
	struct large_stats large;

	stats->class_count = CLASS_COUNT;
	for (unsigned class = 0; class < CLASS_COUNT; class ++)
		stats->classes[class].block_bytes = class_bytes(class);
	segments_visit(add_segment, stats);
	subtract_cached(stats);
	large_stats(&large);
	stats->live_blocks += large.live_blocks;
	stats->live_bytes += large.live_bytes;
	stats->large_blocks += large.live_blocks;
	stats->large_bytes += large.live_bytes;
	stats->cached_bytes += large.kept_bytes;
	stats->huge_pages += large.huge_pages;
	stats->metadata_bytes += metadata_bytes();
	stats->remote_frees += threads_remote_frees();
	stats->heaps += threads_heaps();
	stats->decayed_bytes += segments_decayed_bytes();
}

void stats_of_pages(struct hp_stats *stats)
{
	struct pages_stats pages;

	pages_stats(&pages);
	for (int i = 0; i < HP_SOURCES; i++) {
		stats->source_bytes[i] = pages.mapped_bytes[i];
		stats->mapped_bytes += pages.mapped_bytes[i];
	}
	for (int i = 0; i < HP_STATS_NODES; i++)
		stats->node_bytes[i] = pages.node_bytes[i];
	stats->peak_bytes = pages.peak_bytes;
	stats->steps_no_pool = pages.steps[PAGES_NO_POOL];
	stats->steps_limit = pages.steps[PAGES_LIMIT];
	stats->steps_refused = pages.steps[PAGES_REFUSED];
	stats->steps_forked = pages.steps[PAGES_FORKED];
	stats->steps_unaligned = pages.steps[PAGES_UNALIGNED];
	stats->map_failures = pages.failures;
	stats->maps = pages.maps;
	stats->unmaps = pages.unmaps;
	stats->purged_bytes = pages.purged_bytes;
	stats->fork_copied_bytes = pages.fork_copied_bytes;
}
