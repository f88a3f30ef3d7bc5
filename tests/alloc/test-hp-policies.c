/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The teaching policies behind the seam: random sequences against a model of what every
 * block must hold, and the properties that each of them promises beside.
 */
#include "alloc/hp/hp.h"
#include "alloc/hp/pages.h"
#include "alloc/hp/policy.h"
#include "alloc/hp/tract.h"
#include "base/random.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
/* after the headers that it needs */
#include <cmocka.h>

#define MB ((size_t)1024 * 1024)
enum { BLOCKS = 300, ROUNDS = 20000 };

struct block {
	unsigned char *start;
	size_t bytes;
	unsigned char fill;
};

static const struct hp_policy *begin(void **state, size_t limit_bytes)
{
	const struct hp_policy *policy = *state;
	const struct hp_options options = {.policy = HP_POLICY_HP};
	const struct pages_config config = {
		.source = PAGES_THP, .limit_bytes = limit_bytes};

	pages_configure(&config);
	assert_int_equal(policy->init(&options), 0);
	return policy;
}

static uint64_t mapped(void)
{
	struct pages_stats stats;

	pages_stats(&stats);
	return stats.mapped_bytes[PAGES_THP] + stats.mapped_bytes[PAGES_SMALL];
}

static void end(const struct hp_policy *policy)
{
	struct hp_stats stats = {0};

	policy->stats(&stats);
	assert_int_equal(stats.live_blocks, 0);
	assert_int_equal(stats.live_bytes, 0);
	policy->finalize();
	assert_int_equal(mapped(), 0);
}

static bool holds(const struct block *block, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		if (block->start[i] != block->fill)
			return false;
	return true;
}

static size_t some_size(struct random *random)
{
	/* Every order of magnitude up to 4 MiB; mostly small. */
	uint64_t most = (uint64_t)16 << random_below(random, 19);

	return 1 + random_below(random, random_below(random, 8) ? most % 5000 + 1 : most);
}

static void make(
	const struct hp_policy *policy, struct random *random, struct block *block)
{
	size_t alignment = (size_t)16
			   << (random_below(random, 4) ? 0 : random_below(random, 12));
	bool zero = random_below(random, 4) == 0;

	block->bytes = some_size(random);
	block->start = policy->allocate(block->bytes, alignment, zero);
	assert_non_null(block->start);
	assert_int_equal((uintptr_t)block->start % alignment, 0);
	assert_true(policy->usable_bytes(block->start) >= block->bytes);
	assert_true(policy->owns(block->start));
	assert_true(policy->owns(block->start + block->bytes - 1));
	if (zero) {
		block->fill = 0;
		assert_true(holds(block, block->bytes));
	}
	block->fill = (unsigned char)random_below(random, 256);
	memset(block->start, block->fill, block->bytes);
}

static void change(
	const struct hp_policy *policy, struct random *random, struct block *block)
{
	size_t bytes = some_size(random);
	unsigned char *moved = policy->reallocate(block->start, bytes);

	assert_non_null(moved);
	assert_int_equal((uintptr_t)moved % 16, 0);
	block->start = moved;
	assert_true(holds(block, bytes < block->bytes ? bytes : block->bytes));
	assert_true(policy->usable_bytes(moved) >= bytes);
	block->bytes = bytes;
	memset(block->start, block->fill, bytes);
}

/* A block that overlapped another one would not hold its own fill any more. */
static void test_random_sequence(void **state)
{
	const struct hp_policy *policy = begin(state, 0);
	static struct block blocks[BLOCKS];
	struct random random;

	random_init(&random, 5);
	memset(blocks, 0, sizeof(blocks));
	for (size_t i = 0; i < ROUNDS; i++) {
		struct block *block = &blocks[random_below(&random, BLOCKS)];

		if (!block->start) {
			make(policy, &random, block);
		} else if (random_below(&random, 4) == 0) {
			change(policy, &random, block);
		} else {
			assert_true(holds(block, block->bytes));
			policy->release(block->start);
			block->start = NULL;
		}
	}
	for (size_t i = 0; i < BLOCKS; i++)
		if (blocks[i].start) {
			assert_true(holds(&blocks[i], blocks[i].bytes));
			policy->release(blocks[i].start);
		}
	end(policy);
}

static void test_large_alignments(void **state)
{
	const struct hp_policy *policy = begin(state, 0);

	for (size_t alignment = 16; alignment <= 64 * MB; alignment *= 2) {
		char *block = policy->allocate(100, alignment, false);

		assert_non_null(block);
		assert_int_equal((uintptr_t)block % alignment, 0);
		block[0] = block[99] = 1;
		policy->release(block);
	}
	end(policy);
}

