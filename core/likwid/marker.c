/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/marker.h"

#include "counters/likwid.h"
#include "counters/likwid/library.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

static const struct likwid_library *likwid;

/* It answers -EFAULT before it has begun, and for a thread on a CPU that it does not
 * count. */
static int announce(const char *region)
{
	return likwid->likwid_markerRegisterRegion(region) < 0 ? -ENODEV : 0;
}

static int start(const char *region)
{
	return likwid->likwid_markerStartRegion(region) < 0 ? -EIO : 0;
}

static int stop(const char *region)
{
	return likwid->likwid_markerStopRegion(region) < 0 ? -EIO : 0;
}

static void end(void)
{
	likwid->likwid_markerClose();
}

static const struct marker marker_likwid = {
	.announce = announce,
	.start = start,
	.stop = stop,
	.close = end,
};

/* All that likwid_markerInit() wants. */
static bool is_asked_for(void)
{
	static const char *const names[] = {
		"LIKWID_FILEPATH", "LIKWID_MODE", "LIKWID_EVENTS", "LIKWID_THREADS"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!getenv(names[i]))
			return false;
	return true;
}

/* The first of "0,1,2". */
static unsigned first_cpu(void)
{
	const char *threads = getenv("LIKWID_THREADS");

	return threads ? (unsigned)strtoul(threads, NULL, 10) : 0;
}

int marker_open(const struct marker **marker, struct complaint *complaint)
{
	struct likwid_trial trial;
	pid_t self = getpid();
	int error;

	if (!is_asked_for())
		return MARKER_OFF;
	error = likwid_library(&likwid, complaint);
	if (!error)
		error = likwid_trial_run(first_cpu(), "", &trial, complaint);
	if (error)
		return error;
	likwid->likwid_markerInit();
	if (getpid() != self)
		_exit(EXIT_FAILURE);
	likwid->likwid_markerThreadInit();
	*marker = &marker_likwid;
	return 0;
}
