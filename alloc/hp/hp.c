/* SPDX-License-Identifier: MIT */
/*
 * The front: the semantics of glibc's malloc family over a policy. Its fast path goes to
 * the thread's spans at once; a process that runs another policy, or checks, has no heaps
 * of threads, so that the fast path finds nothing and falls through.
 */
#include "alloc/hp/hp.h"

#include "alloc/hp/check.h"
#include "alloc/hp/exit-stats.h"
#include "alloc/hp/hp-heap.h"
#include "alloc/hp/hp-options.h"
#include "alloc/hp/pages.h"
#include "alloc/hp/policy.h"
#include "alloc/hp/registry.h"
#include "alloc/hp/stats.h"
#include "alloc/hp/threads.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

static const struct hp_policy *const policies[] = {
	[HP_POLICY_HP] = &hp_policy_hp,
	[HP_POLICY_FIRSTFIT] = &hp_policy_firstfit,
	[HP_POLICY_BUMP] = &hp_policy_bump,
};

/* NULL before the first use. */
static const struct hp_policy *_Atomic policy;
static struct hp_options options;
static const struct hp_foreign *_Atomic foreign = &hp_foreign_default;
static pthread_mutex_t starting = PTHREAD_MUTEX_INITIALIZER;

static const struct hp_policy *current(void)
{
	return atomic_load_explicit(&policy, memory_order_acquire);
}

static void fork_prepare(void)
{
	check_fork_prepare();
	if (current())
		current()->fork_prepare();
}

static void fork_parent(void)
{
	if (current())
		current()->fork_parent();
	check_fork_done();
}

static void fork_child(void)
{
	if (current())
		current()->fork_child();
	check_fork_done();
}

/* With the lock held. */
static int start(const struct hp_options *given)
{
	static bool handlers;
	const struct hp_policy *chosen;
	int error;

	options = given ? *given : (struct hp_options){.policy = HP_POLICY_HP};
	error = options_check(&options);
	if (error)
		return error;
	options_from_environment(&options);
	pages_configure(&(struct pages_config){
		.source = (enum pages_source)options.source,
		.hugetlbfs = options.hugetlbfs,
	});
	check_configure(options.check);
	chosen = policies[options.policy];
	threads_share(options.check != 0);
	error = chosen->init(&options);
	if (error)
		return error;
	exit_stats_to(options.stats);
	atomic_store_explicit(&policy, chosen, memory_order_release);
	/* May allocate, which is served by now. */
	if (!handlers)
		handlers = pthread_atfork(fork_prepare, fork_parent, fork_child) == 0;
	return 0;
}

int hp_init(const struct hp_options *given)
{
	int error;

	pthread_mutex_lock(&starting);
	error = current() ? -EBUSY : start(given);
	pthread_mutex_unlock(&starting);
	return error;
}

static const struct hp_policy *__attribute__((noinline)) begin(void)
{
	pthread_mutex_lock(&starting);
	if (!current())
		(void)start(NULL);
	pthread_mutex_unlock(&starting);
	return current();
}

static const struct hp_policy *ready(void)
{
	const struct hp_policy *found = current();

	return LIKELY(found != NULL) ? found : begin();
}

void hp_finalize(void)
{
	const struct hp_policy *used = current();

	if (!used)
		return;
	used->finalize();
	atomic_store(&policy, NULL);
}

static void *out_of_memory(void)
{
	errno = ENOMEM;
	return NULL;
}

/* Gives back what is in quarantine, but for so much. True: that was something. */
static bool shrink_quarantine(const struct hp_policy *used, size_t most_bytes)
{
	bool any = false;
	void *block;

	while ((block = check_oldest(most_bytes))) {
		used->release(block);
		any = true;
	}
	return any;
}

static void *allocate_checked(
	const struct hp_policy *used, size_t bytes, size_t alignment, bool zero)
{
	void *block = used->allocate(check_grown_bytes(bytes), alignment, false);
	size_t usable;

	if (!block && shrink_quarantine(used, 0))
		block = used->allocate(check_grown_bytes(bytes), alignment, false);
	if (!block)
		return NULL;
	usable = used->usable_bytes(block);
	check_unwritten(block, usable);
	if (zero)
		memset(block, 0, bytes);
	check_allocated(block, usable, bytes);
	return block;
}

