/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading counters in user space, against an emulated kernel: what its pages, registers
 * and clock say is the test's. */
#include "counters/counters.h"
#include "tests/counters/emulated.h"
#include "tests/counters/record.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { EVENTS = 3, WIDTH = 48, SHIFT = 10, MULT = 512 };

static const struct group group = {
	.name = "three",
	.events = {{"PMC0", "perf::CYCLES"}, {"PMC1", "r0f45"}, {"PMC2", "rf045"}},
	.events_count = EVENTS,
};

struct opened {
	struct counters *counters;
	struct counter_event_status status[EVENTS];
	struct counter_value values[EVENTS];
	struct counter_read_cost cost;
};

/* Two ticks of the clock are a nanosecond. */
static void give_page(unsigned fd, uint32_t index)
{
	struct perf_event_mmap_page *page = calloc(1, 4096);

	assert_non_null(page);
	page->index = index;
	page->cap_user_rdpmc = 1;
	page->cap_user_time = 1;
	page->pmc_width = WIDTH;
	page->time_shift = SHIFT;
	page->time_mult = MULT;
	page->time_enabled = 5000;
	page->time_running = 4000;
	kernel.opens[fd].page = page;
}

static uint64_t fake_ns(void)
{
	return kernel.now_ns;
}

static const struct clocks fake_clocks = {.wall_ns = fake_ns};

static void open_three(struct opened *opened)
{
	struct complaint complaint = {.what = ""};

	memset(opened, 0, sizeof(*opened));
	assert_int_equal(counters_perf.open(&opened->counters, &group, NULL,
				 opened->status, &complaint),
		0);
	for (unsigned i = 0; i < EVENTS; i++) {
		give_page(i, i + 1);
		kernel.opens[i].page->offset = 1000 * ((int64_t)i + 1);
		kernel.registers[i] = 10 + i;
	}
	kernel.live = true;
	kernel.read_ns = 900;
	kernel.register_ns = 20;
	assert_int_equal(counters_perf.start(opened->counters), 0);
}

static void choose(struct opened *opened, enum counter_read_path path)
{
	assert_int_equal(counters_perf.choose_read_path(
				 opened->counters, &fake_clocks, &opened->cost),
		0);
	if (opened->cost.path != path)
		fail_msg("path %d: %s", (int)opened->cost.path, opened->cost.user_why);
}

static void read_now(struct opened *opened)
{
	assert_int_equal(counters_perf.read(opened->counters, opened->values), 0);
}

static void close_three(struct opened *opened)
{
	counters_perf.close(opened->counters);
	assert_int_equal(emulated_open_descriptors(), 0);
}

/* What user space and the kernel give, one after the other. */
static void expect_both(struct opened *opened, size_t event, uint64_t count,
	uint64_t enabled_ns, uint64_t running_ns)
{
	struct counter_value *value = &opened->values[event];

	for (unsigned live = 0; live < 2; live++) {
		uint64_t before = kernel.now_ns;

		kernel.opens[0].page->cap_user_rdpmc = !live;
		read_now(opened);
		assert_int_equal(kernel.now_ns - before,
			live ? kernel.read_ns : EVENTS * kernel.register_ns);
		assert_true(value->count == count);
		assert_int_equal(value->enabled_ns, enabled_ns);
		assert_int_equal(value->running_ns, running_ns);
	}
	kernel.opens[0].page->cap_user_rdpmc = 1;
}

static void test_choice(void **state)
{
	struct opened opened;

	(void)state;
	open_three(&opened);
	/* Not before it was asked for. */
	read_now(&opened);
	assert_int_equal(kernel.now_ns, 900);
	choose(&opened, COUNTER_READ_USER);
	assert_true(opened.cost.syscall_ns == 900 && opened.cost.user_ns == 60);
	assert_string_equal(opened.cost.user_why, "");
	/* A hypervisor that takes every reading of a register: the kernel is asked. */
	kernel.register_ns = 14500;
	choose(&opened, COUNTER_READ_SYSCALL);
	assert_true(opened.cost.syscall_ns == 900 && opened.cost.user_ns == 43500);
	kernel.register_ns = 300;
	choose(&opened, COUNTER_READ_SYSCALL); /* equal: no reason to leave the kernel */
	close_three(&opened);
}

