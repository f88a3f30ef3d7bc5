/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The beginning and the end: of the library, of threads, and of the process. What happens
 * before main and after it is done by this program's own constructor and destructor, and
 * the parent looks at the exit status.
 */
#include "alloc/hp/hp.h"
#include "tests/alloc/hp/heap.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
/* after the headers that it needs */
#include <cmocka.h>

enum { EARLY = 60, SEQUENCES = 3, THREADS = 40 };

static pthread_key_t early_key;
static char *early_block;
static bool late; /* this process checks what is left after main */

/* Before any other constructor of this program; the key's destructor runs before those of
 * keys that hp makes later, and once more after them. */
static void destroy(void *value)
{
	unsigned *rounds = value;

	if (rounds[0] > 0) {
		void *block = hp_malloc(100 + rounds[0]);

		rounds[0]--;
		hp_free(block);
		(void)pthread_setspecific(early_key, value);
		return;
	}
	hp_free(value);
}

__attribute__((constructor(101))) static void begin(void)
{
	(void)pthread_key_create(&early_key, destroy);
	early_block = hp_malloc(EARLY);
	if (early_block)
		memset(early_block, 7, EARLY);
}

__attribute__((destructor(101))) static void end(void)
{
	char *block;

	if (!late)
		return;
	for (size_t i = 0; i < EARLY; i++)
		if (early_block[i] != 7)
			_exit(41);
	early_block = hp_realloc(early_block, 100000);
	block = hp_calloc(10, 100);
	if (!early_block || !block || early_block[EARLY - 1] != 7 || block[999] != 0)
		_exit(42);
	hp_free(early_block);
	hp_free(block);
	_exit(43); /* which says that all of this was done */
}

static int status_of(pid_t pid)
{
	int status = 0;

	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		fail_msg("ended by SIG%s", sigabbrev_np(WTERMSIG(status)));
	return WEXITSTATUS(status);
}

static void test_before_constructors(void **state)
{
	(void)state;
	assert_non_null(early_block);
	assert_true(hp_owns(early_block));
	assert_int_equal(early_block[EARLY - 1], 7);
}

static void test_after_destructors(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		late = true;
		exit(0);
	}
	assert_int_equal(status_of(pid), 43);
}

static void *live(void *argument)
{
	unsigned *rounds = hp_malloc(sizeof(*rounds));
	void *block = hp_malloc(500);

	*rounds = SEQUENCES;
	(void)pthread_setspecific(early_key, rounds);
	hp_free(argument);
	return block;
}

/* Destructors of thread-specific data allocate and free after hp's own has run. */
static void test_thread_destructors(void **state)
{
	static struct hp_stats stats;
	uint64_t blocks;

	(void)state;
	hp_stats(&stats);
	blocks = stats.live_blocks;
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_t thread;
		void *block = NULL;

		assert_int_equal(pthread_create(&thread, NULL, live, hp_malloc(60)), 0);
		(void)pthread_join(thread, &block);
		assert_non_null(block);
		hp_free(block);
	}
	hp_stats(&stats);
	assert_int_equal(stats.live_blocks, blocks);
}

static volatile sig_atomic_t owned;
static volatile sig_atomic_t asked;

static void ask(int number)
{
	(void)number;
	asked++;
	owned += hp_owns(early_block);
}

/* The one call that a handler may make, wherever it interrupts. */
static void test_owns_in_handler(void **state)
{
	struct sigaction action = {.sa_handler = ask};
	struct itimerval often = {{0, 200}, {0, 200}};
	struct itimerval never = {0};
	struct sigaction before;

	(void)state;
	assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	for (unsigned i = 0; asked < 50; i++) {
		void *block = hp_malloc(i % 3000);
		void *large = hp_malloc(i % 7 ? 10 : 3 << 20);

		hp_free(block);
		hp_free(large);
	}
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
	assert_int_equal(owned, asked);
}

static void test_init_in_use(void **state)
{
	const struct hp_options options = {.policy = HP_POLICY_FIRSTFIT};

	(void)state;
	assert_int_equal(hp_init(&options), -EBUSY);
	assert_int_equal(hp_init(NULL), -EBUSY);
	assert_non_null(early_block);
	assert_int_equal(early_block[EARLY - 1], 7);
}

/* In a child: what hp_init says to these options after a finalize; its exit status is the
 * negative. */
static int init_in_child(
	const struct hp_options *options, const char *variable, const char *value)
{
	pid_t pid = fork();

	if (pid == 0) {
		int error;

		hp_finalize();
		if (variable)
			(void)setenv(variable, value, 1);
		error = hp_init(options);
		if (error == 0 && !hp_malloc(1000))
			_exit(100);
		_exit(-error);
	}
	return status_of(pid);
}

static void test_init_refuses(void **state)
{
	const struct hp_options policy = {.policy = (enum hp_policy_id)77};
	const struct hp_options source = {.source = HP_SOURCES};
	const struct hp_options check = {.check = 1u << 20};

	(void)state;
	assert_int_equal(init_in_child(&policy, NULL, NULL), EINVAL);
	assert_int_equal(init_in_child(&source, NULL, NULL), EINVAL);
	assert_int_equal(init_in_child(&check, NULL, NULL), EINVAL);
}

