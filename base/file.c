/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_under(const char *root, const char *path, int flags)
{
	char whole[PATH_MAX];
	int fd;

	if (snprintf(whole, sizeof(whole), "%s%s", root, path) >= (int)sizeof(whole))
		return -ENAMETOOLONG;
	fd = open(whole, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Reads until the buffer is full or the file ends: bytes read or -errno. */
static ssize_t read_full(int fd, char *bytes, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t got = read(fd, bytes + done, size - done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

int file_write_full(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = write(fd, bytes, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		bytes += written;
		length -= (size_t)written;
	}
	return 0;
}

int file_read_line(const char *root, const char *path, char *line, size_t size)
{
	int fd = open_under(root, path, O_RDONLY);
	ssize_t length;

	if (fd < 0)
		return fd;
	length = read_full(fd, line, size - 1);
	(void)close(fd);
	if (length < 0)
		return (int)length;
	line[length] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return 0;
}

int file_read_u64(const char *root, const char *path, uint64_t *value)
{
	char line[64];
	char *end;
	unsigned long long number;
	int error = file_read_line(root, path, line, sizeof(line));

	if (error)
		return error;
	errno = 0;
	number = strtoull(line, &end, 10);
	if (end == line || *end != '\0' || errno || line[0] == '-')
		return -EINVAL;
	*value = number;
	return 0;
}

int file_write_u64(const char *root, const char *path, uint64_t value)
{
	char number[24];
	int length = snprintf(number, sizeof(number), "%" PRIu64, value);
	int fd = open_under(root, path, O_WRONLY | O_TRUNC);
	int error;

	if (fd < 0)
		return fd;
	error = file_write_full(fd, number, (size_t)length);
	if (close(fd) != 0 && !error)
		error = -errno;
	return error;
}

int file_read_all(const char *path, struct text *text)
{
	char block[65536];
	ssize_t length;
	int fd = open_under("", path, O_RDONLY);

	if (fd < 0)
		return fd;
	do {
		length = read_full(fd, block, sizeof(block));
		if (length > 0)
			text_append_bytes(text, block, (size_t)length);
	} while (length == (ssize_t)sizeof(block));
	(void)close(fd);
	return length < 0 ? (int)length : text->error;
}

/* A device or a pipe cannot be replaced, only written to. */
static int write_in_place(const char *path, const struct text *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int error;

	if (fd < 0)
		return -errno;
	error = file_write_full(fd, text->bytes, text->length);
	if (close(fd) != 0 && !error)
		error = -errno;
	return error;
}

int file_write_all(const char *path, const struct text *text)
{
	struct stat status;
	char temporary[PATH_MAX];
	int fd;
	int error;

	if (text->error)
		return text->error;
	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode) &&
		!S_ISDIR(status.st_mode))
		return write_in_place(path, text);
	if (snprintf(temporary, sizeof(temporary), "%s.part", path) >=
		(int)sizeof(temporary))
		return -ENAMETOOLONG;
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return -errno;
	error = file_write_full(fd, text->bytes, text->length);
	if (!error && fsync(fd) != 0)
		error = -errno;
	if (close(fd) != 0 && !error)
		error = -errno;
	if (!error && rename(temporary, path) != 0)
		error = -errno;
	if (error)
		(void)unlink(temporary);
	return error;
}

static int make_folder(const char *path)
{
	struct stat status;

	if (mkdir(path, 0777) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	/* What is there already may be something else. */
	if (stat(path, &status) != 0)
		return -errno;
	return S_ISDIR(status.st_mode) ? 0 : -ENOTDIR;
}

int file_make_folders(const char *path)
{
	char part[PATH_MAX];
	size_t length = strlen(path);

	if (length == 0 || length >= sizeof(part))
		return -ENAMETOOLONG;
	memcpy(part, path, length + 1);
	for (char *slash = part + 1;; slash++) {
		bool last = *slash == '\0';
		int error;

		if (*slash != '/' && !last)
			continue;
		*slash = '\0';
		error = make_folder(part);
		if (error || last)
			return error;
		*slash = '/';
	}
}

int file_make_folders_at(const char *path, char *absolute)
{
	int error = file_make_folders(path);

	if (error)
		return error;
	return realpath(path, absolute) ? 0 : -errno;
}
