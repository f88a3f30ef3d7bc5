/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A library to preload into a program whose failures are to be tested:
 *
 *   INJECT=FUNCTION:N:ERRNO[:PATH]        the N-th call (from 1; * every) of FUNCTION
 * fails INJECT_SIGNAL=FUNCTION:N:SIGNAL[:PATH]  the signal is raised in front of that
 * call INJECT_COUNT=FILE                     at exit, a line "FUNCTION CALLS" for each
 * function is appended, and how often a call failed by order
 *                                         ("injected") and a signal was raised
 * ("signalled")
 *
 * ERRNO and SIGNAL are names (ENOSPC, TERM) or numbers. With PATH only calls are counted
 * on files whose path contains it; for read, write and fsync that is the path of the
 * descriptor. A specification that cannot be understood ends the program with status 126,
 * lest a test pass because nothing was injected.
 *
 * Only the process that the library was loaded into is affected: the settings are taken
 * out of its environment, and a child made by fork is left alone.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum function {
	OPEN, /* open64 too */
	OPENAT,
	FOPEN, /* fopen64 too */
	OPENDIR,
	READ,
	WRITE,
	FSYNC,
	RENAME,
	MKDIR,
	POSIX_SPAWNP, /* the last that has a path */
	PIPE2,
	MMAP, /* mmap64 too */
	MPROTECT,
	MADVISE,
	PERF_EVENT_OPEN, /* these by syscall(2) */
	MBIND,
	MOVE_PAGES,
	FUNCTIONS,
	SYSCALL = FUNCTIONS, /* the rest of it: forwarded, not counted */
	SYMBOLS
};

static const char *const names[SYMBOLS] = {
	[OPEN] = "open",
	[OPENAT] = "openat",
	[FOPEN] = "fopen",
	[OPENDIR] = "opendir",
	[READ] = "read",
	[WRITE] = "write",
	[FSYNC] = "fsync",
	[RENAME] = "rename",
	[MKDIR] = "mkdir",
	[PIPE2] = "pipe2",
	[POSIX_SPAWNP] = "posix_spawnp",
	[MMAP] = "mmap",
	[MPROTECT] = "mprotect",
	[MADVISE] = "madvise",
	[PERF_EVENT_OPEN] = "perf_event_open",
	[MBIND] = "mbind",
	[MOVE_PAGES] = "move_pages",
	[SYSCALL] = "syscall",
};

/* What an order does, and at which call. */
struct order {
	bool given;
	enum function function;
	unsigned long at; /* 0: every call */
	int number;       /* of the error or the signal */
	const char *path; /* NULL: any */
	atomic_ulong calls;
	atomic_ulong carried_out;
};

static void *real[SYMBOLS];
static struct order failure;
static struct order interruption;
static atomic_ulong calls[FUNCTIONS];
static const char *count_file;
static pid_t owner;

/* The loader runs other libraries' constructors first, and those may call what is hooked
 * here: so each hook asks for the next function, and not only the constructor. */
static void *next(enum function function)
{
	if (!real[function])
		real[function] = dlsym(RTLD_NEXT, names[function]);
	return real[function];
}

static void refuse(const char *what, const char *text)
{
	dprintf(STDERR_FILENO, "inject: %s: %s\n", what, text);
	_exit(126);
}

/* A name, or a number, up to the length given; -1 for neither. */
static int parse_number(const char *text, size_t length, bool is_signal)
{
	char word[32];
	char *end;
	long number;

	if (length == 0 || length >= sizeof(word))
		return -1;
	memcpy(word, text, length);
	word[length] = '\0';
	for (int i = 1; i < 134; i++) {
		const char *name = is_signal ? sigabbrev_np(i) : strerrorname_np(i);

		if (name && strcmp(name, word) == 0)
			return i;
	}
	number = strtol(word, &end, 10);
	return *end == '\0' && number > 0 && number < 134 ? (int)number : -1;
}

