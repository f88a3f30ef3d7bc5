/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/likwid/session.h"

#include "counters/likwid/library.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
	const struct likwid_library *likwid;
	unsigned cpu;
	struct likwid_set *sets;    /* NULL: no session */
	struct likwid_set *running; /* NULL: none */
} session;

/* The registers themselves where that is allowed, and where nobody could: then it fails
 * at once, and not after ten seconds of waiting for the daemon. What likwid-perfctr has
 * found is passed on. */
static int access_mode(unsigned cpu)
{
	const char *chosen = getenv("LIKWID_MODE");
	char path[64];

	if (chosen)
		return strcmp(chosen, "1") == 0 ? ACCESSMODE_DAEMON : ACCESSMODE_DIRECT;
	(void)snprintf(path, sizeof(path), "/dev/cpu/%u/msr", cpu);
	return access(path, R_OK | W_OK) == 0 || errno == ENOENT ? ACCESSMODE_DIRECT
								 : ACCESSMODE_DAEMON;
}

static int begin(unsigned cpu)
{
	const struct likwid_library *likwid = session.likwid;
	const int cpus[] = {(int)cpu};
	pid_t self = getpid();
	int failed;

	if (likwid->topology_init() != 0)
		return -EIO;
	likwid->affinity_init();
	likwid->HPMmode(access_mode(cpu));
	failed = likwid->perfmon_init(1, cpus);
	/* The child of its fork, which found no daemon to become. */
	if (getpid() != self)
		_exit(EXIT_FAILURE);
	session.cpu = cpu;
	return failed ? -EIO : 0;
}

static int add(struct likwid_set *set)
{
	if (!*set->events)
		return 0;
	set->id = session.likwid->perfmon_addEventSet(set->events);
	return set->id < 0 ? -EIO : 0;
}

static int move(unsigned cpu)
{
	int error;

	session.likwid->perfmon_finalize();
	error = begin(cpu);
	for (struct likwid_set *set = session.sets; set && !error; set = set->next)
		error = add(set);
	return error;
}

int likwid_session_add(struct likwid_set *set, unsigned cpu, struct complaint *complaint)
{
	int error = likwid_library(&session.likwid, complaint);

	if (error)
		return error;
	if (!session.sets)
		error = begin(cpu);
	if (!error)
		error = add(set);
	if (error) {
		if (!session.sets)
			session.likwid->perfmon_finalize();
		complaint_what(complaint, "liblikwid cannot count on CPU %u", cpu);
		return error;
	}
	set->next = session.sets;
	session.sets = set;
	return 0;
}

void likwid_session_remove(struct likwid_set *set)
{
	struct likwid_set **at = &session.sets;

	if (session.running == set)
		(void)likwid_session_stop(set);
	while (*at != set)
		at = &(*at)->next;
	*at = set->next;
	if (!session.sets)
		session.likwid->perfmon_finalize();
}

/* Of an event that it could not take it says "not a number" to nobody who does not ask.
 */
bool likwid_session_counts(const struct likwid_set *set, int event)
{
	return !isnan(session.likwid->perfmon_getResult(set->id, event, 0));
}

int likwid_session_start(struct likwid_set *set)
{
	int cpu = sched_getcpu();
	int error = 0;

	if (session.running)
		return -EBUSY;
	if (cpu >= 0 && (unsigned)cpu != session.cpu)
		error = move((unsigned)cpu);
	if (!error && (session.likwid->perfmon_setupCounters(set->id) != 0 ||
			      session.likwid->perfmon_startCounters() != 0))
		error = -EIO;
	if (!error)
		session.running = set;
	return error;
}

int likwid_session_stop(struct likwid_set *set)
{
	if (session.running != set)
		return 0;
	session.running = NULL;
	return session.likwid->perfmon_stopCounters() ? -EIO : 0;
}

int likwid_session_read(void)
{
	return session.likwid->perfmon_readCounters() ? -EIO : 0;
}

int likwid_session_delta(const struct likwid_set *set, int event, double *count)
{
	/* Registers hold 64 bits at most, and it has already put overflows right. */
	static const double most = 18446744073709549568.0;
	double result = session.likwid->perfmon_getLastResult(set->id, event, 0);

	if (!(result >= 0 && result <= most))
		return -EIO;
	*count = result;
	return 0;
}

bool likwid_session_here(void)
{
	return sched_getcpu() == (int)session.cpu;
}
