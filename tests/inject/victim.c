/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calls each function that inject.c stands in front of twice, in the folder given, and
 * prints those that failed: "FUNCTION CALL ERRNO". A signal caught is "caught SIGNAL".
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t caught;

static void note(int number)
{
	caught = number;
}

static void report(const char *function, int call, int failed)
{
	if (failed)
		printf("%s %d %s\n", function, call, strerrorname_np(errno));
}

static void files(int call)
{
	char byte = 'b';
	DIR *folder;
	FILE *file;
	/* Not stood in front of: what follows has its file whatever fails. */
	int fd = creat("data", 0600);

	close(fd);
	fd = openat(AT_FDCWD, "data", O_RDWR);
	report("openat", call, fd < 0);
	close(fd);
	fd = open("data", O_RDWR);
	report("open", call, fd < 0);
	if (fd < 0)
		fd = memfd_create("data", 0);
	report("write", call, write(fd, &byte, 1) != 1);
	(void)!pwrite(fd, &byte, 1, 0);
	lseek(fd, 0, SEEK_SET);
	report("read", call, read(fd, &byte, 1) != 1);
	report("fsync", call, fsync(fd) != 0);
	close(fd);
	file = fopen("data", "r");
	report("fopen", call, !file);
	if (file)
		fclose(file);
	folder = opendir(".");
	report("opendir", call, !folder);
	if (folder)
		closedir(folder);
	report("rename", call, rename("data", "other") != 0);
	report("mkdir", call, mkdir("folder", 0700) != 0);
	rmdir("folder");
}

static void memory(int call)
{
	unsigned long mask = 1;
	int node;
	char *page = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	report("mmap", call, page == MAP_FAILED);
	if (page == MAP_FAILED)
		return;
	report("mprotect", call, mprotect(page, 4096, PROT_READ) != 0);
	report("madvise", call, madvise(page, 4096, MADV_DONTFORK) != 0);
	/* What the kernel itself says to these two is not looked at. */
	if (syscall(SYS_mbind, page, 4096ul, 2, &mask, 65ul, 0) != 0 && errno == EXDEV)
		report("mbind", call, 1);
	if (syscall(SYS_move_pages, 0, 1ul, &page, NULL, &node, 0) != 0 && errno == EXDEV)
		report("move_pages", call, 1);
	if (syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0ul) != 0 && errno == EXDEV)
		report("perf_event_open", call, 1);
	munmap(page, 4096);
}

static void processes(int call)
{
	char *arguments[] = {(char[]){"true"}, NULL};
	int ends[2];
	int failed = pipe2(ends, 0) != 0;
	pid_t child;

	report("pipe2", call, failed);
	if (!failed) {
		close(ends[0]);
		close(ends[1]);
	}
	errno = posix_spawnp(&child, "true", NULL, NULL, arguments, environ);
	failed = errno != 0;
	report("posix_spawnp", call, failed);
	if (!failed)
		waitpid(child, NULL, 0);
	child = fork();
	if (child == 0) {
		/* Not counted, and never failed. */
		int fd = open("data", O_RDWR | O_CREAT, 0600);

		_exit(fd < 0);
	}
	waitpid(child, &failed, 0);
	report("fork", call, failed);
}

int main(int count, char **arguments)
{
	if (count != 2 || chdir(arguments[1]) != 0)
		return 2;
	signal(SIGTERM, note);
	for (int call = 1; call <= 2; call++) {
		files(call);
		memory(call);
		processes(call);
	}
	if (caught)
		printf("caught %s\n", sigabbrev_np(caught));
	printf("preloaded %s\n", getenv("LD_PRELOAD") ? "still" : "no longer");
	return 0;
}