static void test_init_takes(void **state)
{
	static const char *const good[][2] = {{"ESCALIER_HP_POLICY", "hp"},
		{"ESCALIER_HP_POLICY", "hp-firstfit"}, {"ESCALIER_HP_POLICY", "hp-bump"},
		{"ESCALIER_HP_PAGES", "auto"}, {"ESCALIER_HP_PAGES", "small"},
		{"ESCALIER_HP_PAGES", "thp"}, {"ESCALIER_HP_PAGES", "hugetlb-2m"},
		{"ESCALIER_HP_PAGES", "hugetlb-1g"}, {"ESCALIER_HP_DECAY_MS", "-1"},
		{"ESCALIER_HP_DECAY_MS", "250"}, {"ESCALIER_HP_CHECK", "all"},
		{"ESCALIER_HP_CHECK", "3"}, {"ESCALIER_HP_CHECK", "pointers,canary"},
		{"ESCALIER_HP_CHECK", "poison"}, {"ESCALIER_HP_CHECK", "0"},
		{"ESCALIER_HP_LIMIT", "512M"}, {"ESCALIER_HP_PAGES", ""}};

	(void)state;
	assert_int_equal(init_in_child(NULL, NULL, NULL), 0);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (init_in_child(NULL, good[i][0], good[i][1]) != 0)
			fail_msg("%s=%s is refused", good[i][0], good[i][1]);
}

/* A variable that is not understood is named, and keeps no program from running. */
static void test_bad_environment(void **state)
{
	static const char *const bad[][2] = {{"ESCALIER_HP_POLICY", "nosuch"},
		{"ESCALIER_HP_PAGES", "gigantic"}, {"ESCALIER_HP_DECAY_MS", "soon"},
		{"ESCALIER_HP_DECAY_MS", "-2"}, {"ESCALIER_HP_CHECK", "everything"},
		{"ESCALIER_HP_CHECK", "poison,"}, {"ESCALIER_HP_CHECK", "16"},
		{"ESCALIER_HP_LIMIT", "1X"},
		{"ESCALIER_HP_LIMIT", "99999999999999999999999"}};
	char said[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int ends[2];
		ssize_t length;
		pid_t pid;

		assert_int_equal(pipe(ends), 0);
		pid = fork();
		if (pid == 0) {
			hp_finalize();
			(void)setenv(bad[i][0], bad[i][1], 1);
			(void)dup2(ends[1], STDERR_FILENO);
			_exit(hp_malloc(100) ? 0 : 1);
		}
		(void)close(ends[1]);
		length = read(ends[0], said, sizeof(said) - 1);
		(void)close(ends[0]);
		assert_int_equal(status_of(pid), 0);
		said[length > 0 ? length : 0] = '\0';
		if (!strstr(said, bad[i][0]) || !strstr(said, bad[i][1]))
			fail_msg("%s=%s is not complained of: %s", bad[i][0], bad[i][1],
				said);
	}
}

static void *foreign_block;
static unsigned foreign_calls;

static void foreign_release(void *block)
{
	foreign_calls += block == foreign_block;
}

static void *foreign_reallocate(void *block, size_t bytes)
{
	foreign_calls += block == foreign_block && bytes == 123;
	return block;
}

static size_t foreign_usable(const void *block)
{
	foreign_calls += block == foreign_block;
	return 77;
}

static void test_foreign(void **state)
{
	static const struct hp_foreign foreign = {
		foreign_release, foreign_reallocate, foreign_usable};
	static char memory[64];
	void *block = hp_malloc(10);

	(void)state;
	foreign_block = memory;
	hp_set_foreign(&foreign);
	hp_free(foreign_block);
	hp_free_sized(foreign_block, 10);
	assert_ptr_equal(hp_realloc(foreign_block, 123), foreign_block);
	assert_ptr_equal(hp_reallocarray(foreign_block, 41, 3), foreign_block);
	assert_int_equal(hp_usable_size(foreign_block), 77);
	assert_int_equal(foreign_calls, 5);
	/* Its own are its own still. */
	block = hp_realloc(block, 1000);
	hp_free(block);
	assert_int_equal(foreign_calls, 5);
	hp_set_foreign(NULL);
}

/* A thread that allocated in a life without checks is looked at in the next one. */
static void test_checks_after_a_life_without(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		const struct hp_options with = {.check = HP_CHECK_ALL};
		void *blocks[100];

		hp_finalize();
		if (hp_init(NULL) != 0)
			_exit(1);
		for (size_t i = 0; i < 100; i++)
			blocks[i] = hp_malloc(16 * i);
		for (size_t i = 0; i < 100; i++)
			hp_free(blocks[i]);
		hp_finalize();
		if (hp_init(&with) != 0)
			_exit(2);
		for (size_t i = 0; i < 100; i++) {
			blocks[i] = hp_malloc(16 * i);
			/* What was asked for, and no more, is the program's. */
			if (hp_usable_size(blocks[i]) != 16 * i)
				_exit(3);
		}
		for (size_t i = 0; i < 100; i++)
			hp_free(blocks[i]);
		_exit(0);
	}
	assert_int_equal(status_of(pid), 0);
}

/* Never more than the limit, and ENOMEM beyond it. */
static void test_limit(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		const struct hp_options options = {.limit_bytes = 32 << 20};
		size_t count = 0;

		hp_finalize();
		if (hp_init(&options) != 0)
			_exit(1);
		errno = 0;
		while (count < 64 << 10 && hp_malloc(10000))
			count++;
		if (errno != ENOMEM || count * 10000 > 32 << 20 ||
			count * 10000 < 16 << 20)
			_exit(2);
		_exit(0);
	}
	assert_int_equal(status_of(pid), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_before_constructors),
		cmocka_unit_test(test_after_destructors),
		cmocka_unit_test(test_thread_destructors),
		cmocka_unit_test(test_owns_in_handler),
		cmocka_unit_test(test_init_in_use),
		cmocka_unit_test(test_init_refuses),
		cmocka_unit_test(test_init_takes),
		cmocka_unit_test(test_bad_environment),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_checks_after_a_life_without),
		cmocka_unit_test(test_limit),
	};

	if (heap_is_mode("tsan")) {
		puts("ok - lifecycle # SKIP tsan ends before a program's destructors do");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