/* Everything that the fast path does not serve. */
static void *__attribute__((noinline)) allocate(size_t bytes, size_t alignment, bool zero)
{
	const struct hp_policy *used = ready();
	int saved = errno;
	void *block;

	if (bytes > PTRDIFF_MAX - (ptrdiff_t)2 * HP_POLICY_ALIGNMENT ||
		alignment > PTRDIFF_MAX / 2)
		return out_of_memory();
	if (alignment < HP_POLICY_ALIGNMENT)
		alignment = HP_POLICY_ALIGNMENT;
	block = UNLIKELY(check_flags)
			? allocate_checked(used, bytes, alignment, zero)
			: used->allocate(bytes ? bytes : 1, alignment, zero);
	errno = saved;
	return block ? block : out_of_memory();
}

void *hp_malloc(size_t bytes)
{
	void *block = heap_pop(thread_heap, bytes);

	return LIKELY(block != NULL) ? block : allocate(bytes, 0, false);
}

void *hp_calloc(size_t count, size_t bytes)
{
	size_t all;
	void *block;

	if (__builtin_mul_overflow(count, bytes, &all))
		return out_of_memory();
	block = heap_pop(thread_heap, all);
	return LIKELY(block != NULL) ? memset(block, 0, all) : allocate(all, 0, true);
}

/* A block that this policy does not own goes to whoever takes such, or is an error. */
static bool is_foreign(const struct hp_policy *used, const void *block)
{
	return atomic_load_explicit(&foreign, memory_order_relaxed) && !used->owns(block);
}

static void release_checked(const struct hp_policy *used, void *block)
{
	size_t usable = used->usable_bytes(block);

	(void)check_live(block, usable);
	check_freed(block, usable);
	block = check_keep(block, usable);
	if (block)
		used->release(block);
	(void)shrink_quarantine(used, CHECK_KEEP_BYTES);
}

static void __attribute__((noinline)) release(void *block)
{
	const struct hp_policy *used = ready();
	int saved = errno;

	if (!block)
		return;
	if (is_foreign(used, block))
		atomic_load(&foreign)->release(block);
	else if (check_flags)
		release_checked(used, block);
	else
		used->release(block);
	errno = saved;
}

/* For the functions here: hp_free, having no callers but of other files, is inlined into
 * those that stand for it. */
static inline void free_block(void *block)
{
	struct heap *heap = thread_heap;

	/* The cache of what is no block of a class, and all of heap_none, take nothing.
	 */
	if (LIKELY(registry_has_segment(block)) &&
		LIKELY((uintptr_t)block % HP_POLICY_ALIGNMENT == 0) &&
		LIKELY(cache_push(&heap->caches, segment_class(block), block))) {
		if (UNLIKELY(--heap->until_look == 0))
			hp_heap_look(heap);
		return;
	}
	release(block);
}

void hp_free(void *block)
{
	free_block(block);
}

void hp_free_sized(void *block, size_t bytes)
{
	if (UNLIKELY(check_flags & HP_CHECK_POINTERS) && block &&
		hp_usable_size(block) != bytes)
		misuse_report("free with another size of", block, hp_usable_size(block));
	free_block(block);
}

/* The class of a block that is in the thread's or another one's span; SPAN_SINGLE: of
 * none, or every block is to be looked at. */
static inline unsigned class_of_block(const void *block)
{
	return LIKELY(registry_has_segment(block)) && !check_flags &&
			       (uintptr_t)block % HP_POLICY_ALIGNMENT == 0
		       ? segment_class(block)
		       : (unsigned)SPAN_SINGLE;
}

/* Everything else. */
static size_t __attribute__((noinline)) usable_size(const void *block)
{
	const struct hp_policy *used = ready();
	const struct hp_foreign *other;
	size_t usable;

	if (!block)
		return 0;
	if (is_foreign(used, block)) {
		other = atomic_load(&foreign);
		return other->usable_size(block);
	}
	usable = used->usable_bytes(block);
	return check_flags ? check_live(block, usable) : usable;
}

/* Programs that keep count of their memory call it for each block twice, as Redis does.
 */
size_t hp_usable_size(const void *block)
{
	unsigned class = class_of_block(block);

	return LIKELY(class < CLASS_COUNT) ? class_bytes(class) : usable_size(block);
}

/* From one class to another, where the thread has a block at hand; NULL: not so. */
static void *move_block(void *block, size_t usable, size_t bytes)
{
	void *moved;

	if (bytes > CLASS_MAX_BYTES)
		return NULL;
	moved = heap_pop(thread_heap, hp_heap_grown_bytes(usable, bytes));
	if (!moved)
		return NULL;
	memcpy(moved, block, usable < bytes ? usable : bytes);
	free_block(block);
	return moved;
}

static void *reallocate_checked(const struct hp_policy *used, void *block, size_t bytes)
{
	size_t before = check_live(block, used->usable_bytes(block));
	void *moved = allocate_checked(used, bytes, HP_POLICY_ALIGNMENT, false);

	if (!moved)
		return NULL;
	memcpy(moved, block, before < bytes ? before : bytes);
	release_checked(used, block);
	return moved;
}