static void test_no_memory(void **state)
{
	const struct hp_policy *policy = begin(state, 64 * MB);
	unsigned char *block = policy->allocate(40 * MB, 16, true);

	assert_non_null(block);
	memset(block, 7, 1000);
	assert_null(policy->allocate(40 * MB, 16, false));
	assert_null(policy->allocate(PTRDIFF_MAX, 16, false));
	assert_null(policy->allocate(16, (size_t)PTRDIFF_MAX / 2 + 1, false));
	assert_null(policy->reallocate(block, 60 * MB));
	assert_int_equal(block[999], 7);
	policy->release(block);
	end(policy);
}

static void expect_abort(const struct hp_policy *policy,
	void (*misuse)(const struct hp_policy *), const char *report)
{
	char text[256] = "";
	int ends[2];
	int status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)signal(SIGABRT, SIG_DFL);
		(void)dup2(ends[1], STDERR_FILENO);
		misuse(policy);
		_exit(0);
	}
	close(ends[1]);
	assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	assert_non_null(strstr(text, report));
}

static void free_twice(const struct hp_policy *policy)
{
	void *block = policy->allocate(100, 16, false);
	void *other = policy->allocate(100, 16, false);

	policy->release(block);
	policy->release(block);
	policy->release(other);
}

static void free_inside(const struct hp_policy *policy)
{
	char *block = policy->allocate(100, 16, true);

	policy->release(block + 32);
}

static void free_unaligned(const struct hp_policy *policy)
{
	char *block = policy->allocate(100, 16, true);

	policy->release(block + 1);
}

static void write_beyond(const struct hp_policy *policy)
{
	char *block = policy->allocate(112, 16, true);
	void *other = policy->allocate(112, 16, true);

	memset(block, 0xff, 112 + 16);
	policy->release(block);
	policy->release(other);
}

static void test_misuse(void **state)
{
	const struct hp_policy *policy = begin(state, 0);

	expect_abort(policy, free_twice, "hp: double free or use after free of 0x");
	expect_abort(policy, free_inside, "hp: invalid pointer 0x");
	expect_abort(policy, free_unaligned, "hp: invalid pointer 0x");
	end(policy);
}

static void test_overflow(void **state)
{
	const struct hp_policy *policy = begin(state, 0);

	expect_abort(policy, write_beyond, "hp: overflow past the end of 0x");
	end(policy);
}

static void test_foreign_addresses(void **state)
{
	const struct hp_policy *policy = begin(state, 0);
	int local;
	void *block = policy->allocate(1, 16, false);

	assert_false(policy->owns(&local));
	assert_false(policy->owns(NULL));
	assert_false(policy->owns((void *)test_foreign_addresses));
	policy->release(block);
	end(policy);
}

struct worker {
	const struct hp_policy *policy;
	uint64_t seed;
	struct worker *next; /* whose blocks this one frees */
	struct block *_Atomic handed[64];
	int failures;
	atomic_bool stays; /* after its work, until this is taken back */
};

/* Blocks go round between threads: allocated by one, freed by the next. */
static void *work(void *argument)
{
	struct worker *worker = argument;
	struct random random;

	random_init(&random, worker->seed);
	for (size_t i = 0; i < ROUNDS / 4; i++) {
		struct block *fresh = worker->policy->allocate(sizeof(*fresh), 16, false);
		struct block *old;

		if (!fresh)
			return NULL;
		fresh->bytes = 1 + random_below(&random, 2000);
		fresh->fill = (unsigned char)random_below(&random, 256);
		fresh->start = worker->policy->allocate(fresh->bytes, 16, false);
		memset(fresh->start, fresh->fill, fresh->bytes);
		old = atomic_exchange(&worker->next->handed[i % 64], fresh);
		if (old) {
			worker->failures += !holds(old, old->bytes);
			worker->policy->release(old->start);
			worker->policy->release(old);
		}
	}
	while (atomic_load(&worker->stays))
		(void)usleep(1000);
	return NULL;
}

static void test_threads(void **state)
{
	enum { THREADS = 4 };
	const struct hp_policy *policy = begin(state, 0);
	static struct worker workers[THREADS];
	pthread_t threads[THREADS];

	memset(workers, 0, sizeof(workers));
	for (size_t i = 0; i < THREADS; i++) {
		workers[i].policy = policy;
		workers[i].seed = i;
		workers[i].next = &workers[(i + 1) % THREADS];
	}
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(workers[i].failures, 0);
		for (size_t k = 0; k < 64; k++)
			if (workers[i].handed[k]) {
				policy->release(workers[i].handed[k]->start);
				policy->release(workers[i].handed[k]);
			}
	}
	end(policy);
}

/*
 * The child of a process with a busy thread finds the lock free. The thread outlives the
 * forks: by TSan's count, a child leaks what had ended and was not joined.
 */
