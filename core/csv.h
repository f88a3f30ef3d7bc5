/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_CSV_H
#define CORE_CSV_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * The cells of a CSV (RFC 4180), out of memory or out of a file of any size, of which a
 * part at a time is in memory. A row that goes on behind the part at hand is read again
 * from its first cell after csv_refill().
 */
enum { CSV_CELL = 511 }; /* the longest cell */

struct csv {
	const char *cell; /* the last one, unquoted; no zero ends it */
	size_t length;
	bool row_ended; /* it was the last of its row */
	bool cut;       /* the part at hand ends inside of it */
	bool last;      /* nothing comes behind the part at hand */

	const char *row, *at, *end;
	int fd; /* -1: all there is, is in memory */
	char *buffer;
	size_t capacity;
	char unquoted[CSV_CELL + 1];
};

/* Of text, which outlives it; needs no csv_close. */
void csv_of(struct csv *csv, const char *text, size_t length);
/* 0 or -errno; with the first part of the file. To be closed in either case. */
int csv_open(struct csv *csv, const char *path);
void csv_close(struct csv *csv);
/* Whether it is a file so large that a second thread saves more than it takes to start.
 */
bool csv_is_large(const struct csv *csv);

static inline bool csv_more(const struct csv *csv)
{
	return csv->at < csv->end || !csv->last;
}
static inline void csv_begin_row(struct csv *csv)
{
	csv->row = csv->at;
}
/* The next cell: 0, or -E2BIG for one that is too long. */
int csv_next(struct csv *csv);
/* How many of eight characters are digits in front of all others, and their number: all
 * at once, since what a loop over digits costs is to guess when it ends. */
static inline size_t csv_digits(const char *at, uint64_t *number)
{
	uint64_t text, other;
	size_t digits = 8;

	memcpy(&text, at, sizeof(text));
	text = le64toh(text) ^ 0x3030303030303030;
	/* The first that is above 9; a carry can disturb only what comes behind it. */
	other = ((text + 0x7676767676767676) | text) & 0x8080808080808080;
	if (other) {
		digits = (size_t)__builtin_ctzll(other) / 8;
		/* In two steps: a shift by all bits is none. */
		text = text << 4 * (8 - digits) << 4 * (8 - digits);
	}
	text = (10 * text + (text >> 8)) & 0x00ff00ff00ff00ff;
	text = (100 * text + (text >> 16)) & 0x0000ffff0000ffff;
	*number = (10000 * text + (text >> 32)) & 0xffffffff;
	return digits;
}
/* The next cell where it is a whole number of at most 18 digits that is all there, as
 * most are: else false, and nothing has happened. */
static inline bool csv_next_whole(struct csv *csv, uint64_t *value)
{
	const char *at = csv->at;
	const char *end = csv->end - at > 19 ? at + 19 : csv->end;
	uint64_t sum = 0;

	if (end - at >= 8)
		at += csv_digits(at, &sum);
	while (at < end && (unsigned char)(*at - '0') <= 9)
		sum = 10 * sum + (unsigned char)(*at++ - '0');
	if (at == end || (*at != ',' && *at != '\n'))
		return false;
	csv->row_ended = *at == '\n';
	csv->cut = false;
	csv->at = at + 1;
	*value = sum;
	return true;
}
/* The part of the file that goes on where the row at hand began: 0 or -errno. */
int csv_refill(struct csv *csv);

/* The cell as a number, all of it: 0 or -EINVAL. An empty cell is 0. */
int csv_whole(const struct csv *csv, uint64_t *value);
int csv_signed(const struct csv *csv, int64_t *value);
int csv_double(const struct csv *csv, double *value);

#endif
