/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/text.h"

#include <stdint.h>

/*
 * Whole small files. Paths are joined as `root` + `path`, so that recorded sysfs and
 * procfs trees can stand in for the live ones; root "" is the live system.
 */

/* Reads the first line without its newline. 0 or -errno. */
int file_read_line(const char *root, const char *path, char *line, size_t size);

/* Reads a decimal number. 0, -errno, or -EINVAL where there is none. */
int file_read_u64(const char *root, const char *path, uint64_t *value);

/* Writes a decimal number to an existing file (sysfs, procfs). 0 or -errno. */
int file_write_u64(const char *root, const char *path, uint64_t value);

/* Appends the whole file to text. 0 or -errno. */
int file_read_all(const char *path, struct text *text);

/* Replaces path by text, atomically (temporary file in the same folder, fsync, rename):
 * after a failure the old content stands. What is no regular file (a device, a pipe) is
 * written to in place. 0 or -errno. */
int file_write_all(const char *path, const struct text *text);

/* Writes all of it to an open file, through short writes and EINTR. 0 or -errno. */
int file_write_full(int fd, const char *bytes, size_t length);

/* mkdir -p. 0 or -errno. */
int file_make_folders(const char *path);

/* The same, and the folder's absolute name; `absolute` has PATH_MAX bytes. */
int file_make_folders_at(const char *path, char *absolute);

#endif
