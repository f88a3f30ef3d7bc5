/* SPDX-License-Identifier: MIT */
#include "interpose/trace/file.h"

#include "interpose/trace/line.h"
#include "interpose/trace/next.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct trace_file *trace;

static char folder[PATH_MAX]; /* the environment may change, the working folder too */
static char own_path[PATH_MAX];
static atomic_flag modules_busy = ATOMIC_FLAG_INIT;

uint64_t trace_now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void complain(const char *path, int error)
{
	char bytes[PATH_MAX + 128];
	struct line line = line_in(bytes, sizeof(bytes));
	const char *name = strerrorname_np(error);

	line_add(&line, "libescalier-trace: cannot write ");
	line_add(&line, path);
	line_add(&line, ": ");
	line_add(&line, name ? name : "error");
	line_add(&line, "; the program runs untraced\n");
	if (write(STDERR_FILENO, bytes, line.length) < 0)
		return; /* nobody can be told */
}

static void copy_text(char *to, size_t size, const char *text)
{
	struct line line = line_in(to, size);

	line_add(&line, text);
}

static const char *program_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Names of files have 255 bytes: as many of the program's as leave room for what comes
 * behind them, and whole characters of UTF-8. */
static void add_program(struct line *line, const char *program)
{
	enum { MOST = 200 };
	char shown[MOST + 2];
	size_t end = MOST;

	copy_text(shown, sizeof(shown), program);
	if (strlen(shown) > MOST) {
		while (end > 0 && ((unsigned char)shown[end] & 0xc0) == 0x80)
			end--;
		shown[end] = '\0';
	}
	line_add(line, shown);
}

/* A process that execs keeps its number: names go on until one is new. */
static int create(const char *program, char path[PATH_MAX])
{
	for (unsigned turn = 0; turn < 10000; turn++) {
		struct line line = line_in(path, PATH_MAX);
		int fd;

		line_add(&line, folder);
		line_add(&line, "/");
		add_program(&line, program);
		line_add(&line, ".");
		line_add_number(&line, (uint64_t)getpid());
		if (turn) {
			line_add(&line, "-");
			line_add_number(&line, turn);
		}
		line_add(&line, ".trace");
		if (line.cut)
			return -ENAMETOOLONG;
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd >= 0 || errno != EEXIST)
			return fd >= 0 ? fd : -errno;
	}
	return -EEXIST;
}

/* Its whole length, or the copy's bytes. 0 or an errno: behind RLIMIT_FSIZE that alone,
 * as SIGXFSZ would end the program. */
