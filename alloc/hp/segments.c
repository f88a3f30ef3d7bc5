/* SPDX-License-Identifier: MIT */
#include "alloc/hp/segments.h"

#include "alloc/hp/random.h"
#include "alloc/hp/registry.h"

enum {
	/* Mapped with base pages before the first huge one: what costs a program of a
	 * few hundred KiB nothing, and is little beside what a larger one uses. */
	SMALL_START_BYTES = 4 << 20,
	LOOK_MS = 20,    /* between two searches for what has decayed */
	SPARSE_PART = 2, /* a huge page of which less than a half is used may be broken */
};

struct node_segments {
	pthread_mutex_t mutex;
	struct segment *lists[SEGMENTS_LISTS]; /* by the longest run of free slices */
	uint64_t filled[(SEGMENTS_LISTS + 63) / 64]; /* which lists have segments */
	struct segment *all;
};

static struct node_segments nodes[PAGES_NODES] = {
	[0 ... PAGES_NODES - 1] = {.mutex = PTHREAD_MUTEX_INITIALIZER},
};
static struct segments_config config;
static _Atomic int nodes_used = 1; /* nodes above have never been asked for */
static _Atomic size_t mapped_bytes;
static _Atomic size_t small_bytes;
static _Atomic uint64_t looked_ms;
static _Atomic uint64_t decayed_bytes;

void segments_configure(const struct segments_config *wanted)
{
	config = *wanted;
}

bool segments_reserve_bytes(size_t bytes)
{
	size_t before =
		atomic_fetch_add_explicit(&mapped_bytes, bytes, memory_order_relaxed);

	if (!config.limit_bytes || before + bytes <= config.limit_bytes)
		return true;
	segments_release_bytes(bytes);
	return false;
}

void segments_release_bytes(size_t bytes)
{
	atomic_fetch_sub_explicit(&mapped_bytes, bytes, memory_order_relaxed);
}

void segments_note_decayed(size_t bytes)
{
	atomic_fetch_add_explicit(&decayed_bytes, bytes, memory_order_relaxed);
}

uint64_t segments_decayed_bytes(void)
{
	return atomic_load_explicit(&decayed_bytes, memory_order_relaxed);
}

int segments_nodes(void)
{
	return atomic_load_explicit(&nodes_used, memory_order_relaxed);
}

static struct node_segments *node_of(int node)
{
	int index = node < 0 ? 0 : node < PAGES_NODES ? node : PAGES_NODES - 1;
	int used = atomic_load_explicit(&nodes_used, memory_order_relaxed);

	while (index >= used &&
		!atomic_compare_exchange_weak(&nodes_used, &used, index + 1))
		;
	return &nodes[index];
}

static void list_insert(struct node_segments *of, struct segment *segment)
{
	struct segment **list = &of->lists[segment->longest];

	segment->previous = NULL;
	segment->next = *list;
	if (*list)
		(*list)->previous = segment;
	*list = segment;
	of->filled[segment->longest / 64] |= UINT64_C(1) << segment->longest % 64;
}

static void list_remove(struct node_segments *of, struct segment *segment, unsigned list)
{
	if (segment->next)
		segment->next->previous = segment->previous;
	if (segment->previous)
		segment->previous->next = segment->next;
	else
		of->lists[list] = segment->next;
	if (!of->lists[list])
		of->filled[list / 64] &= ~(UINT64_C(1) << list % 64);
}

/* The first list from `least` on that has segments; SEGMENTS_LISTS: none. */
static unsigned list_find(const struct node_segments *of, unsigned least)
{
	while (least < SEGMENTS_LISTS) {
		uint64_t rest = of->filled[least / 64] >> least % 64;

		if (rest)
			return least + (unsigned)__builtin_ctzl(rest);
		least = (least / 64 + 1) * 64;
	}
	return SEGMENTS_LISTS;
}

static bool map(int node, struct pages_span *pages)
{
	size_t small = atomic_load_explicit(&small_bytes, memory_order_relaxed);

	if (config.small_start && small < SMALL_START_BYTES) {
		atomic_store_explicit(
			&small_bytes, small + SEGMENT_BYTES, memory_order_relaxed);
		if (pages_map_metadata(SEGMENT_BYTES, SEGMENT_BYTES, pages) == 0)
			return true;
	}
	return pages_map(SEGMENT_BYTES, SEGMENT_BYTES, node, pages) == 0;
}

static struct segment *grow(struct node_segments *of, int node)
{
	struct pages_span pages;
	struct segment *segment;

