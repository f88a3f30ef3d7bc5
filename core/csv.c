/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/csv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER = 1 << 18, LARGE = 1 << 19 };

void csv_of(struct csv *csv, const char *text, size_t length)
{
	*csv = (struct csv){
		.row = text, .at = text, .end = text + length, .last = true, .fd = -1};
}

int csv_open(struct csv *csv, const char *path)
{
	int error = 0;

	*csv = (struct csv){.fd = open(path, O_RDONLY | O_CLOEXEC), .capacity = BUFFER};
	if (csv->fd < 0)
		return -errno;
	csv->buffer = malloc(BUFFER);
	csv->row = csv->at = csv->end = csv->buffer;
	if (!csv->buffer)
		return -ENOMEM;
	/* A pipe gives a little at a time: a header is in the first half for sure. */
	while (!error && !csv->last && csv->end - csv->row < BUFFER / 2)
		error = csv_refill(csv);
	return error;
}

void csv_close(struct csv *csv)
{
	if (csv->fd >= 0)
		(void)close(csv->fd);
	free(csv->buffer);
}

bool csv_is_large(const struct csv *csv)
{
	struct stat status;

	return csv->fd >= 0 && fstat(csv->fd, &status) == 0 && status.st_size >= LARGE;
}

/* Up to the closing quote; what stands between it and the separator belongs to the cell,
 * too. */
static const char *unquote(struct csv *csv)
{
	const char *at = csv->at + 1;
	bool quoted = true;

	csv->length = 0;
	csv->cell = csv->unquoted;
	for (; at < csv->end; at++) {
		if (quoted && *at == '"') {
			if (at + 1 == csv->end || at[1] != '"') {
				quoted = false;
				continue;
			}
			at++;
		} else if (!quoted && (*at == ',' || *at == '\n')) {
			break;
		}
		if (csv->length == CSV_CELL + 1)
			break;
		csv->unquoted[csv->length++] = *at;
	}
	return at;
}

int csv_next(struct csv *csv)
{
	const char *at = csv->at;

	if (at < csv->end && *at == '"') {
		at = unquote(csv);
	} else {
		csv->cell = at;
		while (at < csv->end && *at != ',' && *at != '\n')
			at++;
		csv->length = (size_t)(at - csv->cell);
	}
	if (csv->length > CSV_CELL)
		return -E2BIG;
	csv->cut = at == csv->end;
	csv->row_ended = csv->cut || *at == '\n';
	csv->at = at + !csv->cut;
	if (csv->row_ended && csv->length > 0 && csv->cell[csv->length - 1] == '\r')
		csv->length--;
	return 0;
}

int csv_refill(struct csv *csv)
{
	size_t kept = (size_t)(csv->end - csv->row);
	ssize_t got;

	if (kept)
		memmove(csv->buffer, csv->row, kept);
	if (kept > csv->capacity / 2) {
		char *larger = realloc(csv->buffer, 2 * csv->capacity);

		if (!larger)
			return -ENOMEM;
		csv->buffer = larger;
		csv->capacity *= 2;
	}
	do
		got = read(csv->fd, csv->buffer + kept, csv->capacity - kept);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	csv->last = got == 0;
	csv->row = csv->at = csv->buffer;
	csv->end = csv->buffer + kept + got;
	return 0;
}

static int parse_whole(const char *text, size_t length, uint64_t *value)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned digit = (unsigned char)text[i] - '0';

		if (digit > 9 || sum > (UINT64_MAX - digit) / 10)
			return -EINVAL;
		sum = 10 * sum + digit;
	}
	*value = sum;
	return 0;
}

int csv_whole(const struct csv *csv, uint64_t *value)
{
	return parse_whole(csv->cell, csv->length, value);
}

int csv_signed(const struct csv *csv, int64_t *value)
{
	bool negative = csv->length > 1 && csv->cell[0] == '-';
	uint64_t whole;

	if (parse_whole(csv->cell + negative, csv->length - negative, &whole) ||
		whole > INT64_MAX)
		return -EINVAL;
	*value = negative ? -(int64_t)whole : (int64_t)whole;
	return 0;
}

/* Up to 15 digits with a point are a whole number over a power of ten, both exact in a
 * double, and so is their quotient as near as can be (Clinger, "How to read floating
 * point numbers accurately", 1990). */
static bool parse_short_decimal(const char *text, size_t length, double *value)
{
	static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9,
		1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
	const char *point = memchr(text, '.', length);
	uint64_t whole = 0;

	if (length == 0 || length > 16 || point == text)
		return false;
	for (size_t i = 0; i < length; i++) {
		unsigned digit = (unsigned char)text[i] - '0';

		if (&text[i] == point)
			continue;
		if (digit > 9)
			return false;
		whole = 10 * whole + digit;
	}
	if (whole > 999999999999999)
		return false;
	*value = (double)whole / powers[point ? text + length - point - 1 : 0];
	return true;
}

int csv_double(const struct csv *csv, double *value)
{
	char copy[CSV_CELL + 1];
	char *end;

	*value = 0;
	if (csv->length == 0 || parse_short_decimal(csv->cell, csv->length, value))
		return 0;
	memcpy(copy, csv->cell, csv->length);
	copy[csv->length] = '\0';
	*value = strtod(copy, &end);
	return *end ? -EINVAL : 0;
}
