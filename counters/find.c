/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"
#include "counters/group.h"
#include "counters/likwid.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char suffix[] = ".txt";

static bool ends_in_suffix(const char *name)
{
	size_t length = strlen(name);

	return length > strlen(suffix) &&
	       strcmp(name + length - strlen(suffix), suffix) == 0;
}

static bool join(
	char path[PATH_MAX], const char *folder, const char *arch, const char *name)
{
	return snprintf(path, PATH_MAX, "%s/%s/%s%s", folder, arch, name, suffix) <
	       PATH_MAX;
}

static bool exists(const char *folder, const char *arch, const char *name)
{
	char path[PATH_MAX];
	FILE *file;

	if (!join(path, folder, arch, name))
		return false;
	file = fopen(path, "re");
	if (file)
		(void)fclose(file);
	return file != NULL;
}

static int is_group(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && ends_in_suffix(entry->d_name);
}

typedef int visit_group(
	const char *folder, const char *arch, const char *name, void *context);

/* Calls visit for each group of <folder>/<arch>, by name, but for those that `unless` has
 * too. A folder that is not there holds no groups. */
static int for_each_group(const char *folder, const char *arch, const char *unless,
	visit_group *visit, void *context)
{
	char path[PATH_MAX];
	struct dirent **entries;
	int error = 0;
	int count;

	if (snprintf(path, sizeof(path), "%s/%s", folder, arch) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	count = scandir(path, &entries, is_group, alphasort);
	if (count < 0)
		return errno == ENOENT ? 0 : -errno;
	for (int i = 0; i < count; i++) {
		char *name = entries[i]->d_name;

		name[strlen(name) - strlen(suffix)] = '\0';
		if (!error && !(unless && exists(folder, unless, name)))
			error = visit(folder, arch, name, context);
		free(entries[i]);
	}
	free(entries);
	return error;
}

static int for_each_of_arch(
	const char *folder, const char *arch, visit_group *visit, void *context)
{
	bool generic = strcmp(arch, "generic") == 0;
	int error = generic ? 0 : for_each_group(folder, arch, NULL, visit, context);

	if (error)
		return error;
	return for_each_group(folder, "generic", generic ? NULL : arch, visit, context);
}

static int append_name(
	const char *folder, const char *arch, const char *name, void *context)
{
	struct text *names = context;

	(void)folder;
	(void)arch;
	text_format(names, "%s%s", names->length > 0 ? ", " : "", name);
	return names->error;
}

/* Where there is liblikwid, what it reads counts: it is its format. */
static int read_as_likwid(struct group *group, const char *path, const struct text *text,
	struct complaint *complaint)
{
	int error = likwid_read_group(group, path, text->bytes, text->length, complaint);

	if (error == -EOPNOTSUPP)
		return 0;
	if (error)
		group_release(group);
	return error;
}

static int load_path(struct group *group, const char *path, const char *arch,
	const char *name, struct complaint *complaint)
{
	struct text text;
	int error;

	text_init(&text);
	error = file_read_all(path, &text);
	if (!error)
		error = group_parse(group, name, text.bytes, text.length, complaint);
	else if (error != -ENOENT)
		complaint_what(complaint, "cannot read group file %s: %s", path,
			strerror(-error));
	if (!error)
		error = read_as_likwid(group, path, &text, complaint);
	text_release(&text);
	if (!error)
		(void)snprintf(group->arch, sizeof(group->arch), "%s", arch);
	return error;
}

static int load_given(struct group *group, const char *path, struct complaint *complaint)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	size_t length = strlen(base);
	char name[GROUP_NAME];
	int error;

	if (ends_in_suffix(base))
		length -= strlen(suffix);
	(void)snprintf(name, sizeof(name), "%.*s", (int)length, base);
	error = load_path(group, path, "", name, complaint);
	if (error == -ENOENT) {
		complaint_what(complaint, "there is no group file %s", path);
		complaint_why(complaint, "%s",
			"a name with a slash or ending in .txt is taken as a path");
		complaint_advise(complaint, "%s", "");
	}
	return error;
}

static void complain_unknown(const char *folder, const char *arch, const char *name,
	struct complaint *complaint)
{
	struct text names;

	text_init(&names);
	complaint_what(complaint, "there is no counter group \"%s\"", name);
	complaint_why(complaint, "neither %s/%s/ nor %s/generic/ holds it", folder, arch,
		folder);
	if (for_each_of_arch(folder, arch, append_name, &names) == 0 && names.length > 0)
		complaint_advise(complaint, "groups of this CPU: %s", names.bytes);
	else
		complaint_advise(complaint, "no group files were found under %s", folder);
	text_release(&names);
}

int group_load(struct group *group, const char *folder, const char *arch,
	const char *name, struct complaint *complaint)
{
	const char *const places[] = {arch, "generic"};
	char path[PATH_MAX];

	if (strchr(name, '/') || ends_in_suffix(name))
		return load_given(group, name, complaint);
	for (size_t i = 0; *name && i < sizeof(places) / sizeof(places[0]); i++) {
		int error = -ENOENT;

		if (join(path, folder, places[i], name))
			error = load_path(group, path, places[i], name, complaint);
		if (error != -ENOENT)
			return error;
	}
	complain_unknown(folder, arch, name, complaint);
	return -ENOENT;
}

static int append_summary(
	const char *folder, const char *arch, const char *name, void *context)
{
	struct complaint complaint = {.what = ""};
	struct text *text = context;
	struct group group;
	int error = group_load(&group, folder, arch, name, &complaint);

	if (error == -ENOMEM)
		return error;
	text_append(text, name);
	text_pad_to(text, 12);
	text_format(text, "%s", error ? complaint.what : group.summary);
	if (!error) {
		text_format(text, " [%s]\n", arch);
		group_release(&group);
	} else {
		text_append(text, "\n");
	}
	return text->error;
}

int group_list(const char *folder, const char *arch, struct text *text)
{
	return for_each_of_arch(folder, arch, append_summary, text);
}

struct name_visit {
	int (*visit)(const char *name, void *context);
	void *context;
};

static int visit_name(
	const char *folder, const char *arch, const char *name, void *context)
{
	const struct name_visit *visitor = context;

	(void)folder;
	(void)arch;
	return visitor->visit(name, visitor->context);
}

int group_each(const char *folder, const char *arch,
	int (*visit)(const char *name, void *context), void *context)
{
	struct name_visit visitor = {visit, context};

	return for_each_of_arch(folder, arch, visit_name, &visitor);
}

static int is_folder(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && !ends_in_suffix(entry->d_name);
}

int group_each_arch(
	const char *folder, int (*visit)(const char *arch, void *context), void *context)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, is_folder, alphasort);
	int error = 0;

	if (count < 0)
		return -errno;
	for (int i = 0; i < count; i++) {
		if (!error)
			error = visit(entries[i]->d_name, context);
		free(entries[i]);
	}
	free(entries);
	return error;
}
