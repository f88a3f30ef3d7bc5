/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/allocators.h"

#include "base/text.h"

#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char own[] = "libescalier-hp.so";

/* Variables: glibc's manual, "Tunables" (glibc.malloc.hugetlb: 1 advises transparent huge
 * pages, 2 takes hugetlb pages); jemalloc(3); mimalloc's readme, "Environment options"
 * (named differently before and after 2.1). */
const struct program_allocator program_allocators[] = {
	{.name = "libc", .summary = "the C library's own"},
	{.name = "libc-thp",
		.summary = "the C library's, advising transparent huge pages",
		.variables = {"GLIBC_TUNABLES=glibc.malloc.hugetlb=1"}},
	{.name = "libc-hugetlb",
		.summary = "the C library's, on pages of the hugetlb pool",
		.variables = {"GLIBC_TUNABLES=glibc.malloc.hugetlb=2"}},
	{.name = "hp",
		.summary = "Escalier's: the pool's pages, then transparent huge pages",
		.library = own,
		.variables = {"ESCALIER_HP_PAGES=auto"}},
	{.name = "hp-small",
		.summary = "Escalier's, on small pages",
		.library = own,
		.variables = {"ESCALIER_HP_PAGES=small"}},
	{.name = "hp-thp",
		.summary = "Escalier's, on transparent huge pages",
		.library = own,
		.variables = {"ESCALIER_HP_PAGES=thp"}},
	{.name = "hp-hugetlb-2m",
		.summary = "Escalier's, on 2 MiB pages of the pool",
		.library = own,
		.variables = {"ESCALIER_HP_PAGES=hugetlb-2m"}},
	{.name = "hp-hugetlb-1g",
		.summary = "Escalier's, on 1 GiB pages of the pool",
		.library = own,
		.variables = {"ESCALIER_HP_PAGES=hugetlb-1g"}},
	{.name = "hp-firstfit",
		.summary = "one free list, first fit (for teaching)",
		.library = own,
		.variables = {"ESCALIER_HP_POLICY=hp-firstfit"}},
	{.name = "hp-bump",
		.summary = "never frees (for teaching)",
		.library = own,
		.variables = {"ESCALIER_HP_POLICY=hp-bump"}},
	{.name = "jemalloc",
		.summary = "jemalloc",
		.library = "libjemalloc.so.2",
		.package = "libjemalloc2"},
	{.name = "jemalloc-thp",
		.summary = "jemalloc, advising transparent huge pages",
		.library = "libjemalloc.so.2",
		.package = "libjemalloc2",
		.variables = {"MALLOC_CONF=thp:always,metadata_thp:auto"}},
	{.name = "mimalloc",
		.summary = "mimalloc",
		.library = "libmimalloc.so.[0-9]*",
		.package = "libmimalloc2.0"},
	{.name = "mimalloc-large",
		.summary = "mimalloc, with large OS pages",
		.library = "libmimalloc.so.[0-9]*",
		.package = "libmimalloc2.0",
		.variables = {"MIMALLOC_LARGE_OS_PAGES=1",
			"MIMALLOC_ALLOW_LARGE_OS_PAGES=1"}},
	{.name = "tcmalloc",
		.summary = "gperftools' tcmalloc",
		.library = "libtcmalloc_minimal.so.4",
		.package = "libtcmalloc-minimal4"},
	{.name = ""},
};

/* A shell pattern in a folder: the last that matches, which is the newest version. */
static bool match(const char *folder, const char *pattern, char path[PATH_MAX])
{
	char whole[PATH_MAX];
	glob_t found;
	bool ok;

	if (snprintf(whole, sizeof(whole), "%s/%s", folder, pattern) >=
		(int)sizeof(whole))
		return false;
	ok = glob(whole, 0, NULL, &found) == 0;
	if (ok)
		ok = snprintf(path, PATH_MAX, "%s", found.gl_pathv[found.gl_pathc - 1]) <
		     PATH_MAX;
	globfree(&found);
	return ok;
}

/* Where ld.so(8) looks on Debian and most others: its variable first, local before the
 * distribution's. */
static bool find_library(const char *pattern, char path[PATH_MAX])
{
	static const char *const folders[] = {"/usr/local/lib", "/usr/local/lib64",
		"/usr/local/lib/*-linux-gnu", "/lib/*-linux-gnu", "/usr/lib/*-linux-gnu",
		"/usr/lib64", "/usr/lib", "/lib64", "/lib"};
	const char *list = getenv("LD_LIBRARY_PATH");

	while (list && *list) {
		size_t length = strcspn(list, ":");
		char folder[PATH_MAX];

		(void)snprintf(folder, sizeof(folder), "%.*s", (int)length, list);
		if (length && length < sizeof(folder) && match(folder, pattern, path))
			return true;
		list += length + (list[length] == ':');
	}
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (match(folders[i], pattern, path))
			return true;
	return false;
}

