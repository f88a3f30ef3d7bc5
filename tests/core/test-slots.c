/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How many counters truly count at once. The search is pure and is walked through for
 * every set of dead counters that a PMU of up to eight can have; the probe is then run
 * against a PMU that lies.
 */
#include "core/check/slots.h"

#include "tests/core/fake-pmu.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What a group of copies shows where the kernel hands out slots from the lowest on and
 * those in `dead` are none. */
static struct slots_trial show(size_t asked, size_t slots, unsigned dead, double expected)
{
	struct slots_trial trial = {.asked = asked, .ran = true, .expected = expected};

	trial.opened = asked < slots ? asked : slots;
	for (size_t i = 0; i < trial.opened; i++)
		trial.counts[i] = dead >> i & 1 ? 0 : 4096 + i;
	return trial;
}

/* The most slots from the lowest on among which none is dead. */
static size_t first_dead(size_t slots, unsigned dead)
{
	size_t alive = 0;

	while (alive < slots && !(dead >> alive & 1))
		alive++;
	return alive;
}

static void test_every_set_of_dead_slots(void **state)
{
	(void)state;
	for (size_t slots = 0; slots <= 8; slots++) {
		for (unsigned dead = 0; dead < 1u << slots; dead++) {
			for (int known = 0; known < 2; known++) {
				struct slots_search search;

				slots_search_begin(&search);
				while (search.copies > 0) {
					struct slots_trial trial = show(search.copies,
						slots, dead, known ? 4096 : NAN);

					assert_true(search.trials <= GROUP_EVENTS);
					slots_search_take(&search, &trial);
				}
				assert_int_equal(search.advertised, slots);
				assert_int_equal(search.proved, first_dead(slots, dead));
			}
		}
	}
}

/* A full PMU of which another user holds one: the group is opened, and never runs. */
static void test_groups_that_never_run(void **state)
{
	(void)state;
	for (size_t slots = 1; slots <= 8; slots++) {
		for (size_t held = 0; held <= slots; held++) {
			struct slots_search search;

			slots_search_begin(&search);
			while (search.copies > 0) {
				struct slots_trial trial =
					show(search.copies, slots, 0, 4096);

				trial.ran = trial.opened <= slots - held;
				slots_search_take(&search, &trial);
			}
			assert_int_equal(search.advertised, slots);
			assert_int_equal(search.proved, slots - held);
		}
	}
}

/* Somebody takes a counter between two trials, or gives it back: the search ends, and
 * what it says was seen in its last trial. */
static void test_capacity_that_changes(void **state)
{
	(void)state;
	for (unsigned first = 0; first < 1u << 6; first++) {
		for (unsigned then = 0; then < 1u << 6; then++) {
			struct slots_search search;
			unsigned dead = first;

			slots_search_begin(&search);
			while (search.copies > 0) {
				struct slots_trial trial =
					show(search.copies, 6, dead, 4096);

				assert_true(search.trials <= GROUP_EVENTS);
				slots_search_take(&search, &trial);
				dead = then;
			}
			if (first)
				assert_true(search.proved <= first_dead(6, then));
		}
	}
}

static void test_alive(void **state)
{
	struct slots_trial trial = {.asked = 4, .opened = 4, .ran = true};
	static const uint64_t counts[] = {4096, 4150, 8192, 0};

	(void)state;
	memcpy(trial.counts, counts, sizeof(counts));
	trial.expected = 4096;
	assert_int_equal(slots_alive(&trial), 2); /* 4150 is within 2 %, twice is not */
	trial.expected = NAN;
	assert_int_equal(slots_alive(&trial), 1); /* the largest stands alone */
	trial.counts[2] = 4100;
	assert_int_equal(slots_alive(&trial), 3);
	trial.ran = false;
	assert_int_equal(slots_alive(&trial), 0);
	trial = (struct slots_trial){.asked = 3, .opened = 3, .ran = true};
	trial.expected = NAN;
	assert_int_equal(slots_alive(&trial), 0); /* agreeing on nothing */
}

static void probe(struct fake_pmu *pmu, struct slots *slots)
{
	fake_pmu_install(pmu, 1);
	assert_int_equal(
		slots_probe(slots, &counters_fake, &fake_pmu_clocks, fake_loop), 0);
}

static void test_probe(void **state)
{
	struct slots slots;

	(void)state;
	for (int busy = 0; busy < 2; busy++) {
		for (size_t count = 1; count <= PMU_SLOTS; count++) {
			struct fake_pmu pmu = {.slots = count, .busy = busy};

			probe(&pmu, &slots);
			assert_int_equal(slots.advertised, count);
			assert_int_equal(slots.proved, count);
			for (size_t dead = 0; dead < count; dead++) {
				pmu = (struct fake_pmu){.slots = count,
					.busy = busy,
					.fault = FAULT_DEAD_SLOT,
					.slot = dead};
				probe(&pmu, &slots);
				assert_int_equal(slots.advertised, count);
				assert_int_equal(slots.proved, dead);
			}
			pmu = (struct fake_pmu){.slots = count,
				.busy = busy,
				.fault = FAULT_NOT_TOGETHER};
			probe(&pmu, &slots);
			assert_int_equal(slots.proved, count - 1);
			pmu.fault = FAULT_MULTIPLEXED;
			probe(&pmu, &slots);
			assert_int_equal(slots.proved, 0);
		}
	}
}

/* What reading itself counts is no fault of a counter's. */
static void test_costly_reading(void **state)
{
	struct fake_pmu pmu = {.slots = 6, .reading = 400};
	struct slots slots;

	(void)state;
	probe(&pmu, &slots);
	for (size_t i = 0; i < SLOTS_EVENTS; i++)
		assert_int_equal(slots.events[i].proved, 6);
	assert_int_equal(slots.events[SLOTS_BRANCHES].trials, 1);
}

static void test_no_pmu(void **state)
{
	struct fake_pmu pmu = {.slots = 6};
	struct slots slots;

	(void)state;
	fake_pmu_install(&pmu, 1);
	/* Copies of hardware events, and no PMU that the kernel knows. */
	assert_int_equal(
		slots_probe(&slots, &counters_none, &fake_pmu_clocks, fake_loop), 0);
	assert_int_equal(slots.advertised, 0);
	assert_int_equal(slots.proved, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_set_of_dead_slots),
		cmocka_unit_test(test_groups_that_never_run),
		cmocka_unit_test(test_capacity_that_changes),
		cmocka_unit_test(test_alive),
		cmocka_unit_test(test_probe),
		cmocka_unit_test(test_costly_reading),
		cmocka_unit_test(test_no_pmu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
