/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/alloc/hp/faults.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* All that may fail for want of memory, of a right, or of support. Not those that make a
 * thread wait or end: they cannot fail in a way that a program could meet. */
static const int watched[] = {SYS_mmap, SYS_munmap, SYS_mremap, SYS_madvise, SYS_mprotect,
	SYS_mbind, SYS_set_mempolicy, SYS_get_mempolicy, SYS_move_pages, SYS_mincore,
	SYS_mlock, SYS_munlock, SYS_openat, SYS_read, SYS_pread64, SYS_memfd_create,
	SYS_ftruncate, SYS_fallocate, SYS_unlinkat, SYS_statfs, SYS_fstatfs, SYS_getcpu,
	SYS_sched_getaffinity, SYS_membarrier, SYS_prctl, SYS_getrandom,
	SYS_process_madvise, SYS_prlimit64, SYS_sysinfo, SYS_clock_gettime,
	SYS_sigaltstack, SYS_rt_sigprocmask, SYS_uname, SYS_readlinkat, SYS_fstat};

enum { WATCHED = sizeof(watched) / sizeof(watched[0]) };

struct order {
	unsigned at;
	bool onwards;
	int only;
	int error;
	int listener;
	_Atomic bool watching;
	struct faults_result *result;
};

static void *supervise(void *argument)
{
	struct order *order = argument;
	struct seccomp_notif request;
	struct seccomp_notif_resp response;

	while (!atomic_load(&order->watching))
		(void)usleep(10);
	for (;;) {
		memset(&request, 0, sizeof(request));
		if (ioctl(order->listener, SECCOMP_IOCTL_NOTIF_RECV, &request) != 0)
			continue;
		memset(&response, 0, sizeof(response));
		response.id = request.id;
		response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		if (order->only < 0 || request.data.nr == order->only) {
			unsigned call = ++order->result->calls;

			if (order->at && (order->onwards ? call >= order->at
							 : call == order->at)) {
				response.flags = 0;
				response.error = -order->error;
				order->result->failed++;
				order->result->last_failed = request.data.nr;
			}
		}
		(void)ioctl(order->listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
	}
	return NULL;
}

/* For this thread only. Returns the listener, or -errno. */
static int install(void)
{
	struct sock_filter filter[WATCHED + 3];
	struct sock_fprog program = {WATCHED + 3, filter};
	long listener;

	filter[0] = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (unsigned i = 0; i < WATCHED; i++)
		filter[1 + i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
			(unsigned)watched[i], (unsigned char)(WATCHED - i), 0);
	filter[WATCHED + 1] =
		(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	filter[WATCHED + 2] =
		(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -errno;
	listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	return listener < 0 ? -errno : (int)listener;
}

static _Noreturn void child(
	const char *(*work)(void *argument), void *argument, struct order *order)
{
	const char *said;
	pthread_t thread;

	if (pthread_create(&thread, NULL, supervise, order) != 0)
		_exit(125);
	order->listener = install();
	if (order->listener < 0)
		_exit(124);
	atomic_store(&order->watching, true);
	said = work(argument);
	(void)snprintf(
		order->result->said, sizeof(order->result->said), "%s", said ? said : "");
	_exit(said != NULL);
}

int faults_run(const char *(*work)(void *argument), void *argument, unsigned at,
	bool onwards, int only, int error, struct faults_result *result)
{
	struct faults_result *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct order order = {.at = at,
		.onwards = onwards,
		.only = only,
		.error = error,
		.result = shared};
	pid_t pid;

	if (shared == MAP_FAILED)
		return -errno;
	pid = fork();
	if (pid == 0)
		child(work, argument, &order);
	if (pid < 0 || waitpid(pid, &shared->status, 0) < 0) {
		(void)munmap(shared, sizeof(*shared));
		return -errno;
	}
	*result = *shared;
	(void)munmap(shared, sizeof(*shared));
	return 0;
}

static const char *nothing(void *argument)
{
	(void)argument;
	return NULL;
}

bool faults_possible(void)
{
	struct faults_result result;

	return faults_run(nothing, NULL, 0, false, -1, 0, &result) == 0 &&
	       result.status == 0;
}
