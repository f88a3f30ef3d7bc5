/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_SHARE_H
#define CLI_SHARE_H

#include "base/error.h"

#include <stddef.h>

/*
 * Finds a file or folder that comes with the program, "counters/groups" or
 * "scripts/plots": in $ESCALIER_SHARE, else in the repository that the executable was
 * built in, else where it was installed (there by its last part only: "groups",
 * "plots"). 0, -ENOENT, or -ENAMETOOLONG.
 */
int share_find(const char *relative, char *path, size_t size);

/* The folder of the counter groups; the same, with the complaint. */
int share_find_groups(char *path, size_t size, struct complaint *complaint);

/*
 * Finds one of Escalier's libraries: beside the executable where it was built, else where
 * it was installed. 0, -ENOENT, or -ENAMETOOLONG.
 */
int share_find_library(const char *name, char *path, size_t size);

/* The folder of Escalier's libraries, by the same rule; `folder` has PATH_MAX bytes. */
void share_own_libraries(char *folder);

#endif