	if (!segments_reserve_bytes(SEGMENT_BYTES))
		return NULL;
	if (!map(node, &pages)) {
		segments_release_bytes(SEGMENT_BYTES);
		return NULL;
	}
	segment = segment_init(&pages);
	segment->node = node;
	segment->changed_ms = pages_now_ms();
	segment->previous_all = NULL;
	segment->next_all = of->all;
	if (of->all)
		of->all->previous_all = segment;
	of->all = segment;
	list_insert(of, segment);
	registry_add_segment(segment);
	return segment;
}

/* Bytes given back. */
static size_t drop(struct node_segments *of, struct segment *segment)
{
	struct pages_span pages = segment->pages;

	list_remove(of, segment, segment->longest);
	if (segment->next_all)
		segment->next_all->previous_all = segment->previous_all;
	if (segment->previous_all)
		segment->previous_all->next_all = segment->next_all;
	else
		of->all = segment->next_all;
	if (pages.source == PAGES_SMALL && config.small_start)
		atomic_fetch_sub_explicit(
			&small_bytes, SEGMENT_BYTES, memory_order_relaxed);
	registry_remove_segment(segment);
	pages_unmap(&pages);
	segments_release_bytes(SEGMENT_BYTES);
	return SEGMENT_BYTES;
}

static struct segment *find(
	struct node_segments *of, const struct span_request *request, unsigned *first)
{
	unsigned least = request->slices;

	while ((least = list_find(of, least)) < SEGMENTS_LISTS) {
		*first = segment_find(
			of->lists[least], request->slices, request->alignment);
		if (*first)
			return of->lists[least];
		least++;
	}
	return NULL;
}

static void relist(struct node_segments *of, struct segment *segment, unsigned before)
{
	if (segment->longest == before)
		return;
	list_remove(of, segment, before);
	list_insert(of, segment);
}

static struct span *span_init(struct segment *segment, unsigned first,
	const struct span_request *request, bool clean)
{
	struct span *span = &segment->spans[first];

	__builtin_memset(segment->class + first, (int)request->class, request->slices);
	span->free = segment;
	span->key = random_word();
	span->next = NULL;
	span->previous = NULL;
	span->parked = 0;
	span->block_bytes = (uint32_t)request->block_bytes;
	span->slices = (uint16_t)request->slices;
	span->total = (uint16_t)(span_bytes(span) / request->block_bytes);
	span->class = (uint8_t)request->class;
	span->still = 0;
	span->zeroed = clean;
	atomic_store_explicit(&span->carved, 0, memory_order_relaxed);
	atomic_store_explicit(&span->used, 0, memory_order_relaxed);
	atomic_store_explicit(&span->owner, request->owner, memory_order_relaxed);
	return span;
}

struct span *segments_take(int node, const struct span_request *request)
{
	struct node_segments *of = node_of(node);
	struct segment *segment;
	struct span *span = NULL;
	unsigned first = 0;
	unsigned before;
	bool clean;

	pthread_mutex_lock(&of->mutex);
	segment = find(of, request, &first);
	if (!segment) {
		segment = grow(of, node);
		if (!segment)
			goto out;
		first = segment_find(segment, request->slices, request->alignment);
		if (!first)
			goto out;
	}
	before = segment->longest;
	clean = segment_take(segment, first, request->slices);
	relist(of, segment, before);
	span = span_init(segment, first, request, clean);
out:
	pthread_mutex_unlock(&of->mutex);
	return span;
}

/* What the span has given back already (parking.h) is not given back again with it: whole
 * slices of that. */
static void note_parked(struct segment *segment, const struct span *span)
{
	unsigned pages = SLICE_BYTES / (unsigned)pages_base_bytes();
	uint64_t whole = (UINT64_C(1) << pages) - 1;

	for (unsigned i = 0; span->parked && i < span->slices; i++)
		if ((span->parked >> i * pages & whole) == whole)
			segment_note_purged(segment, span_first(span) + i);
}

void segments_give(struct span *span)
{
	struct segment *segment = segment_of(span);
	struct node_segments *of = node_of(segment->node);
	uint64_t now = pages_now_ms();
	unsigned before;

	pthread_mutex_lock(&of->mutex);
	before = segment->longest;
	segment_give(segment, span_first(span), span->slices);
	note_parked(segment, span);
	__builtin_memset(segment->class + span_first(span), SPAN_SINGLE, span->slices);
	span->slices = 0;
	span->class = SPAN_SINGLE;
	atomic_store_explicit(&span->owner, 0, memory_order_relaxed);
	segment->changed_ms = now;
	segment->settled = false;
	relist(of, segment, before);
	pthread_mutex_unlock(&of->mutex);
}

