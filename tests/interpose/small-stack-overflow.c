/* SPDX-License-Identifier: MIT */
/* Threads with the smallest stack there may be, and handlers on the smallest alternative
 * one, allocate too; the allocator's own buffers must fit. */
#include "tests/interpose/check.h"

#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

static void take_everything(void)
{
	void *block;

	free(malloc(10));
	free(calloc(1000, 1000));
	block = realloc(malloc(100), 3 << 20);
	CHECK(block);
	free(realloc(block, 40 << 20));
	free(aligned_alloc(1 << 16, 100));
	free(valloc(10000));
	(void)malloc_usable_size(NULL);
	(void)malloc_trim(0);
}

static void *run(void *unused)
{
	(void)unused;
	take_everything();
	return NULL;
}

static void on_signal(int signal)
{
	(void)signal;
	take_everything();
}

int main(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t least = (size_t)sysconf(_SC_THREAD_STACK_MIN);
	size_t alternative =
		((size_t)sysconf(_SC_MINSIGSTKSZ) + 8192 + page - 1) / page * page;
	pthread_attr_t attributes;
	pthread_t thread;
	char *stack;
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};

	CHECK(pthread_attr_init(&attributes) == 0);
	CHECK(pthread_attr_setstacksize(&attributes, least) == 0);
	for (int i = 0; i < 50; i++) {
		CHECK(pthread_create(&thread, &attributes, run, NULL) == 0);
		CHECK(pthread_join(thread, NULL) == 0);
	}
	/* A guard page below, so that an overflow is seen. */
	stack = mmap(
		NULL, alternative + page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(stack != MAP_FAILED);
	CHECK(mprotect(stack + page, alternative, PROT_READ | PROT_WRITE) == 0);
	CHECK(sigaltstack(&(stack_t){.ss_sp = stack + page, .ss_size = alternative},
		      NULL) == 0);
	CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
	CHECK(raise(SIGUSR1) == 0);
	say("stacks held\n");
	return 0;
}
