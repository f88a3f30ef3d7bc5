/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said where liblikwid cannot count, from what it prints and what the MSR device
 * answers. */
#include "counters/likwid/failure.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct expected {
	struct likwid_failure failure;
	int error;
	const char *why;
	const char *advice;
};

static const struct expected expected[] = {
	{{3, false, ENOENT, "Cannot access MSR device file /dev/cpu/3/msr\n"}, -ENODEV,
		"there is no MSR device /dev/cpu/3/msr", "sudo modprobe msr"},
	{{0, false, ENOENT, "ERROR - [x] Unsupported Processor\n"}, -ENODEV,
		"there is no MSR device /dev/cpu/0/msr, and this liblikwid does not know "
		"the processor",
		"--counters perf"},
	/* No such CPU. */
	{{9, false, ENXIO, ""}, -ENODEV, "/dev/cpu/9/msr", "modprobe"},
	{{0, false, 0, "ERROR - [x] Unsupported Processor\nfurther words\n"}, -EOPNOTSUPP,
		"this liblikwid does not know the processor", "newer LIKWID"},
	{{0, false, EACCES,
		 "Exiting due to timeout: The socket file at '/tmp/likwid-1' could not be\n"},
		-EACCES, "the access daemon did not start", "likwid-accessD"},
	{{0, false, EACCES, "ERROR - [x] Failed to find the daemon '/usr/sbin/a'\n"},
		-EACCES, "the access daemon is not there", "likwid-accessD"},
	{{0, false, 0,
		 "ERROR: The selected register PMC0 is in use.\nPlease run likwid with force\n"},
		-EBUSY, "NMI watchdog", "kernel.nmi_watchdog=0"},
	{{0, false, 0, "Access to performance counters is locked.\n"}, -EBUSY,
		"lock file", "/var/run/likwid.lock"},
	{{0, false, EACCES, ""}, -EACCES, "/dev/cpu/0/msr: Permission denied", "root"},
	{{0, true, 0, "half a sen"}, -ETIMEDOUT, "it did not come to an end",
		"likwid-perfctr -C 0"},
	{{1, false, 0, "first line\nlast line\n\n"}, -EIO, "last line",
		"likwid-perfctr -C 1"},
	{{1, false, 0, ""}, -EIO, "", "likwid-perfctr -C 1"},
};

static void test_explained(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		const struct expected *e = &expected[i];
		struct complaint complaint;

		memset(&complaint, 'x', sizeof(complaint));
		assert_int_equal(
			likwid_failure_explain(&e->failure, &complaint), e->error);
		assert_true(strncmp(complaint.what, "liblikwid cannot count on CPU ",
				    30) == 0);
		assert_int_equal(atoi(complaint.what + 30), e->failure.cpu);
		if (!strstr(complaint.why, e->why) ||
			!strstr(complaint.advice, e->advice))
			fail_msg("%zu: %s / %s", i, complaint.why, complaint.advice);
		if (i == 10)
			assert_string_equal(complaint.why, e->why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_explained)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
