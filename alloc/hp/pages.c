/* SPDX-License-Identifier: MIT */
#include "alloc/hp/pages.h"

#include "alloc/hp/gigantic.h"
#include "alloc/hp/node.h"
#include "alloc/hp/ordinary.h"
#include "alloc/hp/pages-state.h"
#include "alloc/hp/reserved.h"

#include <errno.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct pages_state pages_state = {
	.forking = PTHREAD_RWLOCK_INITIALIZER,
	.pool_mutex = PTHREAD_MUTEX_INITIALIZER,
};

static struct pages_state *const state = &pages_state;

void pages_configure(const struct pages_config *config)
{
	state->config = *config;
}

size_t pages_base_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE); /* out of the auxiliary vector */
}

static void add(_Atomic uint64_t *counter, uint64_t amount)
{
	atomic_fetch_add_explicit(counter, amount, memory_order_relaxed);
}

static void subtract(_Atomic uint64_t *counter, uint64_t amount)
{
	atomic_fetch_sub_explicit(counter, amount, memory_order_relaxed);
}

static _Atomic uint64_t *node_counter(int node)
{
	return &state->node_bytes[node < 0             ? 0
				  : node < PAGES_NODES ? node
						       : PAGES_NODES - 1];
}

/* Bytes more to be mapped: false, and nothing counted, beyond the limit. */
static bool admit(size_t bytes)
{
	uint64_t sum = atomic_fetch_add(&state->admitted_bytes, bytes) + bytes;
	uint64_t peak = atomic_load_explicit(&state->peak_bytes, memory_order_relaxed);

	if (state->config.limit_bytes && sum > state->config.limit_bytes) {
		subtract(&state->admitted_bytes, bytes);
		return false;
	}
	while (sum > peak &&
		!atomic_compare_exchange_weak_explicit(&state->peak_bytes, &peak, sum,
			memory_order_relaxed, memory_order_relaxed))
		;
	return true;
}

static size_t round_up(size_t bytes, size_t unit)
{
	return (bytes + unit - 1) & ~(unit - 1);
}