static void test_values(void **state)
{
	struct opened opened;

	(void)state;
	open_three(&opened);
	choose(&opened, COUNTER_READ_USER);
	expect_both(&opened, 0, 1010, 5000, 4000);
	expect_both(&opened, 2, 3012, 5000, 4000);
	/* Time goes on with the clock, by its two parts. */
	kernel.clock = 7 * (1 << SHIFT) + 500;
	expect_both(&opened, 1, 2011, 5000 + 7 * MULT + 250, 4000 + 7 * MULT + 250);
	kernel.opens[0].page->time_offset = (uint64_t)-1000;
	expect_both(&opened, 1, 2011, 4000 + 7 * MULT + 250, 3000 + 7 * MULT + 250);
	close_three(&opened);
}

/* A counter that was preset to overflow soon has its top bit set: it counts up to zero.
 */
static void test_width(void **state)
{
	struct opened opened;

	(void)state;
	open_three(&opened);
	choose(&opened, COUNTER_READ_USER);
	kernel.registers[1] = (1ull << WIDTH) - 25;
	expect_both(&opened, 1, 2000 - 25, 5000, 4000);
	kernel.registers[1] = 1ull << (WIDTH - 1);
	kernel.opens[1].page->offset = 1ll << WIDTH;
	expect_both(&opened, 1, (1ull << WIDTH) - (1ull << (WIDTH - 1)), 5000, 4000);
	/* Bits above the width are not the counter's. */
	kernel.registers[1] = 0xabcd000000000005;
	kernel.opens[1].page->offset = 100;
	expect_both(&opened, 1, 105, 5000, 4000);
	kernel.opens[1].page->pmc_width = 32;
	kernel.registers[1] = 0xfffffffe;
	expect_both(&opened, 1, 98, 5000, 4000);
	kernel.opens[1].page->pmc_width = 64;
	kernel.registers[1] = UINT64_MAX;
	read_now(&opened);
	assert_int_equal(opened.values[1].count, 99);
	close_three(&opened);
}

/* A clock of few bits goes round between two looks. */
static void test_short_clock(void **state)
{
	struct opened opened;

	(void)state;
	open_three(&opened);
	choose(&opened, COUNTER_READ_USER);
	for (unsigned i = 0; i < EVENTS; i++) {
		kernel.opens[i].page->cap_user_time_short = 1;
		kernel.opens[i].page->time_mask = 0xffffffff;
		kernel.opens[i].page->time_cycles = 0x5fffffff0;
		kernel.opens[i].page->time_offset =
			(uint64_t) - (int64_t)(0x5fffffff0 / 2);
	}
	kernel.clock = 0x10; /* 0x600000010 of the whole clock */
	read_now(&opened);
	assert_int_equal(opened.values[0].enabled_ns, 5000 + 16);
	assert_int_equal(opened.values[0].running_ns, 4000 + 16);
	close_three(&opened);
}

/* Index 0: not on a counter now. Nothing but the kernel knows the count. */
static void test_not_scheduled(void **state)
{
	struct opened opened;
	uint64_t before;

	(void)state;
	open_three(&opened);
	choose(&opened, COUNTER_READ_USER);
	for (unsigned i = 0; i < EVENTS; i++)
		kernel.opens[i].page->index = 0;
	before = kernel.now_ns;
	read_now(&opened);
	assert_int_equal(kernel.now_ns - before, kernel.read_ns);
	assert_int_equal(opened.values[2].count, 3000);
	/* Half a group on the PMU is none: the group moved while it was read. */
	kernel.opens[0].page->index = 1;
	before = kernel.now_ns;
	read_now(&opened);
	assert_true(kernel.now_ns - before >= kernel.read_ns);
	/* And at the start it means that this path does not exist. */
	kernel.opens[0].page->index = 0;
	choose(&opened, COUNTER_READ_SYSCALL);
	assert_non_null(strstr(opened.cost.user_why, "not on a hardware counter"));
	assert_true(opened.cost.user_ns == 0);
	close_three(&opened);
}

static void expect_refused(
	struct opened *opened, const char *why, enum counter_read_path path)
{
	choose(opened, path);
	if (!strstr(opened->cost.user_why, why))
		fail_msg("\"%s\" lacks \"%s\"", opened->cost.user_why, why);
	assert_true(opened->cost.syscall_ns == 900);
	assert_true(opened->cost.user_ns == 0);
	read_now(opened);
	assert_int_equal(opened->values[0].count, 1010);
}

