/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/counters/likwid/fake.h"

#include <likwid.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SETS = 8, EVENTS = 32, READ_COUNTS = 1000, FAULT = -14 };

/* Counters of 48 bits, as in hardware: the count of a reading is right across the wrap.
 */
static const uint64_t counter_mask = (1ULL << 48) - 1;

static struct {
	bool up;
	int sets;
	int events[SETS];
	bool unusable[SETS][EVENTS];
	int active;
	bool running;
	uint64_t registers[EVENTS], before[EVENTS];
	double last[EVENTS];
} fake;

static bool behaves(const char *word)
{
	const char *all = getenv("FAKE_LIKWID");

	return all && strstr(all, word) != NULL;
}

static void record(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void record(const char *format, ...)
{
	const char *path = getenv("FAKE_LIKWID_LOG");
	FILE *file = path ? fopen(path, "ae") : NULL;
	va_list arguments;

	if (!file)
		return;
	va_start(arguments, format);
	(void)vfprintf(file, format, arguments);
	va_end(arguments);
	(void)fputc('\n', file);
	(void)fclose(file);
}

void fake_likwid_count(unsigned event, uint64_t more)
{
	fake.registers[event] = (fake.registers[event] + more) & counter_mask;
}

int perfgroup_readGroup(
	const char *folder, const char *arch, const char *name, GroupInfo *info)
{
	(void)folder;
	(void)arch;
	(void)name;
	(void)info;
	return FAULT;
}

void perfgroup_returnGroup(GroupInfo *info)
{
	(void)info;
}

int topology_init(void)
{
	record("topology_init");
	return 0;
}

void affinity_init(void); /* likwid.h declares it without a prototype */
void affinity_init(void)
{
	record("affinity_init");
}

void HPMmode(int mode)
{
	record("HPMmode %d", mode);
}

int perfmon_init(int count, const int *cpus)
{
	record("perfmon_init %d cpu %d", count, cpus[0]);
	if (behaves("unsupported"))
		fprintf(stderr, "ERROR - [fake] Unsupported Processor\n");
	if (behaves("no-msr")) {
		fprintf(stderr, "ERROR - [fake] Cannot access MSR device file\n");
		return -1;
	}
	if (behaves("no-daemon")) {
		if (fork() == 0)
			return -1;
		usleep(100000);
		fprintf(stderr, "Exiting due to timeout: The socket file at "
				"'/tmp/likwid-1' could not be\nopened\n");
		exit(EXIT_FAILURE);
	}
	while (behaves("hang"))
		pause();
	fake.up = true;
	return 0;
}

void perfmon_finalize(void)
{
	record("perfmon_finalize");
	memset(&fake, 0, sizeof(fake));
}

int perfmon_addEventSet(const char *string)
{
	char copy[4096];
	char *rest = NULL;
	int set = fake.sets;
	int count = 0;

	record("perfmon_addEventSet %s", string);
	if (behaves("in-use")) {
		fprintf(stderr, "ERROR: The selected register PMC0 is in use.\n");
		exit(EXIT_SUCCESS);
	}
	if (!fake.up || behaves("no-set") || set == SETS)
		return FAULT;
	(void)snprintf(copy, sizeof(copy), "%s", string);
	for (char *event = strtok_r(copy, ",", &rest); event && count < EVENTS;
		event = strtok_r(NULL, ",", &rest)) {
		fake.unusable[set][count] = strstr(event, "UNKNOWN") != NULL;
		if (fake.unusable[set][count])
			fprintf(stderr,
				"WARN: Event %.*s not found for current architecture\n",
				(int)strcspn(event, ":"), event);
		count++;
	}
	fake.events[set] = count;
	return fake.sets++;
}

int perfmon_setupCounters(int set)
{
	record("perfmon_setupCounters %d", set);
	fake.active = set;
	return 0;
}

int perfmon_startCounters(void)
{
	record("perfmon_startCounters");
	if (behaves("no-start"))
		return FAULT;
	for (int i = 0; i < EVENTS; i++)
		fake.before[i] = fake.registers[i];
	fake.running = true;
	return 0;
}

static void take(void)
{
	for (int i = 0; i < fake.events[fake.active]; i++) {
		fake_likwid_count((unsigned)i, READ_COUNTS);
		fake.last[i] =
			(double)((fake.registers[i] - fake.before[i]) & counter_mask);
		fake.before[i] = fake.registers[i];
	}
}

int perfmon_readCounters(void)
{
	if (!fake.running || behaves("no-read"))
		return FAULT;
	take();
	return 0;
}

int perfmon_stopCounters(void)
{
	record("perfmon_stopCounters");
	if (!fake.running || behaves("no-stop"))
		return FAULT;
	fake.running = false;
	take();
	return 0;
}

double perfmon_getResult(int set, int event, int thread)
{
	(void)thread;
	return fake.unusable[set][event] ? NAN : 0;
}

double perfmon_getLastResult(int set, int event, int thread)
{
	(void)set;
	(void)thread;
	if (behaves("nan"))
		return NAN;
	return behaves("negative") ? -1 : fake.last[event];
}

void likwid_markerInit(void)
{
	record("likwid_markerInit");
}

void likwid_markerThreadInit(void)
{
	record("likwid_markerThreadInit");
}

int likwid_markerRegisterRegion(const char *region)
{
	record("likwid_markerRegisterRegion %s", region);
	return behaves("no-marker") ? FAULT : 0;
}

int likwid_markerStartRegion(const char *region)
{
	record("likwid_markerStartRegion %s", region);
	return behaves("no-marker") ? FAULT : 0;
}

int likwid_markerStopRegion(const char *region)
{
	record("likwid_markerStopRegion %s", region);
	return behaves("no-marker") ? FAULT : 0;
}

void likwid_markerClose(void)
{
	record("likwid_markerClose");
}