static void test_fork(void **state)
{
	const struct hp_policy *policy = begin(state, 0);
	static struct worker worker;
	pthread_t thread;
	int status;

	memset(&worker, 0, sizeof(worker));
	worker.policy = policy;
	worker.next = &worker;
	atomic_store(&worker.stays, true);
	assert_int_equal(pthread_create(&thread, NULL, work, &worker), 0);
	for (size_t i = 0; i < 20; i++) {
		pid_t child;

		policy->fork_prepare();
		child = fork();
		if (child == 0) {
			void *block;

			policy->fork_child();
			alarm(20);
			block = policy->allocate(1000, 16, true);
			_exit(block ? (policy->release(block), 0) : 1);
		}
		policy->fork_parent();
		assert_true(child > 0);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
	atomic_store(&worker.stays, false);
	assert_int_equal(pthread_join(thread, NULL), 0);
	for (size_t k = 0; k < 64; k++)
		if (worker.handed[k]) {
			policy->release(worker.handed[k]->start);
			policy->release(worker.handed[k]);
		}
	end(policy);
}

static void test_bump_moves_on(void **state)
{
	const struct hp_policy *policy = begin(state, 0);
	char *a = policy->allocate(1, 16, false);
	char *b = policy->allocate(17, 16, false);
	char *c;

	/* Each block and its header, rounded up, right behind the one before. */
	assert_ptr_equal(b, a + 32);
	policy->release(a);
	c = policy->allocate(1, 16, false);
	assert_ptr_equal(c, b + 48);
	/* The last block grows where it is; the one before has to move. */
	assert_ptr_equal(policy->reallocate(c, 100000), c);
	assert_int_equal(policy->usable_bytes(c), 100000);
	assert_ptr_not_equal(policy->reallocate(b, 100), b);
	policy->release(c);
	{
		struct hp_stats stats = {0};

		policy->stats(&stats);
		assert_int_equal(stats.live_blocks, 1);
	}
	policy->finalize();
	assert_int_equal(mapped(), 0);
}

static void test_firstfit_splits_and_coalesces(void **state)
{
	const struct hp_policy *policy = begin(state, 0);
	char *a = policy->allocate(1000, 16, false);
	char *b = policy->allocate(1000, 16, false);
	char *c = policy->allocate(1000, 16, false);
	char *guard = policy->allocate(16, 16, false);
	char *whole;

	policy->release(a);
	policy->release(c);
	/* The one freed last comes first, and is split. */
	whole = policy->allocate(100, 16, false);
	assert_ptr_equal(whole, c);
	policy->release(whole);
	/* Both neighbours are free: three blocks become one. */
	policy->release(b);
	whole = policy->allocate(3000, 16, false);
	assert_ptr_equal(whole, a);
	/* In place, shorter and longer again. */
	assert_ptr_equal(policy->reallocate(whole, 100), whole);
	assert_ptr_equal(policy->reallocate(whole, 2900), whole);
	policy->release(whole);
	policy->release(guard);
	end(policy);
}

static void test_firstfit_returns_tracts(void **state)
{
	const struct hp_policy *policy = begin(state, 0);
	void *small[40];
	void *large = policy->allocate(20 * MB, 16, false);
	uint64_t most;

	for (size_t i = 0; i < 40; i++)
		small[i] = policy->allocate(MB, 16, false);
	most = mapped();
	assert_true(most >= 60 * MB);
	policy->release(large);
	assert_true(mapped() <= most - 20 * MB);
	for (size_t i = 0; i < 40; i++)
		policy->release(small[i]);
	/* One tract stays, to go on with; trimming takes it too. */
	assert_int_equal(mapped(), TRACT_FIRST_BYTES);
	assert_int_equal(policy->trim(0), TRACT_FIRST_BYTES);
	assert_int_equal(mapped(), 0);
	assert_int_equal(policy->trim(0), 0);
	end(policy);
}

int main(void)
{
#define FOR(test, policy)                                                                \
	{                                                                                \
#test ": " #policy, test, NULL, NULL,                                    \
			(void *)(uintptr_t)&hp_policy_##policy                           \
	}
#define FOR_BOTH(test) FOR(test, bump), FOR(test, firstfit)
	const struct CMUnitTest tests[] = {
		FOR_BOTH(test_random_sequence),
		FOR_BOTH(test_large_alignments),
		FOR_BOTH(test_no_memory),
		FOR_BOTH(test_misuse),
		FOR(test_overflow, firstfit),
		FOR_BOTH(test_foreign_addresses),
		FOR_BOTH(test_threads),
		FOR_BOTH(test_fork),
		FOR(test_bump_moves_on, bump),
		FOR(test_firstfit_splits_and_coalesces, firstfit),
		FOR(test_firstfit_returns_tracts, firstfit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
