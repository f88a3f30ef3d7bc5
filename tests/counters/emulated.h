/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_COUNTERS_EMULATED_H
#define TESTS_COUNTERS_EMULATED_H

#include "counters/group.h"

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * A kernel with PMUs of which the test has every part in hand: perf_event_open, ioctl,
 * read, mmap, munmap and close on its descriptors are answered by this file (by the
 * linker's --wrap), in the kernel's own layouts, and so are the instructions that read
 * counters and clock in user space. Every other descriptor goes to the real kernel.
 */
enum { FIRST_FD = 10000, OPENS_MAX = 160, REGISTERS = 64 };

struct emulated_open {
	struct perf_event_attr attr;
	pid_t thread;
	int cpu;
	int group_fd;
	bool closed;
	struct perf_event_mmap_page *page; /* as mapped; NULL not */
	bool enabled;
};

extern struct emulated {
	struct emulated_open opens[OPENS_MAX];
	unsigned opens_count;
	unsigned counters;       /* hardware events that a group may hold */
	uint64_t refused_config; /* perf_event_open of it fails with refused_error */
	int refused_error;
	bool idle_leaders;   /* one that is off, and stays so at exec, needs no counter */
	int hardware_error;  /* every hardware event fails with it */
	bool no_extended;    /* types in the config's upper half are not known */
	bool no_group_reads; /* of events that are inherited */
	unsigned interrupted; /* calls that still fail with EINTR */
	int ioctl_error;      /* PERF_EVENT_IOC_ID of ioctl_fd fails with it */
	int ioctl_fd;
	int mmap_error;
	unsigned long enabled; /* the last enable or disable */
	uint64_t reply[3 + 2 * GROUP_EVENTS];
	long reply_bytes; /* or -errno; 0 with `live` */

	/* Reads are answered from the pages and registers below, as the kernel would. */
	bool live;
	uint64_t wrong; /* added to what user space reads in a register */
	uint64_t registers[REGISTERS];
	uint64_t clock; /* read by user_clock_read */
	uint64_t now_ns;
	uint64_t read_ns, register_ns; /* that each takes of now_ns */

	/* Of the PMUs in sysfs, and of what decides about counting; "": the live PMUs,
	 * and nothing in the way. */
	const char *root;
} kernel;

/* For cmocka: an idle kernel with room for six events a group. */
int emulated_reset(void **state);
unsigned emulated_open_descriptors(void);
uint64_t emulated_id(int fd);

/* A canned reply: number, enabled, running, then value and id of each descriptor; values
 * are 1000, 2000, ... */
void emulated_reply(uint64_t enabled, uint64_t running, unsigned count, const int *fds);

#endif
