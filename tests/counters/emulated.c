/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/counters/emulated.h"

#include "counters/explain.h"
#include "counters/pmu.h"
#include "counters/user-counter.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

struct emulated kernel;

ssize_t __real_read(int fd, void *bytes, size_t size);
int __real_close(int fd);
void *__real_mmap(void *where, size_t size, int rights, int flags, int fd, off_t offset);
int __real_munmap(void *where, size_t size);
int __real_pmus_load(struct pmus *pmus, const char *root);
long __wrap_syscall(long number, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
ssize_t __wrap_read(int fd, void *bytes, size_t size);
int __wrap_close(int fd);
void *__wrap_mmap(void *where, size_t size, int rights, int flags, int fd, off_t offset);
int __wrap_munmap(void *where, size_t size);
int __wrap_pmus_load(struct pmus *pmus, const char *root);
void __real_host_facts_read(const char *root, struct host_facts *facts);
void __wrap_host_facts_read(const char *root, struct host_facts *facts);
bool __wrap_user_counter_exists(void);
uint64_t __wrap_user_counter_read(uint32_t counter);
uint64_t __wrap_user_clock_read(void);

static long failure(int error)
{
	errno = error;
	return -1;
}

int emulated_reset(void **state)
{
	(void)state;
	for (unsigned i = 0; i < kernel.opens_count; i++)
		free(kernel.opens[i].page);
	memset(&kernel, 0, sizeof(kernel));
	kernel.counters = 6;
	kernel.root = "";
	return 0;
}

uint64_t emulated_id(int fd)
{
	return 7000 + 13 * (uint64_t)(fd - FIRST_FD);
}

static bool is_hardware(const struct perf_event_attr *attr)
{
	return attr->type != PERF_TYPE_SOFTWARE;
}

/* As validate_event() of Linux's drivers/perf/arm_pmu.c has it. */
static bool is_overlooked(const struct perf_event_attr *attr)
{
	return kernel.idle_leaders && attr->disabled && !attr->enable_on_exec;
}

static unsigned hardware_in_group(int leader)
{
	unsigned count = 0;

	for (unsigned i = 0; i < kernel.opens_count; i++)
		if (!kernel.opens[i].closed && is_hardware(&kernel.opens[i].attr) &&
			!is_overlooked(&kernel.opens[i].attr) &&
			(FIRST_FD + (int)i == leader ||
				kernel.opens[i].group_fd == leader))
			count++;
	return count;
}

static int refusal(const struct emulated_open *open)
{
	const struct perf_event_attr *attr = &open->attr;

	if (kernel.hardware_error && is_hardware(attr))
		return kernel.hardware_error;
	if (kernel.refused_error && attr->config == kernel.refused_config)
		return kernel.refused_error;
	if (kernel.no_extended && attr->type == PERF_TYPE_HARDWARE && attr->config >> 32)
		return ENOENT;
	if (kernel.no_group_reads && attr->inherit &&
		(attr->read_format & PERF_FORMAT_GROUP))
		return EINVAL;
	if (open->group_fd >= 0 && is_hardware(attr) &&
		hardware_in_group(open->group_fd) == kernel.counters)
		return EINVAL;
	return kernel.opens_count == OPENS_MAX ? EMFILE : 0;
}

long __wrap_syscall(long number, ...)
{
	struct emulated_open open = {.closed = false};
	va_list arguments;
	int error;

	/* Nothing else goes through syscall() here. */
	assert_int_equal(number, SYS_perf_event_open);
	va_start(arguments, number);
	open.attr = *va_arg(arguments, const struct perf_event_attr *);
	open.thread = va_arg(arguments, pid_t);
	open.cpu = va_arg(arguments, int);
	open.group_fd = va_arg(arguments, int);
	assert_int_equal(va_arg(arguments, unsigned long), PERF_FLAG_FD_CLOEXEC);
	va_end(arguments);
	assert_int_equal(open.attr.size, sizeof(open.attr));
	if (kernel.interrupted > 0) {
		kernel.interrupted--;
		return failure(EINTR);
	}
	error = refusal(&open);
	if (error)
		return failure(error);
	kernel.opens[kernel.opens_count] = open;
	return FIRST_FD + (long)kernel.opens_count++;
}

static bool is_emulated(int fd)
{
	return fd >= FIRST_FD && fd < FIRST_FD + (int)kernel.opens_count;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	int result = 0;

	assert_true(is_emulated(fd));
	va_start(arguments, request);
	if (kernel.ioctl_error && fd == kernel.ioctl_fd) {
		result = (int)failure(kernel.ioctl_error);
	} else if (request == PERF_EVENT_IOC_ID) {
		*va_arg(arguments, uint64_t *) = emulated_id(fd);
	} else {
		assert_true(request == PERF_EVENT_IOC_ENABLE ||
			    request == PERF_EVENT_IOC_DISABLE);
		assert_int_equal(va_arg(arguments, int), PERF_IOC_FLAG_GROUP);
		/* Only the leader stands for the group. */
		assert_int_equal(kernel.opens[fd - FIRST_FD].group_fd, -1);
		kernel.enabled = request;
		kernel.opens[fd - FIRST_FD].enabled = request == PERF_EVENT_IOC_ENABLE;
	}
	va_end(arguments);
	return result;
}

/* What the page and the register make up together, in the kernel's own arithmetic. */
static uint64_t count_of(const struct perf_event_mmap_page *page)
{
	uint64_t bits = page->index ? kernel.registers[page->index - 1] : 0;
	uint64_t sign = 1ull << (page->pmc_width - 1);

	bits &= (sign << 1) - 1;
	return (uint64_t)page->offset + (bits ^ sign) - sign;
}

static uint64_t elapsed(const struct perf_event_mmap_page *page)
{
	return page->time_offset +
	       (uint64_t)((unsigned __int128)kernel.clock * page->time_mult >>
			  page->time_shift);
}

/* The group of `leader` as it is now. */
static void reply_live(int leader)
{
	const struct perf_event_mmap_page *page = kernel.opens[leader - FIRST_FD].page;
	uint64_t since = page->cap_user_time ? elapsed(page) : 0;
	unsigned count = 0;

	kernel.reply[1] = page->time_enabled + since;
	kernel.reply[2] = page->time_running + (page->index ? since : 0);
	for (int i = 0; i < (int)kernel.opens_count; i++) {
		const struct emulated_open *open = &kernel.opens[i];

		if (open->closed || (FIRST_FD + i != leader && open->group_fd != leader))
			continue;
		kernel.reply[3 + 2 * count] = count_of(open->page);
		kernel.reply[4 + 2 * count] = emulated_id(FIRST_FD + i);
		count++;
	}
	kernel.reply[0] = count;
	kernel.reply_bytes = (long)((3 + 2 * count) * sizeof(kernel.reply[0]));
}

void emulated_reply(uint64_t enabled, uint64_t running, unsigned count, const int *fds)
{
	kernel.reply[0] = count;
	kernel.reply[1] = enabled;
	kernel.reply[2] = running;
	for (unsigned i = 0; i < count; i++) {
		kernel.reply[3 + 2 * i] = 1000 * (i + 1);
		kernel.reply[4 + 2 * i] = emulated_id(fds[i]);
	}
	kernel.reply_bytes = (long)((3 + 2 * count) * sizeof(kernel.reply[0]));
}

ssize_t __wrap_read(int fd, void *bytes, size_t size)
{
	if (!is_emulated(fd))
		return __real_read(fd, bytes, size);
	kernel.now_ns += kernel.read_ns;
	if (kernel.interrupted > 0) {
		kernel.interrupted--;
		return failure(EINTR);
	}
	if (!(kernel.opens[fd - FIRST_FD].attr.read_format & PERF_FORMAT_GROUP)) {
		/* Each by itself: value, enabled, running, id. */
		uint64_t single[4] = {
			100 * (uint64_t)(fd - FIRST_FD + 1), 50, 50, emulated_id(fd)};

		assert_int_equal(size, sizeof(single));
		memcpy(bytes, single, sizeof(single));
		return sizeof(single);
	}
	assert_int_equal(kernel.opens[fd - FIRST_FD].group_fd, -1);
	if (kernel.live)
		reply_live(fd);
	if (kernel.reply_bytes < 0)
		return failure((int)-kernel.reply_bytes);
	assert_true((size_t)kernel.reply_bytes <= sizeof(kernel.reply));
	if (kernel.reply_bytes > (long)size)
		return failure(ENOSPC); /* as the kernel does for a small buffer */
	memcpy(bytes, kernel.reply, (size_t)kernel.reply_bytes);
	return kernel.reply_bytes;
}

int __wrap_close(int fd)
{
	if (!is_emulated(fd))
		return __real_close(fd);
	assert_false(kernel.opens[fd - FIRST_FD].closed);
	kernel.opens[fd - FIRST_FD].closed = true;
	return 0;
}

void *__wrap_mmap(void *where, size_t size, int rights, int flags, int fd, off_t offset)
{
	struct emulated_open *open;

	if (!is_emulated(fd))
		return __real_mmap(where, size, rights, flags, fd, offset);
	open = &kernel.opens[fd - FIRST_FD];
	assert_int_equal(rights, PROT_READ);
	assert_int_equal(flags, MAP_SHARED);
	assert_int_equal(size, sysconf(_SC_PAGESIZE));
	assert_int_equal(offset, 0);
	/* As the kernel does. */
	assert_false(open->cpu == -1 && open->attr.inherit);
	if (kernel.mmap_error) {
		errno = kernel.mmap_error;
		return MAP_FAILED;
	}
	assert_non_null(open->page);
	return open->page;
}

int __wrap_munmap(void *where, size_t size)
{
	for (unsigned i = 0; i < kernel.opens_count; i++) {
		if (kernel.opens[i].page != where)
			continue;
		assert_int_equal(size, sysconf(_SC_PAGESIZE));
		/* The page of a closed event would be lost. */
		assert_false(kernel.opens[i].closed);
		return 0;
	}
	return __real_munmap(where, size);
}

int __wrap_pmus_load(struct pmus *pmus, const char *root)
{
	assert_string_equal(root, "");
	return __real_pmus_load(pmus, kernel.root);
}

void __wrap_host_facts_read(const char *root, struct host_facts *facts)
{
	assert_string_equal(root, "");
	*facts = (struct host_facts){.core_pmu = true};
	if (kernel.root[0])
		__real_host_facts_read(kernel.root, facts);
}

bool __wrap_user_counter_exists(void)
{
	return true;
}

uint64_t __wrap_user_counter_read(uint32_t counter)
{
	assert_true(counter < REGISTERS);
	kernel.now_ns += kernel.register_ns;
	return __atomic_load_n(&kernel.registers[counter], __ATOMIC_ACQUIRE) +
	       kernel.wrong;
}

uint64_t __wrap_user_clock_read(void)
{
	return __atomic_load_n(&kernel.clock, __ATOMIC_ACQUIRE);
}

unsigned emulated_open_descriptors(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < kernel.opens_count; i++)
		count += !kernel.opens[i].closed;
	return count;
}
