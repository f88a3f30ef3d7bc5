/* SPDX-License-Identifier: MIT */
#include "interpose/trace/timeline.h"

#include "interpose/trace/aside.h"
#include "interpose/trace/file.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

/* The second number of /proc/self/statm, in pages. */
static uint64_t resident_bytes(void)
{
	char text[128];
	uint64_t pages = 0;
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text));
	ssize_t at = 0;

	if (fd >= 0)
		(void)close(fd);
	while (at < length && text[at] != ' ')
		at++;
	for (at++; at < length && text[at] >= '0' && text[at] <= '9'; at++)
		pages = pages * 10 + (uint64_t)(text[at] - '0');
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void take_moment(uint64_t now)
{
	struct trace_moment *moment =
		&trace->timeline[trace->timeline_count % TRACE_TIMELINE];
	int64_t live = trace->live_bytes;
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	moment->at_ns = now;
	/* Below 0 where a thread has told of frees before another told of the blocks. */
	moment->live_bytes = live > 0 ? (uint64_t)live : 0;
	moment->minor_faults = (uint64_t)usage.ru_minflt;
	moment->major_faults = (uint64_t)usage.ru_majflt;
	moment->resident_bytes = resident_bytes();
	atomic_fetch_add_explicit(&trace->timeline_count, 1, memory_order_release);
}

void timeline_look(void)
{
	uint64_t now = trace_now_ns();
	uint64_t next =
		atomic_load_explicit(&trace->timeline_next_ns, memory_order_relaxed);
	struct aside aside;

	/* Whoever moves the time on takes the moment. */
	if (now < next || !atomic_compare_exchange_strong(&trace->timeline_next_ns, &next,
				  now + trace->timeline_step_ns))
		return;
	aside = aside_begin();
	take_moment(now);
	aside_end(&aside);
}
