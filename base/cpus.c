/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/cpus.h"

#include <ctype.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cpus_add(struct cpus *cpus, unsigned cpu)
{
	if (cpu < CPUS_MAX)
		cpus->bits[cpu / 64] |= 1ull << (cpu % 64);
}

bool cpus_has(const struct cpus *cpus, unsigned cpu)
{
	return cpu < CPUS_MAX && (cpus->bits[cpu / 64] >> (cpu % 64) & 1);
}

unsigned cpus_count(const struct cpus *cpus)
{
	unsigned count = 0;

	for (size_t i = 0; i < CPUS_MAX / 64; i++)
		count += (unsigned)__builtin_popcountll(cpus->bits[i]);
	return count;
}

int cpus_first(const struct cpus *cpus)
{
	for (size_t i = 0; i < CPUS_MAX / 64; i++)
		if (cpus->bits[i])
			return (int)(i * 64) + __builtin_ctzll(cpus->bits[i]);
	return -1;
}

bool cpus_equal(const struct cpus *a, const struct cpus *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static int parse_cpu(const char **text, unsigned *cpu)
{
	unsigned value = 0;

	if (!isdigit((unsigned char)**text))
		return -EINVAL;
	while (isdigit((unsigned char)**text)) {
		value = value * 10 + (unsigned)(**text - '0');
		if (value >= CPUS_MAX)
			return -ERANGE;
		(*text)++;
	}
	*cpu = value;
	return 0;
}

int cpus_parse(const char *text, struct cpus *cpus)
{
	struct cpus result = {{0}};

	for (;;) {
		unsigned first;
		unsigned last;
		int error = parse_cpu(&text, &first);

		if (error)
			return error;
		last = first;
		if (*text == '-') {
			text++;
			error = parse_cpu(&text, &last);
			if (error)
				return error;
		}
		if (last < first)
			return -EINVAL;
		for (unsigned cpu = first; cpu <= last; cpu++)
			cpus_add(&result, cpu);
		if (*text == '\0')
			break;
		if (*text != ',')
			return -EINVAL;
		text++;
	}
	*cpus = result;
	return 0;
}

char *cpus_format(char *text, size_t size, const struct cpus *cpus)
{
	size_t used = 0;

	text[0] = '\0';
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
		char range[24];
		unsigned last = cpu;

		if (!cpus_has(cpus, cpu))
			continue;
		while (cpus_has(cpus, last + 1))
			last++;
		if (last > cpu)
			(void)snprintf(range, sizeof(range), "%s%u-%u", used ? "," : "",
				cpu, last);
		else
			(void)snprintf(
				range, sizeof(range), "%s%u", used ? "," : "", cpu);
		/* Room is kept for the "..." that marks a cut. */
		if (used + strlen(range) + 4 > size) {
			if (size > 3)
				(void)snprintf(text + used, size - used, "...");
			break;
		}
		memcpy(text + used, range, strlen(range) + 1);
		used += strlen(range);
		cpu = last;
	}
	return text;
}

int cpus_allowed(struct cpus *cpus)
{
	struct cpus result = {{0}};

	/* struct cpus is the kernel's own layout: an array of 64-bit words, CPU 0 lowest.
	 */
	if (sched_getaffinity(0, sizeof(result), (cpu_set_t *)&result) != 0)
		return -errno;
	*cpus = result;
	return 0;
}

int cpus_pin(unsigned cpu)
{
	struct cpus one = {{0}};

	if (cpu >= CPUS_MAX)
		return -EINVAL;
	cpus_add(&one, cpu);
	return cpus_unpin(&one);
}

int cpus_unpin(const struct cpus *cpus)
{
	return sched_setaffinity(0, sizeof(*cpus), (const cpu_set_t *)cpus) == 0 ? 0
										 : -errno;
}
