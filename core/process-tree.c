/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/process-tree.h"

#include "base/file.h"

#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_children(const char *root, pid_t pid, pid_t thread, struct text *text,
	struct process_tree *tree)
{
	char path[PATH_MAX];
	char *at;
	char *end;

	(void)snprintf(
		path, sizeof(path), "%s/proc/%d/task/%d/children", root, pid, thread);
	text_clear(text);
	if (file_read_all(path, text))
		return;
	for (at = text->bytes; tree->count < PROCESS_TREE_MAX; at = end) {
		long child = strtol(at, &end, 10);

		if (end == at)
			break;
		tree->pids[tree->count++] = (pid_t)child;
	}
}

/* Each thread has its own children. */
static void add_children_of_threads(
	const char *root, pid_t pid, struct text *text, struct process_tree *tree)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *folder;

	(void)snprintf(path, sizeof(path), "%s/proc/%d/task", root, pid);
	folder = opendir(path);
	if (!folder)
		return;
	while ((entry = readdir(folder)))
		if (entry->d_name[0] != '.')
			add_children(root, pid, (pid_t)strtol(entry->d_name, NULL, 10),
				text, tree);
	(void)closedir(folder);
}

void process_tree_read(const char *root, pid_t first, struct process_tree *tree)
{
	struct text text;

	text_init(&text);
	tree->pids[0] = first;
	tree->count = 1;
	for (size_t i = 0; i < tree->count; i++)
		add_children_of_threads(root, tree->pids[i], &text, tree);
	text_release(&text);
}

/* Reads /proc/PID/<file> into text: whether it is there. */
static int read_of(const char *root, pid_t pid, const char *file, struct text *text)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/proc/%d/%s", root, pid, file);
	text_clear(text);
	return file_read_all(path, text);
}

/* The number behind "\nNAME:"; 0 where the kernel does not tell. */
static uint64_t number_of(const struct text *text, const char *name)
{
	const char *at = strstr(text->bytes, name);

	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

void process_memory_read(
	const char *root, const struct process_tree *tree, struct process_memory *memory)
{
	struct text text;

	*memory = (struct process_memory){0};
	text_init(&text);
	for (size_t i = 0; i < tree->count; i++) {
		if (read_of(root, tree->pids[i], "status", &text))
			continue;
		memory->resident_bytes += number_of(&text, "\nVmRSS:") * 1024;
		memory->hugetlb_bytes += number_of(&text, "\nHugetlbPages:") * 1024;
		memory->threads += number_of(&text, "\nThreads:");
		memory->processes++;
	}
	text_release(&text);
}

void process_pages_read(
	const char *root, const struct process_tree *tree, struct process_pages *pages)
{
	struct text text;

	*pages = (struct process_pages){0};
	text_init(&text);
	for (size_t i = 0; i < tree->count; i++) {
		uint64_t hugetlb;

		if (read_of(root, tree->pids[i], "smaps_rollup", &text))
			continue;
		hugetlb = (number_of(&text, "\nPrivate_Hugetlb:") +
				  number_of(&text, "\nShared_Hugetlb:")) *
			  1024;
		pages->anonymous_bytes +=
			number_of(&text, "\nAnonymous:") * 1024 + hugetlb;
		pages->huge_bytes +=
			number_of(&text, "\nAnonHugePages:") * 1024 + hugetlb;
	}
	text_release(&text);
}

void process_tree_signal(const struct process_tree *tree, int number)
{
	for (size_t i = 0; i < tree->count; i++)
		(void)kill(tree->pids[i], number);
}