/* Everything else. */
static void *__attribute__((noinline)) reallocate(void *block, size_t bytes)
{
	const struct hp_policy *used;
	int saved = errno;
	void *moved;

	if (bytes > PTRDIFF_MAX - (ptrdiff_t)2 * HP_POLICY_ALIGNMENT)
		return out_of_memory();
	used = ready();
	if (is_foreign(used, block))
		return atomic_load(&foreign)->reallocate(block, bytes);
	moved = check_flags ? reallocate_checked(used, block, bytes)
			    : used->reallocate(block, bytes);
	errno = saved;
	return moved ? moved : out_of_memory();
}

void *hp_realloc(void *block, size_t bytes)
{
	unsigned class;
	size_t usable;
	void *moved;

	if (!block)
		return hp_malloc(bytes);
	if (bytes == 0) {
		release(block);
		return NULL;
	}
	class = class_of_block(block);
	if (class < CLASS_COUNT) {
		usable = class_bytes(class);
		if (hp_heap_fits(usable, bytes))
			return block;
		moved = move_block(block, usable, bytes);
		if (LIKELY(moved != NULL))
			return moved;
	}
	return reallocate(block, bytes);
}

void *hp_reallocarray(void *block, size_t count, size_t bytes)
{
	size_t all;

	if (__builtin_mul_overflow(count, bytes, &all))
		return out_of_memory();
	return hp_realloc(block, all);
}

static bool is_power_of_two(size_t number)
{
	return number && (number & (number - 1)) == 0;
}

/* From the thread's cache where the class aligns its blocks by itself. */
static void *allocate_aligned(size_t alignment, size_t bytes)
{
	void *block = NULL;

	if (LIKELY(alignment <= SLICE_BYTES && bytes <= CLASS_MAX_BYTES - SLICE_BYTES))
		block = heap_pop(thread_heap, class_round(bytes ? bytes : 1, alignment));
	return LIKELY(block != NULL) ? block : allocate(bytes, alignment, false);
}

void *hp_aligned_alloc(size_t alignment, size_t bytes)
{
	if (is_power_of_two(alignment))
		return allocate_aligned(alignment, bytes);
	errno = EINVAL;
	return NULL;
}

void *hp_memalign(size_t alignment, size_t bytes)
{
	if (alignment > SIZE_MAX / 2 + 1) {
		errno = EINVAL;
		return NULL;
	}
	if (!is_power_of_two(alignment))
		alignment =
			alignment < 2 ? 1 : (size_t)1 << (64 - __builtin_clzl(alignment));
	return allocate_aligned(alignment, bytes);
}

int hp_posix_memalign(void **block, size_t alignment, size_t bytes)
{
	int saved = errno;
	void *found;

	if (!is_power_of_two(alignment) || alignment % sizeof(void *) != 0)
		return EINVAL;
	found = allocate_aligned(alignment, bytes);
	errno = saved;
	if (!found)
		return ENOMEM;
	*block = found;
	return 0;
}

bool hp_owns(const void *address)
{
	const struct hp_policy *used = current();

	return used && used->owns(address);
}

void hp_set_foreign(const struct hp_foreign *functions)
{
	atomic_store(&foreign, functions);
}

size_t hp_trim(size_t keep_bytes)
{
	int saved = errno;
	size_t bytes = ready()->trim(keep_bytes);

	errno = saved;
	return bytes;
}

/* To the policy, what is in quarantine is in use: unless it came there just now. */
static void subtract_kept(size_t usable, void *context)
{
	struct hp_stats *stats = context;
	unsigned class = 0;

	while (class < stats->class_count && stats->classes[class].block_bytes != usable)
		class ++;
	if (class < stats->class_count) {
		if (!stats->classes[class].live)
			return;
		stats->classes[class].live--;
		stats->classes[class].cached++;
	} else if (stats->class_count) {
		if (stats->large_bytes < usable)
			return;
		stats->large_blocks--;
		stats->large_bytes -= usable;
	} else if (stats->live_bytes < usable) {
		return;
	}
	stats->live_blocks--;
	stats->live_bytes -= usable;
	stats->cached_bytes += usable;
}

void hp_stats(struct hp_stats *stats)
{
	const struct hp_policy *used = ready();
	int saved = errno;

	*stats = (struct hp_stats){.policy = used->name,
		.decay_ms = options.decay_ms ? options.decay_ms : HP_DECAY_DEFAULT_MS,
		.check = options.check};
	stats_of_pages(stats);
	used->stats(stats);
	check_each_kept(subtract_kept, stats);
	errno = saved;
}