static void parse_order(struct order *order, const char *what, bool is_signal)
{
	const char *text = getenv(what);
	const char *at;
	const char *number;
	size_t length;
	char *end;

	if (!text)
		return;
	at = strchr(text, ':');
	number = at ? strchr(at + 1, ':') : NULL;
	if (!number)
		refuse(what, "FUNCTION:N:WHAT[:PATH] expected");
	for (int i = 0; i < FUNCTIONS; i++)
		if (strncmp(names[i], text, (size_t)(at - text)) == 0 &&
			names[i][at - text] == '\0') {
			order->function = (enum function)i;
			order->given = true;
		}
	if (!order->given)
		refuse(what, "no such function");
	if (at[1] != '*') {
		order->at = strtoul(at + 1, &end, 10);
		if (end != number || order->at == 0)
			refuse(what, "the number of a call, from 1, or * expected");
	} else if (at + 2 != number) {
		refuse(what, "nothing may follow the *");
	}
	length = strcspn(number + 1, ":");
	order->number = parse_number(number + 1, length, is_signal);
	if (order->number < 0)
		refuse(what, is_signal ? "no such signal" : "no such error");
	if (number[1 + length] == ':')
		order->path = number + 1 + length + 1;
	if (order->path && order->function > POSIX_SPAWNP)
		refuse(what, "this function has no path");
}

__attribute__((constructor)) static void begin(void)
{
	for (int i = 0; i < SYMBOLS; i++)
		(void)next((enum function)i);
	parse_order(&failure, "INJECT", false);
	parse_order(&interruption, "INJECT_SIGNAL", true);
	count_file = getenv("INJECT_COUNT");
	(void)unsetenv("LD_PRELOAD");
	(void)unsetenv("INJECT");
	(void)unsetenv("INJECT_SIGNAL");
	(void)unsetenv("INJECT_COUNT");
	owner = getpid();
}

__attribute__((destructor)) static void end(void)
{
	int (*open_file)(const char *, int, ...) =
		(int (*)(const char *, int, ...))next(OPEN);
	int fd;

	if (!count_file || getpid() != owner)
		return;
	fd = open_file(count_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0)
		refuse("INJECT_COUNT", strerror(errno));
	owner = 0; /* what follows is not the program's */
	for (int i = 0; i < FUNCTIONS; i++)
		dprintf(fd, "%s %lu\n", names[i], atomic_load(&calls[i]));
	dprintf(fd, "injected %lu\n", atomic_load(&failure.carried_out));
	dprintf(fd, "signalled %lu\n", atomic_load(&interruption.carried_out));
	(void)close(fd);
}

/* Whether it is this call that the order means. */
static bool is_due(
	struct order *order, enum function function, const char *path, int descriptor)
{
	char link[32];
	char target[4096];

	if (!order->given || order->function != function)
		return false;
	if (order->path && !path) {
		ssize_t length;

		snprintf(link, sizeof(link), "/proc/self/fd/%d", descriptor);
		length = readlink(link, target, sizeof(target) - 1);
		target[length < 0 ? 0 : length] = '\0';
		path = target;
	}
	if (order->path && !strstr(path, order->path))
		return false;
	if (atomic_fetch_add(&order->calls, 1) + 1 != order->at && order->at != 0)
		return false;
	atomic_fetch_add(&order->carried_out, 1);
	return true;
}

/* Counts the call and raises the signal that is due: whether it is to fail, with errno.
 */
static bool fails(enum function function, const char *path, int descriptor)
{
	int before = errno;
	bool due;

	if (getpid() != owner)
		return false;
	atomic_fetch_add(&calls[function], 1);
	if (is_due(&interruption, function, path, descriptor))
		(void)raise(interruption.number);
	due = is_due(&failure, function, path, descriptor);
	errno = due ? failure.number : before;
	return due;
}

/* The mode that follows the flags where a file may be made. */
#define MODE_AFTER(flags, mode)                                                          \
	do {                                                                             \
		if (((flags)&O_CREAT) || ((flags)&O_TMPFILE) == O_TMPFILE) {             \
			va_list list;                                                    \
			va_start(list, flags);                                           \
			mode = va_arg(list, mode_t);                                     \
			va_end(list);                                                    \
		}                                                                        \
	} while (0)

