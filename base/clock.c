/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"

#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

static uint64_t read_ns(clockid_t id)
{
	struct timespec now;

	(void)clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t system_wall_ns(void)
{
	return read_ns(CLOCK_MONOTONIC_RAW);
}

static uint64_t system_cpu_ns(void)
{
	return read_ns(CLOCK_THREAD_CPUTIME_ID);
}

static uint64_t system_involuntary_switches(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_THREAD, &usage);
	return (uint64_t)usage.ru_nivcsw;
}

enum { CHAIN_UNROLL = 64, CHAIN_LOOPS = 150, CHAIN_TRIES = 3 };

/*
 * Each addition needs the last one's result. Register to register, because some cores
 * (Golden Cove) perform additions of a constant at rename, at no cost.
 */
static uint64_t run_chain(uint64_t value, uint64_t addend)
{
	for (int i = 0; i < CHAIN_LOOPS; i++) {
#pragma GCC unroll 64
		for (int j = 0; j < CHAIN_UNROLL; j++) {
			value += addend;
			__asm__ volatile("" : "+r"(value));
		}
	}
	return value;
}

/* The best of a few tries: an interrupt can only make one slower. */
static double system_core_ghz(void)
{
	double best = 0;

	for (int i = 0; i < CHAIN_TRIES; i++) {
		uint64_t start = system_wall_ns();

		(void)run_chain(start, start | 1);
		uint64_t elapsed = system_wall_ns() - start;
		double ghz =
			elapsed ? (double)(CHAIN_UNROLL * CHAIN_LOOPS) / (double)elapsed
				: 0;

		if (ghz > best)
			best = ghz;
	}
	return best;
}

const struct clocks clocks_system = {
	.wall_ns = system_wall_ns,
	.cpu_ns = system_cpu_ns,
	.core_ghz = system_core_ghz,
	.involuntary_switches = system_involuntary_switches,
};

void clock_sleep_ns(uint64_t ns)
{
	struct timespec duration = {
		.tv_sec = (time_t)(ns / 1000000000u),
		.tv_nsec = (long)(ns % 1000000000u),
	};

	(void)nanosleep(&duration, NULL);
}

char *clock_stamp(char text[CLOCK_STAMP])
{
	time_t now = time(NULL);
	struct tm parts;

	(void)gmtime_r(&now, &parts);
	(void)strftime(text, CLOCK_STAMP, "%Y-%m-%dT%H-%M-%SZ", &parts);
	return text;
}