static void test_refusals(void **state)
{
	struct opened opened;

	(void)state;
	open_three(&opened);
	kernel.mmap_error = EPERM;
	expect_refused(&opened, "perf_event_mlock_kb", COUNTER_READ_SYSCALL);
	assert_non_null(strstr(opened.cost.user_why, "ulimit -l"));
	kernel.mmap_error = ENOMEM;
	expect_refused(&opened, strerror(ENOMEM), COUNTER_READ_SYSCALL);
	kernel.mmap_error = 0;
	kernel.opens[1].page->cap_user_rdpmc = 0;
	expect_refused(&opened, "devices/cpu/rdpmc is 0", COUNTER_READ_SYSCALL);
	kernel.opens[1].page->cap_user_rdpmc = 1;
	kernel.opens[1].page->cap_user_time = 0;
	expect_refused(&opened, "cap_user_time", COUNTER_READ_SYSCALL);
	kernel.opens[1].page->cap_user_time = 1;
	/* A hypervisor that lets the instruction through to the wrong counter. */
	kernel.wrong = 1;
	expect_refused(&opened, "do not agree", COUNTER_READ_SYSCALL);
	kernel.wrong = UINT64_MAX;
	expect_refused(&opened, "do not agree", COUNTER_READ_SYSCALL);
	kernel.wrong = 0;
	choose(&opened, COUNTER_READ_USER);
	close_three(&opened);
}

/* Linux on Arm with user access off: the pages allow it, and have no index. */
static void test_access_off(void **state)
{
	char root[] = "/tmp/test-user-XXXXXX";
	struct opened opened;

	(void)state;
	open_three(&opened);
	assert_non_null(mkdtemp(root));
	record_put(root, "/proc/sys/kernel/perf_user_access", "0\n");
	kernel.root = root;
	for (unsigned i = 0; i < EVENTS; i++)
		kernel.opens[i].page->index = 0;
	choose(&opened, COUNTER_READ_SYSCALL);
	assert_string_equal(opened.cost.user_why,
		"kernel.perf_user_access is 0; try: sudo sysctl "
		"kernel.perf_user_access=1");
	record_put(root, "/proc/sys/kernel/perf_user_access", "1\n");
	for (unsigned i = 0; i < EVENTS; i++)
		kernel.opens[i].page->index = i + 1;
	choose(&opened, COUNTER_READ_USER);
	close_three(&opened);
	record_remove(root);
}

/* A page that is being written, for ever: the kernel is asked after a few tries. */
static void test_stuck_lock(void **state)
{
	struct opened opened;
	uint64_t before;

	(void)state;
	open_three(&opened);
	choose(&opened, COUNTER_READ_USER);
	kernel.opens[2].page->lock = 7;
	before = kernel.now_ns;
	read_now(&opened);
	assert_int_equal(kernel.now_ns - before, kernel.read_ns);
	assert_int_equal(opened.values[2].count, 3012);
	close_three(&opened);
}

/* Both types of core in one reading: of two groups one is on the PMU. */
static void test_hybrid(void **state)
{
	static const struct group one = {
		.name = "one", .events = {{"PMC0", "perf::CYCLES"}}, .events_count = 1};
	struct complaint complaint = {.what = ""};
	char root[] = "/tmp/test-user-XXXXXX";
	struct opened opened = {.counters = NULL};

	(void)state;
	assert_non_null(mkdtemp(root));
	record_alder_lake(root);
	kernel.root = root;
	kernel.live = true;
	kernel.read_ns = 900;
	kernel.register_ns = 20;
	assert_int_equal(counters_perf.open(
				 &opened.counters, &one, NULL, opened.status, &complaint),
		0);
	give_page(0, 1);
	give_page(1, 0);
	kernel.opens[0].page->offset = 100;
	kernel.opens[1].page->offset = 40;
	kernel.opens[1].page->time_running = 1000;
	kernel.registers[0] = 5;
	kernel.clock = 200;
	choose(&opened, COUNTER_READ_USER);
	read_now(&opened);
	assert_int_equal(opened.values[0].count, 145);
	assert_int_equal(opened.values[0].enabled_ns, 5100);
	assert_int_equal(opened.values[0].running_ns, 4100 + 1000);
	/* The thread moves to the other type of core. */
	kernel.opens[0].page->index = 0;
	kernel.opens[1].page->index = 1;
	read_now(&opened);
	assert_int_equal(opened.values[0].count, 145);
	assert_int_equal(counters_perf.parts(opened.counters, 0)[1].count, 45);
	counters_perf.close(opened.counters);
	record_remove(root);
}

