/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/share.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *last_part(const char *relative)
{
	const char *slash = strrchr(relative, '/');

	return slash ? slash + 1 : relative;
}

/* Sets path to folder/name: 0, -ENOENT where there is nothing, or -ENAMETOOLONG. */
static int try_path(const char *folder, const char *name, char *path, size_t size)
{
	if (snprintf(path, size, "%s/%s", folder, name) >= (int)size)
		return -ENAMETOOLONG;
	return access(path, R_OK) == 0 ? 0 : -ENOENT;
}

/* The folder `up` levels above the executable's, in place. 0 or -errno. */
static int executable_folder(char folder[PATH_MAX], int up)
{
	ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);

	if (length < 0)
		return -errno;
	folder[length] = '\0';
	for (int i = 0; i <= up; i++) {
		char *slash = strrchr(folder, '/');

		if (!slash)
			return -ENOENT;
		*slash = '\0';
	}
	return 0;
}

int share_find(const char *relative, char *path, size_t size)
{
	const char *share = getenv("ESCALIER_SHARE");
	char folder[PATH_MAX];
	int error;

	if (share && share[0]) {
		error = try_path(share, relative, path, size);
		return error == -ENOENT ? try_path(share, last_part(relative), path, size)
					: error;
	}
	/* build/<compiler>-<mode>/escalier */
	if (executable_folder(folder, 2) == 0 &&
		try_path(folder, relative, path, size) == 0)
		return 0;
	return try_path(
		ESCALIER_PREFIX "/share/escalier", last_part(relative), path, size);
}

int share_find_groups(char *path, size_t size, struct complaint *complaint)
{
	int error = share_find("counters/groups", path, size);

	if (error) {
		complaint_what(complaint, "the folder of the counter groups is missing");
		complaint_why(complaint, "%s", strerror(-error));
		complaint_advise(
			complaint, "install Escalier again, or set ESCALIER_SHARE");
	}
	return error;
}

int share_find_library(const char *name, char *path, size_t size)
{
	char folder[PATH_MAX];

	if (executable_folder(folder, 0) == 0 && try_path(folder, name, path, size) == 0)
		return 0;
	return try_path(ESCALIER_PREFIX "/lib", name, path, size);
}

void share_own_libraries(char *folder)
{
	if (share_find_library("libescalier-hp.so", folder, PATH_MAX) == 0)
		*strrchr(folder, '/') = '\0';
	else
		(void)snprintf(folder, PATH_MAX, "%s", ESCALIER_PREFIX "/lib");
}