static size_t minimum(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t maximum(size_t a, size_t b)
{
	return a > b ? a : b;
}

static enum pages_source source_of(size_t page_bytes)
{
	return page_bytes == GIGANTIC_BYTES ? PAGES_HUGETLB_1G : PAGES_HUGETLB_2M;
}

/* Pages of a pool are entered in the table before anybody uses them: fork goes by it. */
static int enter(void *start, size_t bytes, size_t page_bytes)
{
	int error;

	pthread_mutex_lock(&state->pool_mutex);
	error = ranges_reserve(&state->pool, 1);
	if (!error)
		ranges_insert(&state->pool, start, bytes, page_bytes);
	pthread_mutex_unlock(&state->pool_mutex);
	if (!error)
		add(&state->mapped_bytes[source_of(page_bytes)], bytes);
	return error;
}

static int map_reserved(size_t bytes, size_t alignment, size_t page_bytes, int node,
	struct pages_span *span)
{
	size_t whole = round_up(bytes, page_bytes);
	struct pages_span got = {.bytes = whole,
		.page_bytes = page_bytes,
		.source = source_of(page_bytes),
		.node = PAGES_ANY_NODE,
		.zeroed = true};
	int error;

	if (whole < bytes)
		return -ENOMEM;
	error = reserved_map(whole, alignment, page_bytes, node, state->config.hugetlbfs,
		&got.base, &got.node);
	if (error)
		return error;
	error = enter(got.base, whole, page_bytes);
	if (error)
		(void)munmap(got.base, whole);
	else
		*span = got;
	return error;
}

/* Takes what the table holds of it out, and unmaps. */
static void unmap(void *base, size_t bytes, enum pages_source source)
{
	size_t pool;

	pthread_mutex_lock(&state->pool_mutex);
	pool = ranges_remove(&state->pool, base, bytes);
	pthread_mutex_unlock(&state->pool_mutex);
	(void)munmap(base, bytes);
	if (source == PAGES_SMALL || source == PAGES_THP)
		subtract(&state->mapped_bytes[source], bytes);
	else
		subtract(&state->mapped_bytes[source], pool);
	/* What was purged or has been through a fork is no pool page any more. */
	if (source == PAGES_HUGETLB_1G || source == PAGES_HUGETLB_2M)
		subtract(&state->mapped_bytes[PAGES_THP], bytes - pool);
}

/* Whether it is part of a page that is mapped whole. */
static bool is_part(const struct pages_span *span)
{
	return span->source == PAGES_HUGETLB_1G && span->bytes <= GIGANTIC_BYTES / 2;
}

static int add_gigantic(int node)
{
	struct pages_span page;
	int error;

	if (!admit(GIGANTIC_BYTES))
		return -ENOSPC;
	error = map_reserved(GIGANTIC_BYTES, GIGANTIC_BYTES, GIGANTIC_BYTES, node, &page);
	if (!error) {
		error = gigantic_add(page.base, node);
		if (error)
			unmap(page.base, page.bytes, PAGES_HUGETLB_1G);
	}
	if (error)
		subtract(&state->admitted_bytes, GIGANTIC_BYTES);
	return error;
}

/* Out of a page that is there, or of a new one. More than half a page is mapped by
 * itself. */
static int map_gigantic(size_t bytes, size_t alignment, int node, struct pages_span *span)
{
	size_t parts = round_up(bytes, PAGES_HUGE_BYTES);
	int error;

	if (bytes > GIGANTIC_BYTES / 2 || alignment > GIGANTIC_BYTES)
		return map_reserved(bytes, alignment, GIGANTIC_BYTES, node, span);
	span->base = gigantic_take(parts, alignment, node);
	if (!span->base) {
		error = add_gigantic(node);
		if (error)
			return error;
		span->base = gigantic_take(parts, alignment, node);
		if (!span->base) /* other threads were faster */
			return -ENOMEM;
	}
	span->bytes = parts;
	span->page_bytes = GIGANTIC_BYTES;
	span->source = PAGES_HUGETLB_1G;
	span->node = node;
	span->zeroed = false;
	return 0;
}

static int map_ordinary(size_t bytes, size_t alignment, enum pages_source source,
	int node, struct pages_span *span)
{
	bool huge = source == PAGES_THP;
	size_t base_page = pages_base_bytes();
	size_t whole = round_up(bytes, base_page);
	struct pages_span got = {.bytes = whole,
		.page_bytes = huge ? PAGES_HUGE_BYTES : base_page,
		.source = source,
		.zeroed = true};
	int error;

	if (whole < bytes)
		return -ENOMEM;
	alignment = maximum(alignment, got.page_bytes);
	error = ordinary_map(
		whole, alignment, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE, &got.base);
	if (error)
		return error;
	got.node = node_prefer(got.base, whole, node);
	add(&state->mapped_bytes[source], whole);
	*span = got;
	return 0;
}

/* 0, or -errno and why the source did not serve. */
static int map_from(enum pages_source source, size_t bytes, size_t alignment, int node,
	struct pages_span *span, enum pages_cause *cause)
{
	int error;

	*cause = PAGES_REFUSED;
	if (source >= PAGES_THP)
		return map_ordinary(bytes, alignment, source, node, span);
	*cause = PAGES_FORKED;
	if (atomic_load_explicit(&state->forks, memory_order_relaxed))
		return -EBUSY;
	error = source == PAGES_HUGETLB_1G
			? map_gigantic(bytes, alignment, node, span)
			: map_reserved(bytes, alignment, PAGES_HUGE_BYTES, node, span);
	*cause = error == -ENOMEM                       ? PAGES_NO_POOL
		 : error == -EFAULT || error == -ENOSPC ? PAGES_LIMIT
							: PAGES_REFUSED;
	return error;
}

/* The source to begin with. What is smaller than a huge page lies on base pages. */
static enum pages_source first_source(size_t bytes)
{
	enum pages_source wanted = state->config.source;

	if (wanted == PAGES_AUTO)
		wanted = PAGES_HUGETLB_2M;
	if (bytes >= PAGES_HUGE_BYTES || wanted == PAGES_SMALL)
		return wanted;
	add(&state->steps[PAGES_UNALIGNED], 1);
	return PAGES_SMALL;
}

static void give_back(const struct pages_span *span)
{
	void *base = span->base;
	size_t bytes = span->bytes;

	if (is_part(span)) {
		base = gigantic_give(base, bytes);
		bytes = GIGANTIC_BYTES;
	}
	if (!base)
		return;
	unmap(base, bytes, span->source);
	subtract(&state->admitted_bytes, bytes);
}

static int map(enum pages_source source, size_t bytes, size_t alignment, int node,
	struct pages_span *span)
{
	enum pages_cause cause;
	int saved = errno;
	int error;

	pthread_rwlock_rdlock(&state->forking);
	for (;;) {
		error = map_from(source, bytes, alignment, node, span, &cause);
		if (!error || source == PAGES_SMALL)
			break;
		add(&state->steps[cause], 1);
		source++;
	}
	if (!error && !is_part(span) && !admit(span->bytes)) {
		unmap(span->base, span->bytes, span->source);
		error = -ENOMEM;
	}
	pthread_rwlock_unlock(&state->forking);
	if (error) {
		add(&state->failures, 1);
	} else {
		add(&state->maps, 1);
		add(node_counter(span->node), span->bytes);
	}
	errno = saved;
	return error ? -ENOMEM : 0;
}

int pages_map(size_t bytes, size_t alignment, int node, struct pages_span *span)
{
	return map(first_source(bytes), bytes, alignment, node, span);
}

int pages_map_metadata(size_t bytes, size_t alignment, struct pages_span *span)
{
	return map(PAGES_SMALL, bytes, alignment, PAGES_ANY_NODE, span);
}

void pages_unmap(const struct pages_span *span)
{
	int saved = errno;

	pthread_rwlock_rdlock(&state->forking);
	give_back(span);
	pthread_rwlock_unlock(&state->forking);
	add(&state->unmaps, 1);
	subtract(node_counter(span->node), span->bytes);
	errno = saved;
}

/* What began smaller than a huge page has grown: by the source that it would have had
 * from the start. What is touched already stays on small pages until the kernel collapses
 * them. */
static void become_huge(struct pages_span *span)
{
	if (span->source != PAGES_SMALL || span->bytes < PAGES_HUGE_BYTES ||
		state->config.source == PAGES_SMALL ||
		((uintptr_t)span->base & (PAGES_HUGE_BYTES - 1)) != 0 ||
		madvise(span->base, span->bytes, MADV_HUGEPAGE) != 0)
		return;
	subtract(&state->mapped_bytes[PAGES_SMALL], span->bytes);
	add(&state->mapped_bytes[PAGES_THP], span->bytes);
	span->source = PAGES_THP;
	span->page_bytes = PAGES_HUGE_BYTES;
}

int pages_resize(struct pages_span *span, size_t bytes, size_t alignment, bool may_move)
{
	size_t whole = round_up(bytes, pages_base_bytes());
	size_t more = whole > span->bytes ? whole - span->bytes : 0;
	int saved = errno;
	int error;

	if (span->source != PAGES_THP && span->source != PAGES_SMALL)
		return -ENOTSUP;
	if (whole < bytes || whole == 0 || !admit(more))
		return -ENOMEM;
	pthread_rwlock_rdlock(&state->forking);
	error = ordinary_resize(&span->base, span->bytes, whole,
		maximum(alignment, span->page_bytes), may_move);
	pthread_rwlock_unlock(&state->forking);
	if (error) {
		subtract(&state->admitted_bytes, more);
	} else {
		/* Modulo 2^64: shrinking adds a negative number. */
		add(&state->mapped_bytes[span->source], whole - span->bytes);
		add(node_counter(span->node), whole - span->bytes);
		add(&state->admitted_bytes, whole - span->bytes - more);
		span->bytes = whole;
		become_huge(span);
	}
	errno = saved;
	return error;
}

/* Puts fresh ordinary memory in the place of pages of a pool, which go back to it. */
static bool exchange(void *start, size_t bytes)
{
	size_t pool = 0;
	void *fresh;
	int error = ordinary_map(bytes, PAGES_HUGE_BYTES, MADV_NOHUGEPAGE, &fresh);

	if (error)
		return false;
	(void)madvise(fresh, bytes, MADV_HUGEPAGE);
	pthread_mutex_lock(&state->pool_mutex);
	error = ranges_reserve(&state->pool, 1);
	if (!error)
		error = ordinary_replace(start, fresh, bytes);
	if (!error)
		pool = ranges_remove(&state->pool, start, bytes);
	pthread_mutex_unlock(&state->pool_mutex);
	if (error)
		(void)munmap(fresh, bytes);
	else
		pages_count_converted(pool, PAGES_HUGE_BYTES);
	return !error;
}

void pages_count_converted(size_t bytes, size_t page_bytes)
{
	subtract(&state->mapped_bytes[source_of(page_bytes)], bytes);
	add(&state->mapped_bytes[PAGES_THP], bytes);
}

size_t pages_purge(const struct pages_span *span, void *base, size_t bytes)
{
	size_t unit = minimum(span->page_bytes, PAGES_HUGE_BYTES);
	uintptr_t start = round_up((uintptr_t)base, unit);
	uintptr_t end = ((uintptr_t)base + bytes) & ~(unit - 1);
	int saved = errno;
	bool purged;
	size_t pool;

	/* A page of 1 GiB cannot be given back in parts. */
	if (start >= end || span->source == PAGES_HUGETLB_1G)
		return 0;
	bytes = end - start;
	base = (char *)base + (start - (uintptr_t)base);
	pthread_rwlock_rdlock(&state->forking);
	pthread_mutex_lock(&state->pool_mutex);
	pool = ranges_overlap(&state->pool, base, bytes);
	pthread_mutex_unlock(&state->pool_mutex);
	purged = pool ? exchange(base, bytes) : madvise(base, bytes, MADV_DONTNEED) == 0;
	pthread_rwlock_unlock(&state->forking);
	if (purged)
		add(&state->purged_bytes, bytes);
	errno = saved;
	return purged ? bytes : 0;
}

uint64_t pages_now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void copy(uint64_t *to, const _Atomic uint64_t *from, size_t count)
{
	for (size_t i = 0; i < count; i++)
		to[i] = atomic_load_explicit(&from[i], memory_order_relaxed);
}

void pages_stats(struct pages_stats *stats)
{
	copy(stats->mapped_bytes, state->mapped_bytes, PAGES_SOURCES);
	copy(stats->node_bytes, state->node_bytes, PAGES_NODES);
	copy(stats->steps, state->steps, PAGES_CAUSES);
	copy(&stats->peak_bytes, &state->peak_bytes, 1);
	copy(&stats->maps, &state->maps, 1);
	copy(&stats->unmaps, &state->unmaps, 1);
	copy(&stats->purged_bytes, &state->purged_bytes, 1);
	copy(&stats->failures, &state->failures, 1);
	copy(&stats->fork_copied_bytes, &state->fork_copied_bytes, 1);
}

const char *pages_source_name(enum pages_source source)
{
	static const char *const names[PAGES_SOURCES] = {
		"auto", "hugetlb-1g", "hugetlb-2m", "thp", "small"};

	return names[source];
}

const char *pages_cause_name(enum pages_cause cause)
{
	static const char *const names[PAGES_CAUSES] = {
		"no free pages in the pool",
		"limit of the control group or by option",
		"refused by the kernel",
		"process forks",
		"smaller than a huge page",
	};

	return names[cause];
}
