/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_PROCESS_TREE_H
#define CORE_PROCESS_TREE_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

/*
 * A process and its descendants, as /proc shows them. `root` is put before /proc, so that
 * recorded trees can stand in for the live one; "" is the live system.
 */
enum { PROCESS_TREE_MAX = 1024 };

struct process_tree {
	pid_t pids[PROCESS_TREE_MAX]; /* parents before their children */
	size_t count;
};

/* Those alive now, by /proc/PID/task/TID/children. A tree past PROCESS_TREE_MAX is cut.
 */
void process_tree_read(const char *root, pid_t first, struct process_tree *tree);

/* What a tree occupies at one moment. Pages that several of its processes share count for
 * each of them in resident_bytes (VmRSS of proc_pid_status(5)). */
struct process_memory {
	uint64_t resident_bytes; /* leaves hugetlb pages out */
	uint64_t hugetlb_bytes;  /* HugetlbPages of proc_pid_status(5) */
	uint64_t processes;
	uint64_t threads;
};
void process_memory_read(
	const char *root, const struct process_tree *tree, struct process_memory *memory);

/* On which pages its private memory lies: costs a walk of its page tables. */
struct process_pages {
	uint64_t anonymous_bytes; /* hugetlb pages included */
	uint64_t huge_bytes;      /* of those: transparent huge and hugetlb pages */
};
void process_pages_read(
	const char *root, const struct process_tree *tree, struct process_pages *pages);

/* Sends the signal to each process of the tree; those that ended meanwhile are passed
 * over. */
void process_tree_signal(const struct process_tree *tree, int number);

#endif