static int fill(int fd, const struct trace_file *copy)
{
	const struct timespec now = {0};
	sigset_t beyond, before;
	int error;

	(void)sigemptyset(&beyond);
	(void)sigaddset(&beyond, SIGXFSZ);
	(void)pthread_sigmask(SIG_BLOCK, &beyond, &before);
	error = posix_fallocate(fd, 0, sizeof(struct trace_file));
	if (!error && copy && pwrite(fd, copy, sizeof(*copy), 0) != sizeof(*copy))
		error = errno ? errno : EIO;
	if (error == EFBIG)
		(void)sigtimedwait(&beyond, NULL, &now);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

/* Maps a new file of its whole length at `address`, or anywhere where that is NULL. */
static struct trace_file *map_new(const char *program, struct trace_file *copy)
{
	void *mapped = MAP_FAILED;
	int fd = create(program, own_path);
	int error = fd < 0 ? -fd : fill(fd, copy);

	if (!error)
		mapped = mmap(copy, sizeof(struct trace_file), PROT_READ | PROT_WRITE,
			MAP_SHARED | (copy ? MAP_FIXED : 0), fd, 0);
	if (!error && mapped == MAP_FAILED)
		error = errno;
	if (error) {
		complain(fd < 0 ? folder : own_path, error);
		if (fd >= 0)
			(void)unlink(own_path);
	}
	if (fd >= 0)
		(void)close(fd);
	return error ? NULL : mapped;
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value && *value >= '0' && *value <= '9' ? strtoull(value, NULL, 10)
						       : otherwise;
}

static void fill_head(struct trace_file *file, const char *program)
{
	const char *mode = getenv("ESCALIER_TRACE_MODE");
	Dl_info info = {0};

	file->magic = TRACE_MAGIC;
	file->bytes = sizeof(*file);
	file->mode = mode && strcmp(mode, "count") == 0 ? TRACE_COUNT : TRACE_SITES_TOO;
	file->pid = (uint32_t)getpid();
	file->sample_bytes =
		number_from("ESCALIER_TRACE_SAMPLE_BYTES", UINT64_C(512) * 1024);
	if (file->sample_bytes == 0)
		file->sample_bytes = 1;
	file->started_ns = trace_now_ns();
	file->timeline_step_ns = number_from("ESCALIER_TRACE_STEP_MS", 10) * 1000000 + 1;
	copy_text(file->program, sizeof(file->program), program);
	if (dladdr((void *)(uintptr_t)next.malloc, &info) && info.dli_fname)
		copy_text(file->allocator, sizeof(file->allocator), info.dli_fname);
}

void trace_file_open(void)
{
	const char *given = getenv("ESCALIER_TRACE_DIR");
	char program[PATH_MAX];
	ssize_t end = readlink("/proc/self/exe", program, sizeof(program) - 1);
	struct trace_file *file;

	if (!given || !*given)
		return;
	program[end > 0 ? end : 0] = '\0';
	if (*given == '/' || !getcwd(folder, sizeof(folder))) {
		copy_text(folder, sizeof(folder), given);
	} else {
		size_t length = strlen(folder);
		struct line line = line_in(folder + length, sizeof(folder) - length);

		line_add(&line, "/");
		line_add(&line, given);
	}
	file = map_new(program_name(program), NULL);
	if (!file)
		return;
	fill_head(file, program);
	trace = file;
	trace_file_note_modules();
}

void trace_file_end(void)
{
	if (trace)
		trace->ended_ns = trace_now_ns();
}

static atomic_bool child_is_private;
static int64_t live_at_fork;
static uint64_t fork_ns;
/* Whose file a private copy is of, and when that process forked. */
static uint32_t owner;
static uint64_t owner_fork_ns;

void trace_file_fork_prepare(void)
{
	if (!trace)
		return;
	live_at_fork = trace->live_bytes;
	fork_ns = trace_now_ns();
}

static bool map_privately(struct trace_file *file)
{
	int fd = open(own_path, O_RDONLY | O_CLOEXEC);
	bool mapped = fd >= 0 && mmap(file, sizeof(*file), PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_FIXED, fd, 0) != MAP_FAILED;

	if (fd >= 0)
		(void)close(fd);
	return mapped;
}

void trace_file_fork_child(void)
{
	struct trace_file *file = trace;
	uint32_t parent;

	/* Another thread may have held it. */
	atomic_flag_clear(&modules_busy);
	if (!file)
		return;
	parent = file->pid;
	/* What has no file of its own is private already. */
	if (!child_is_private) {
		owner = parent;
		owner_fork_ns = fork_ns;
		if (!map_privately(file)) {
			trace = NULL; /* never write into the parent's */
			return;
		}
	}
	file->parent = parent;
	file->pid = (uint32_t)getpid();
	file->started_ns = trace_now_ns();
	file->live_bytes = file->peak_bytes = live_at_fork;
	file->timeline_count = 0;
	file->split_bytes = 0;
	child_is_private = true;
}

/* A page that the copy's process has not written to shows what the owner of the file has
 * written since the fork. */
static bool is_of_owner_alone(const struct trace_sample *sample)
{
	return sample->process == owner && sample->born_ns > owner_fork_ns;
}

static void forget_samples(struct trace_file *file)
{
	for (size_t i = 0; i < TRACE_SAMPLES; i++) {
		struct trace_sample *sample = &file->samples[i];

		/* Free, or being written. */
		if (sample->address <= 1)
			continue;
		if (is_of_owner_alone(sample))
			sample->address = 0;
		else if (sample->site < TRACE_SITES)
			file->sites[sample->site].live_weight_bytes +=
				sample->weight_bytes;
	}
}

static void forget_parent(struct trace_file *file)
{
	for (size_t i = 0; i < TRACE_SITES; i++) {
		struct trace_site *site = &file->sites[i];

		if (!site->hash)
			continue;
		site->samples = site->weight_bytes = site->weight_calls = 0;
		site->live_weight_bytes = 0;
		for (size_t k = 0; k < TRACE_LIFETIMES; k++)
			site->lifetimes[k] = 0;
	}
	forget_samples(file);
}

void trace_file_own(void)
{
	if (!trace || !atomic_exchange(&child_is_private, false))
		return;
	/* What the parent has allocated is none of the child's. */
	forget_parent(trace);
	/* Without a file the private copy goes on, for nobody. */
	(void)map_new(program_name(trace->program), trace);
}

static int add_module(struct dl_phdr_info *info, size_t size, void *context)
{
	struct trace_file *file = context;
	struct trace_module *module;
	const char *name = info->dlpi_name[0] ? info->dlpi_name : file->program;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];
		uint32_t count = file->modules_count;

		if (header->p_type != PT_LOAD || !(header->p_flags & PF_X))
			continue;
		if (count == TRACE_MODULES)
			return 1;
		module = &file->modules[count];
		module->start = info->dlpi_addr + header->p_vaddr;
		module->end = module->start + header->p_memsz;
		module->offset = info->dlpi_addr;
		copy_text(module->path, sizeof(module->path), name);
		atomic_store_explicit(
			&file->modules_count, count + 1, memory_order_release);
	}
	return 0;
}

void trace_file_note_modules(void)
{
	if (!trace || atomic_flag_test_and_set(&modules_busy))
		return;
	trace->modules_count = 0;
	(void)dl_iterate_phdr(add_module, trace);
	atomic_flag_clear(&modules_busy);
}
