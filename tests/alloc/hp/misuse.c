/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * misuse NAME: does one thing that a program must not do with a heap, after it has
 * printed the address that it does it with. Ends with status 0 and "survived" where
 * nobody objected. test-misuse.sh says which of them must be noticed, and with which
 * checks.
 */
#include "alloc/hp/hp.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LARGE = 5 << 20 };

/* From the compiler, which knows what free and malloc are. */
static void *hide(void *pointer)
{
	__asm__ volatile("" : "+r"(pointer));
	return pointer;
}

static char *announce(void *pointer)
{
	dprintf(STDOUT_FILENO, "%p\n", pointer);
	return hide(pointer);
}

static void double_free(void)
{
	void *block = announce(hp_malloc(40));

	hp_free(block);
	hp_free(hide(block));
}

static void double_free_large(void)
{
	void *block = announce(hp_malloc(LARGE));

	hp_free(block);
	hp_free(hide(block));
}

/* Others are freed and allocated in between. */
static void double_free_late(void)
{
	char *blocks[50];
	void *block;

	for (size_t i = 0; i < 50; i++)
		blocks[i] = hp_malloc(40);
	block = announce(blocks[20]);
	for (size_t i = 0; i < 50; i++)
		hp_free(hide(blocks[i]));
	hp_free(hide(block));
}

static void *free_it(void *block)
{
	hp_free(block);
	return NULL;
}

static void double_free_threads(void)
{
	void *block = announce(hp_malloc(40));
	pthread_t thread;

	hp_free(block);
	if (pthread_create(&thread, NULL, free_it, hide(block)) == 0)
		(void)pthread_join(thread, NULL);
}

static void double_free_remote(void)
{
	void *block = announce(hp_malloc(40));
	pthread_t thread;

	for (unsigned i = 0; i < 2; i++)
		if (pthread_create(&thread, NULL, free_it, hide(block)) == 0)
			(void)pthread_join(thread, NULL);
	/* What another thread freed is looked at by its owner at some time. */
	for (unsigned i = 0; i < 10000; i++)
		(void)hide(hp_malloc(40));
}

static void free_interior(void)
{
	char *block = hp_malloc(640);

	hp_free(announce(block + 64));
}

static void free_unaligned(void)
{
	char *block = hp_malloc(640);

	hp_free(announce(block + 1));
}

static void free_interior_large(void)
{
	char *block = hp_malloc(LARGE);

	hp_free(announce(block + 4096));
}

static void free_past_large(void)
{
	char *block = hp_malloc(LARGE);

	hp_free(announce(block + LARGE));
}

/* A block of its class that was never handed out. */
static void free_never_given(void)
{
	char *block = hp_malloc(1000);

	hp_free(announce(block + 16 * hp_usable_size(block)));
}

static void free_segment_start(void)
{
	char *block = hp_malloc(40);

	hp_free(announce((void *)((uintptr_t)block & ~(uintptr_t)0x1fffff)));
}

static void free_stack(void)
{
	char block[64];

	hp_free(announce(block));
}

static void free_static(void)
{
	static char block[64];

	hp_free(announce(block));
}

static void free_libc(void)
{
	hp_free(announce(malloc(100)));
}

static void free_wild(void)
{
	hp_free(announce((void *)(uintptr_t)0x123456789ab0));
}

static void free_low(void)
{
	hp_free(announce((void *)(uintptr_t)0x10));
}

static void free_not_canonical(void)
{
	hp_free(announce((void *)(uintptr_t)0xdead00000000beefu));
}

static void realloc_stack(void)
{
	char block[64];

	(void)hide(hp_realloc(announce(block), 100));
}

static void realloc_freed(void)
{
	void *block = announce(hp_malloc(40));

	hp_free(block);
	(void)hide(hp_realloc(hide(block), 4000));
}

static void usable_stack(void)
{
	char block[64];

	dprintf(STDERR_FILENO, "%zu\n", hp_usable_size(announce(block)));
}

static void overflow(size_t bytes, size_t by)
{
	char *block = announce(hp_malloc(bytes));

	memset(hide(block + bytes), 0x41, by);
	hp_free(block);
}

static void overflow_one(void)
{
	overflow(40, 1);
}

static void overflow_even(void)
{
	overflow(64, 1);
}

static void overflow_large(void)
{
	overflow(LARGE - 100, 1);
}

static void overflow_zero(void)
{
	overflow(0, 1);
}

static void overflow_realloc(void)
{
	char *block = announce(hp_malloc(40));

	((char *)hide(block))[40] = 0x41;
	hp_free(hp_realloc(block, 400));
}

/* Blocks of the size are freed until the first one leaves a quarantine, and allocated
 * until it comes back. */
static void write_after_free(size_t offset, size_t bytes)
{
	char *block = announce(hp_malloc(bytes));

	hp_free(block);
	((char *)hide(block))[offset] ^= 0x5a;
	for (unsigned i = 0; i < 30000; i++)
		hp_free(hide(hp_malloc(bytes)));
	for (unsigned i = 0; i < 100000; i++)
		(void)hide(hp_malloc(bytes));
}

static void write_after_free_first(void)
{
	write_after_free(3, 48);
}

static void write_after_free_later(void)
{
	write_after_free(40, 48);
}

/* A link that would have malloc hand out an address of the attacker's. */
static void forge_link(void)
{
	static char target[64];
	void **a = hp_malloc(48);
	void **b = hp_malloc(48);

	(void)announce(target);
	hp_free(a);
	hp_free(b);
	*(void **)hide(b) = target;
	*(void **)hide(a) = target;
	for (unsigned i = 0; i < 100000; i++)
		if (hide(hp_malloc(48)) == target) {
			dprintf(STDERR_FILENO, "target was handed out\n");
			_exit(3);
		}
}

static void wrong_size(void)
{
	hp_free_sized(announce(hp_malloc(40)), 400);
}

static void nothing(void)
{
	hp_free(announce(hp_malloc(40)));
}

int main(int count, char **arguments)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} misuses[] = {
		{"nothing", nothing},
		{"double-free", double_free},
		{"double-free-large", double_free_large},
		{"double-free-late", double_free_late},
		{"double-free-threads", double_free_threads},
		{"double-free-remote", double_free_remote},
		{"free-interior", free_interior},
		{"free-unaligned", free_unaligned},
		{"free-interior-large", free_interior_large},
		{"free-past-large", free_past_large},
		{"free-never-given", free_never_given},
		{"free-segment-start", free_segment_start},
		{"free-stack", free_stack},
		{"free-static", free_static},
		{"free-libc", free_libc},
		{"free-wild", free_wild},
		{"free-low", free_low},
		{"free-not-canonical", free_not_canonical},
		{"realloc-stack", realloc_stack},
		{"realloc-freed", realloc_freed},
		{"usable-stack", usable_stack},
		{"overflow-one", overflow_one},
		{"overflow-even", overflow_even},
		{"overflow-large", overflow_large},
		{"overflow-zero", overflow_zero},
		{"overflow-realloc", overflow_realloc},
		{"write-after-free-first", write_after_free_first},
		{"write-after-free-later", write_after_free_later},
		{"forge-link", forge_link},
		{"wrong-size", wrong_size},
	};

	for (size_t i = 0; count == 2 && i < sizeof(misuses) / sizeof(misuses[0]); i++)
		if (strcmp(misuses[i].name, arguments[1]) == 0) {
			misuses[i].run();
			puts("survived");
			return 0;
		}
	return 2;
}