/*
 * A writer that moves the group from counter to counter, as a context switch does: in
 * each generation every event has the same count, made of another offset, register, index
 * and bits. A reading that mixes two generations has unequal ones.
 */
struct writer {
	bool stop;
	uint64_t generation;
};

#define STORE(where, value) __atomic_store_n(&(where), value, __ATOMIC_RELEASE)

static void write_generation(uint64_t generation)
{
	for (unsigned i = 0; i < EVENTS; i++)
		STORE(kernel.opens[i].page->lock, kernel.opens[i].page->lock + 1);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < EVENTS; i++) {
		struct perf_event_mmap_page *page = kernel.opens[i].page;
		uint32_t counter = (uint32_t)(generation + i) % REGISTERS;
		int64_t part = (int64_t)(generation * (i + 3) % 1000) - 500;

		STORE(kernel.registers[counter], (uint64_t)part & ((1ull << WIDTH) - 1));
		STORE(page->offset, (int64_t)generation * 1000 - part);
		STORE(page->index, counter + 1);
		STORE(page->time_enabled, generation);
		STORE(page->time_running, generation);
	}
	for (unsigned i = 0; i < EVENTS; i++)
		STORE(kernel.opens[i].page->lock, kernel.opens[i].page->lock + 1);
}

static void *write_pages(void *context)
{
	struct writer *writer = context;

	while (!__atomic_load_n(&writer->stop, __ATOMIC_ACQUIRE)) {
		uint64_t next = writer->generation + 1;

		write_generation(next);
		__atomic_store_n(&writer->generation, next, __ATOMIC_RELEASE);
		(void)sched_yield();
	}
	return NULL;
}

/* As long as it takes to have read many generations, and seen them change underfoot. */
static void test_sequence_lock(void **state)
{
	const unsigned wanted = 20000;
	struct writer writer = {.generation = 1};
	struct opened opened;
	uint64_t last = 0;
	unsigned good = 0;
	unsigned asked = 0;
	unsigned changes = 0;
	pthread_t thread;

	(void)state;
	open_three(&opened);
	write_generation(1);
	choose(&opened, COUNTER_READ_USER);
	kernel.live = false;
	kernel.reply_bytes = -EBUSY; /* what falls back to the kernel is told apart */
	assert_int_equal(pthread_create(&thread, NULL, write_pages, &writer), 0);
	while (good < wanted || changes < 100) {
		uint64_t from = __atomic_load_n(&writer.generation, __ATOMIC_ACQUIRE);
		uint64_t count;

		if (counters_perf.read(opened.counters, opened.values)) {
			asked++;
			(void)sched_yield();
			continue;
		}
		count = opened.values[0].count;
		for (unsigned i = 0; i < EVENTS; i++) {
			assert_true(opened.values[i].count == count);
			assert_true(opened.values[i].enabled_ns * 1000 == count);
			assert_true(opened.values[i].running_ns * 1000 == count);
		}
		assert_true(count % 1000 == 0 && count / 1000 >= from && count >= last);
		if (count == last)
			(void)sched_yield(); /* nothing new without the writer */
		changes += count > last;
		last = count;
		good++;
	}
	STORE(writer.stop, true);
	assert_int_equal(pthread_join(thread, NULL), 0);
	print_message("%u readings over %u generations, %u left to the kernel\n", good,
		changes, asked);
	close_three(&opened);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_choice, emulated_reset),
		cmocka_unit_test_setup(test_values, emulated_reset),
		cmocka_unit_test_setup(test_width, emulated_reset),
		cmocka_unit_test_setup(test_short_clock, emulated_reset),
		cmocka_unit_test_setup(test_not_scheduled, emulated_reset),
		cmocka_unit_test_setup(test_refusals, emulated_reset),
		cmocka_unit_test_setup(test_access_off, emulated_reset),
		cmocka_unit_test_setup(test_stuck_lock, emulated_reset),
		cmocka_unit_test_setup(test_hybrid, emulated_reset),
		cmocka_unit_test_setup(test_sequence_lock, emulated_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
