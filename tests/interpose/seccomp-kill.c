/* SPDX-License-Identifier: MIT */
/* A sandbox kills at the first system call that libc's malloc does not make: after start,
 * an allocator may only map, unmap, move, advise, and wait. */
#include "tests/interpose/check.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define ALLOW(name)                                                                      \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1),                           \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static void lock_in(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ALLOW(mmap),
		ALLOW(munmap),
		ALLOW(mremap),
		ALLOW(madvise),
		ALLOW(mprotect),
		ALLOW(brk),
		ALLOW(futex),
		ALLOW(write),
		ALLOW(exit_group),
		ALLOW(exit),
		/* By way of the vDSO where there is one. */
		ALLOW(clock_gettime),
		ALLOW(getcpu),
		/* What starting and joining a thread needs. */
		ALLOW(clone),
		ALLOW(clone3),
		ALLOW(set_robust_list),
		ALLOW(rseq),
		ALLOW(rt_sigprocmask),
		ALLOW(rt_sigaction),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog program = {
		.len = sizeof(filter) / sizeof(filter[0]),
		.filter = filter,
	};

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

static void *work(void *unused)
{
	void *block;

	(void)unused;
	exercise(5000);
	/* Each path that asks the system for memory, and gives some back. */
	for (size_t bytes = 1000; bytes < 200 << 20; bytes *= 6) {
		block = malloc(bytes);
		CHECK(block);
		memset(block, 1, bytes);
		block = realloc(block, bytes * 2);
		CHECK(block);
		free(block);
		block = calloc(1, bytes);
		CHECK(block);
		free(block);
	}
	CHECK(posix_memalign(&block, 4 << 20, 100) == 0);
	free(block);
	return NULL;
}

int main(void)
{
	pthread_t thread;

	/* libc reads the number of CPUs, for its arenas, at the first thread. */
	CHECK(pthread_create(&thread, NULL, work, NULL) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	lock_in();
	(void)work(NULL);
	CHECK(pthread_create(&thread, NULL, work, NULL) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	(void)work(NULL);
	say("nothing unexpected was called\n");
	return 0;
}