int open(const char *path, int flags, ...)
{
	mode_t mode = 0;

	MODE_AFTER(flags, mode);
	if (fails(OPEN, path, -1))
		return -1;
	return ((int (*)(const char *, int, ...))next(OPEN))(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	mode_t mode = 0;

	MODE_AFTER(flags, mode);
	return open(path, flags | O_LARGEFILE, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
	mode_t mode = 0;

	MODE_AFTER(flags, mode);
	if (fails(OPENAT, path, -1))
		return -1;
	return ((int (*)(int, const char *, int, ...))next(OPENAT))(
		folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...)
{
	mode_t mode = 0;

	MODE_AFTER(flags, mode);
	return openat(folder, path, flags | O_LARGEFILE, mode);
}

FILE *fopen(const char *path, const char *mode)
{
	if (fails(FOPEN, path, -1))
		return NULL;
	return ((FILE * (*)(const char *, const char *)) next(FOPEN))(path, mode);
}

FILE *fopen64(const char *path, const char *mode)
{
	return fopen(path, mode);
}

DIR *opendir(const char *path)
{
	if (fails(OPENDIR, path, -1))
		return NULL;
	return ((DIR * (*)(const char *)) next(OPENDIR))(path);
}

ssize_t read(int fd, void *bytes, size_t size)
{
	if (fails(READ, NULL, fd))
		return -1;
	return ((ssize_t(*)(int, void *, size_t))next(READ))(fd, bytes, size);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
	if (fails(WRITE, NULL, fd))
		return -1;
	return ((ssize_t(*)(int, const void *, size_t))next(WRITE))(fd, bytes, size);
}

int fsync(int fd)
{
	return fails(FSYNC, NULL, fd) ? -1 : ((int (*)(int))next(FSYNC))(fd);
}

int rename(const char *from, const char *to)
{
	if (fails(RENAME, to, -1))
		return -1;
	return ((int (*)(const char *, const char *))next(RENAME))(from, to);
}

int mkdir(const char *path, mode_t mode)
{
	if (fails(MKDIR, path, -1))
		return -1;
	return ((int (*)(const char *, mode_t))next(MKDIR))(path, mode);
}

int pipe2(int ends[2], int flags)
{
	return fails(PIPE2, "", -1) ? -1
				    : ((int (*)(int *, int))next(PIPE2))(ends, flags);
}

int posix_spawnp(pid_t *child, const char *file,
	const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
	char *const arguments[], char *const environment[])
{
	if (fails(POSIX_SPAWNP, file, -1))
		return errno;
	return ((int (*)(pid_t *, const char *, const posix_spawn_file_actions_t *,
		const posix_spawnattr_t *, char *const *,
		char *const *))next(POSIX_SPAWNP))(
		child, file, actions, attributes, arguments, environment);
}

void *mmap(void *at, size_t bytes, int protection, int flags, int fd, off_t offset)
{
	if (fails(MMAP, "", -1))
		return MAP_FAILED;
	return ((void *(*)(void *, size_t, int, int, int, off_t))next(MMAP))(
		at, bytes, protection, flags, fd, offset);
}

void *mmap64(void *at, size_t bytes, int protection, int flags, int fd, off64_t offset)
{
	return mmap(at, bytes, protection, flags, fd, offset);
}

int mprotect(void *at, size_t bytes, int protection)
{
	if (fails(MPROTECT, "", -1))
		return -1;
	return ((int (*)(void *, size_t, int))next(MPROTECT))(at, bytes, protection);
}

int madvise(void *at, size_t bytes, int advice)
{
	if (fails(MADVISE, "", -1))
		return -1;
	return ((int (*)(void *, size_t, int))next(MADVISE))(at, bytes, advice);
}

/* Six arguments are read whatever the call has: on the architectures of the project they
 * lie in registers, and the kernel looks at those that it knows. */
long syscall(long number, ...)
{
	enum function function = SYSCALL;
	long a[6];
	va_list list;

	va_start(list, number);
	for (size_t i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_perf_event_open)
		function = PERF_EVENT_OPEN;
	else if (number == SYS_mbind)
		function = MBIND;
	else if (number == SYS_move_pages)
		function = MOVE_PAGES;
	if (function != SYSCALL && fails(function, "", -1))
		return -1;
	return ((long (*)(long, ...))next(SYSCALL))(
		number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
