/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/likwid/failure.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* Sentences of liblikwid (5.2), what they mean, and what to do. The first one found is
 * the cause; later ones follow from it. */
static const struct cause {
	const char *sentence;
	int error;
	const char *why;
	const char *advice;
} causes[] = {
	{"is in use", EBUSY,
		"another user holds a counter register: a profiler, or the kernel's NMI "
		"watchdog",
		"sudo sysctl kernel.nmi_watchdog=0, end other profilers, or set LIKWID_FORCE=1 "
		"to take it from them"},
	{"locked", EBUSY, "LIKWID's lock file belongs to another user",
		"wait for their run to end, or see /var/run/likwid.lock"},
	{"Failed to find the daemon", EACCES,
		"this user may not open the MSR device, and the access daemon is not there",
		"run as root, or install likwid-accessD with its rights"},
	{"Exiting due to timeout", EACCES,
		"this user may not open the MSR device, and the access daemon did not start",
		"run as root, or: sudo chmod u+s $(which likwid-accessD)"},
};

static const char *last_line(const char *output, size_t *length)
{
	const char *end = output + strlen(output);
	const char *start;

	while (end > output && end[-1] == '\n')
		end--;
	start = end;
	while (start > output && start[-1] != '\n')
		start--;
	*length = (size_t)(end - start);
	return start;
}

static const struct cause *find_cause(const char *output)
{
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if (strstr(output, causes[i].sentence))
			return &causes[i];
	return NULL;
}

static int explain_cause(const struct cause *cause, struct complaint *complaint)
{
	complaint_why(complaint, "%s", cause->why);
	complaint_advise(complaint, "%s", cause->advice);
	return -cause->error;
}

int likwid_failure_explain(
	const struct likwid_failure *failure, struct complaint *complaint)
{
	const struct cause *cause = find_cause(failure->output);
	bool unknown_cpu = strstr(failure->output, "Unsupported Processor") != NULL;
	const char *line;
	size_t length;

	complaint_what(complaint, "liblikwid cannot count on CPU %u", failure->cpu);
	/* Who finds a register in use has reached it. */
	if (cause && cause->error == EBUSY)
		return explain_cause(cause, complaint);
	if (failure->device_error == ENOENT || failure->device_error == ENXIO) {
		complaint_why(complaint, "there is no MSR device /dev/cpu/%u/msr%s",
			failure->cpu,
			unknown_cpu ? ", and this liblikwid does not know the processor"
				    : "");
		complaint_advise(complaint,
			"sudo modprobe msr, which a virtual machine or a locked-down kernel may "
			"refuse; or give --counters perf");
		return -ENODEV;
	}
	if (unknown_cpu) {
		complaint_why(
			complaint, "%s", "this liblikwid does not know the processor");
		complaint_advise(
			complaint, "install a newer LIKWID, or give --counters perf");
		return -EOPNOTSUPP;
	}
	if (cause)
		return explain_cause(cause, complaint);
	if (failure->device_error) {
		complaint_why(complaint, "/dev/cpu/%u/msr: %s", failure->cpu,
			strerror(failure->device_error));
		complaint_advise(complaint, "run as root, or give --counters perf");
		return -failure->device_error;
	}
	line = last_line(failure->output, &length);
	if (failure->timed_out)
		complaint_why(complaint, "%s", "it did not come to an end");
	else
		complaint_why(complaint, "%.*s", (int)length, line);
	complaint_advise(complaint,
		"see whether `likwid-perfctr -C %u -g CLOCK true` works", failure->cpu);
	return failure->timed_out ? -ETIMEDOUT : -EIO;
}