bool segments_resize(struct span *span, unsigned slices)
{
	struct segment *segment = segment_of(span);
	struct node_segments *of = node_of(segment->node);
	unsigned first = span_first(span);
	unsigned end = first + span->slices;
	bool done = true;
	unsigned before;

	pthread_mutex_lock(&of->mutex);
	before = segment->longest;
	if (slices < span->slices)
		segment_give(segment, first + slices, span->slices - slices);
	else if (segment_is_free(segment, end, slices - span->slices))
		segment_extend(segment, first, end, slices - span->slices);
	else
		done = false;
	if (done) {
		span->slices = (uint16_t)slices;
		span->block_bytes = slices * SLICE_BYTES;
		segment->changed_ms = pages_now_ms();
		segment->settled = false;
		relist(of, segment, before);
	}
	pthread_mutex_unlock(&of->mutex);
	return done;
}

/* Whether parts of it may go: of base pages already, or a transparent huge page that is
 * mostly unused. A page of a pool is whole. */
static bool sparse(const struct segment *segment)
{
	if (segment->pages.source == PAGES_SMALL || segment->broken)
		return true;
	return segment->pages.source == PAGES_THP &&
	       segment_live_bytes(segment) < SEGMENT_BYTES / SPARSE_PART;
}

bool segments_may_break(const struct span *span)
{
	struct segment *segment = segment_of(span);
	struct node_segments *of = node_of(segment->node);
	bool may;

	pthread_mutex_lock(&of->mutex);
	may = sparse(segment);
	if (may && !segment->broken) {
		segment->broken = true;
		segment->settled = false;
	}
	pthread_mutex_unlock(&of->mutex);
	return may;
}

static size_t decay(struct node_segments *of, uint64_t now)
{
	struct segment *next;
	size_t sum = 0;

	pthread_mutex_lock(&of->mutex);
	for (struct segment *segment = of->all; segment; segment = next) {
		next = segment->next_all;
		if (segment->settled ||
			now - segment->changed_ms < (uint64_t)config.decay_ms)
			continue;
		if (segment_empty(segment)) {
			sum += drop(of, segment);
		} else if (sparse(segment)) {
			sum += segment_purge(segment);
			segment->settled = true;
		} else {
			segment->changed_ms =
				now; /* fewer may live after another decay */
		}
	}
	pthread_mutex_unlock(&of->mutex);
	return sum;
}

bool segments_decay(uint64_t now_ms)
{
	uint64_t last = atomic_load_explicit(&looked_ms, memory_order_relaxed);
	size_t sum = 0;

	if (config.decay_ms < 0 || now_ms - last < LOOK_MS ||
		!atomic_compare_exchange_strong(&looked_ms, &last, now_ms))
		return false;
	for (int i = 0; i < atomic_load(&nodes_used); i++)
		sum += decay(&nodes[i], now_ms);
	segments_note_decayed(sum);
	return true;
}

size_t segments_trim(size_t keep_bytes)
{
	struct segment *next;
	size_t sum = 0;

	for (int i = 0; i < atomic_load(&nodes_used); i++) {
		struct node_segments *of = &nodes[i];

		pthread_mutex_lock(&of->mutex);
		for (struct segment *segment = of->all; segment; segment = next) {
			next = segment->next_all;
			if (segment_empty(segment) && keep_bytes >= SEGMENT_BYTES)
				keep_bytes -= SEGMENT_BYTES;
			else if (segment_empty(segment))
				sum += drop(of, segment);
			else if (sparse(segment))
				sum += segment_purge(segment);
		}
		pthread_mutex_unlock(&of->mutex);
	}
	return sum;
}

void segments_visit(void (*visit)(struct segment *segment, void *context), void *context)
{
	segments_fork_prepare();
	for (int i = 0; i < atomic_load(&nodes_used); i++)
		for (struct segment *segment = nodes[i].all; segment;
			segment = segment->next_all)
			visit(segment, context);
	segments_fork_done();
}

void segments_finalize(void)
{
	for (int i = 0; i < atomic_load(&nodes_used); i++)
		while (nodes[i].all)
			(void)drop(&nodes[i], nodes[i].all);
}

void segments_fork_prepare(void)
{
	for (int i = 0; i < PAGES_NODES; i++)
		pthread_mutex_lock(&nodes[i].mutex);
}

void segments_fork_done(void)
{
	for (int i = 0; i < PAGES_NODES; i++)
		pthread_mutex_unlock(&nodes[i].mutex);
}