static int complain_unknown(const char *name, struct complaint *complaint)
{
	char names[sizeof(complaint->advice)] = "";
	size_t used = 0;

	for (size_t i = 0; program_allocators[i].name[0] && used < sizeof(names); i++)
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
			i ? ", " : "", program_allocators[i].name);
	complaint_what(complaint, "there is no allocator \"%.64s\"", name);
	complaint_advise(complaint, "%s", names);
	return -ENOENT;
}

int allocator_find(struct program_allocator *allocator, const char *name,
	const char *own_folder, struct complaint *complaint)
{
	size_t i = 0;
	bool found;

	while (program_allocators[i].name[0] &&
		strcmp(program_allocators[i].name, name) != 0)
		i++;
	*allocator = program_allocators[i];
	if (!allocator->name[0])
		return complain_unknown(name, complaint);
	if (!allocator->library)
		return 0;
	found = allocator->package
			? find_library(allocator->library, allocator->path)
			: match(own_folder, allocator->library, allocator->path);
	if (found)
		return 0;
	complaint_what(complaint, "%s is not installed", name);
	if (allocator->package) {
		complaint_why(
			complaint, "no %s where the loader looks", allocator->library);
		complaint_advise(
			complaint, "sudo apt-get install %s", allocator->package);
	} else {
		complaint_why(
			complaint, "no %s in %.180s", allocator->library, own_folder);
		complaint_advise(complaint, "build or install Escalier again");
	}
	return -ENOPKG;
}

int allocator_define(struct program_allocator *allocator, const char *definition,
	struct complaint *complaint)
{
	const char *equals = strchr(definition, '=');
	size_t length = equals ? (size_t)(equals - definition) : 0;

	*allocator = (struct program_allocator){.summary = "given by its library"};
	if (length == 0 || length >= sizeof(allocator->name) || equals[1] != '/' ||
		strlen(equals + 1) >= sizeof(allocator->path)) {
		complaint_why(
			complaint, "\"%.64s\" is not NAME=/PATH/LIBRARY", definition);
		return -EINVAL;
	}
	memcpy(allocator->name, definition, length);
	if (!text_is_visible(allocator->name)) {
		complaint_why(complaint, "\"%s\" is not the name of an allocator",
			allocator->name);
		return -EINVAL;
	}
	(void)snprintf(allocator->path, sizeof(allocator->path), "%s", equals + 1);
	if (access(allocator->path, R_OK) == 0)
		return 0;
	complaint_why(
		complaint, "cannot read %.180s: %s", allocator->path, strerror(errno));
	return -ENOENT;
}

static bool is_variable(const char *entry, const char *name)
{
	size_t length = strlen(name);

	return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

/* What would choose an allocator or its mode behind our back. */
static bool is_ours(const char *entry)
{
	static const char *const names[] = {
		"GLIBC_TUNABLES", "MALLOC_CONF", "LD_PRELOAD"};
	static const char *const prefixes[] = {
		"ESCALIER_HP_", "MIMALLOC_", "TCMALLOC_", "MALLOC_ARENA_"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is_variable(entry, names[i]))
			return true;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(entry, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

/* Whether the allocator sets the entry's variable itself. */
static bool is_set_anew(const char *entry, const struct program_allocator *allocator)
{
	for (size_t i = 0; i < ALLOCATOR_VARIABLES && allocator->variables[i]; i++) {
		const char *variable = allocator->variables[i];
		size_t name = strcspn(variable, "=") + 1;

		if (strncmp(entry, variable, name) == 0)
			return true;
	}
	return false;
}

char **allocator_environment(const struct program_allocator *allocator, char *const *base)
{
	const char *preloaded = NULL;
	size_t count = 0;
	size_t out = 0;
	char **entries;
	char *preload;

	for (; base[count]; count++)
		if (is_variable(base[count], "LD_PRELOAD"))
			preloaded = strchr(base[count], '=') + 1;
	entries = calloc(1, (count + ALLOCATOR_VARIABLES + 2) * sizeof(*entries) +
				    sizeof("LD_PRELOAD=:") + PATH_MAX +
				    (preloaded ? strlen(preloaded) : 0));
	if (!entries)
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (!is_ours(base[i]) && !is_set_anew(base[i], allocator))
			entries[out++] = base[i];
	for (size_t i = 0; i < ALLOCATOR_VARIABLES && allocator->variables[i]; i++)
		entries[out++] = (char *)(uintptr_t)allocator->variables[i];
	if (!allocator->path[0] && !(preloaded && preloaded[0]))
		return entries;
	preload = (char *)(entries + count + ALLOCATOR_VARIABLES + 2);
	(void)sprintf(preload, "LD_PRELOAD=%s%s%s", allocator->path,
		allocator->path[0] && preloaded && preloaded[0] ? ":" : "",
		preloaded ? preloaded : "");
	entries[out] = preload;
	return entries;
}
