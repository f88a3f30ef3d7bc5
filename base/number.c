/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/number.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct unit {
	const char *name;
	double factor;
};

/* A plain decimal number; what strtod adds to that (signs, hex, inf, nan) is refused. */
static int parse_decimal(const char *text, double *value, const char **rest)
{
	char *end;

	if (!isdigit((unsigned char)text[0]) && text[0] != '.')
		return -EINVAL;
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return -EINVAL;
	errno = 0;
	*value = strtod(text, &end);
	if (end == text)
		return -EINVAL;
	if (errno == ERANGE || !isfinite(*value))
		return -ERANGE;
	*rest = end;
	return 0;
}

static int parse_with_units(
	const char *text, const struct unit *units, size_t count, uint64_t *result)
{
	double value;
	const char *rest;
	int error = parse_decimal(text, &value, &rest);

	if (error)
		return error;
	for (size_t i = 0; i < count; i++) {
		if (strcasecmp(rest, units[i].name) != 0)
			continue;
		value *= units[i].factor;
		if (value >= 0x1p63)
			return -ERANGE;
		*result = (uint64_t)llround(value);
		return 0;
	}
	return -EINVAL;
}

int number_parse_bytes(const char *text, uint64_t *bytes)
{
	static const struct unit units[] = {
		{"", 1},
		{"b", 1},
		{"k", 0x1p10},
		{"kb", 0x1p10},
		{"kib", 0x1p10},
		{"m", 0x1p20},
		{"mb", 0x1p20},
		{"mib", 0x1p20},
		{"g", 0x1p30},
		{"gb", 0x1p30},
		{"gib", 0x1p30},
		{"t", 0x1p40},
		{"tb", 0x1p40},
		{"tib", 0x1p40},
	};
	return parse_with_units(text, units, sizeof(units) / sizeof(units[0]), bytes);
}

int number_parse_duration(const char *text, uint64_t *ns)
{
	static const struct unit units[] = {
		{"", 1e9},
		{"ns", 1},
		{"us", 1e3},
		{"ms", 1e6},
		{"s", 1e9},
		{"m", 60e9},
		{"min", 60e9},
		{"h", 3600e9},
	};
	return parse_with_units(text, units, sizeof(units) / sizeof(units[0]), ns);
}

int number_parse_share(const char *text, double *share)
{
	double value;
	const char *rest;
	int error = parse_decimal(text, &value, &rest);

	if (error)
		return error;
	if (strcmp(rest, "%") == 0)
		value /= 100;
	else if (*rest != '\0')
		return -EINVAL;
	if (value <= 0 || value > 1)
		return -ERANGE;
	*share = value;
	return 0;
}

static int parse_digits(const char *text, size_t length, uint64_t *value)
{
	uint64_t result = 0;

	if (length == 0)
		return -EINVAL;
	for (size_t i = 0; i < length; i++) {
		if (!isdigit((unsigned char)text[i]))
			return -EINVAL;
		if (__builtin_mul_overflow(result, 10, &result) ||
			__builtin_add_overflow(
				result, (uint64_t)(text[i] - '0'), &result))
			return -ERANGE;
	}
	*value = result;
	return 0;
}

int number_parse_unsigned(const char *text, uint64_t *value)
{
	return parse_digits(text, strlen(text), value);
}

int number_parse_range(const char *text, uint64_t *low, uint64_t *high)
{
	const char *colon = strchr(text, ':');
	uint64_t first;
	uint64_t last;
	int error;

	error = parse_digits(text, colon ? (size_t)(colon - text) : strlen(text), &first);
	if (error)
		return error;
	last = first;
	if (colon)
		error = parse_digits(colon + 1, strlen(colon + 1), &last);
	if (error)
		return error;
	if (first > last)
		return -EINVAL;
	*low = first;
	*high = last;
	return 0;
}

char *number_format_bytes(char text[NUMBER_TEXT], uint64_t bytes)
{
	static const char suffixes[] = "KMGTPE";
	double value = (double)bytes;
	int power = -1;

	if (bytes < 1024) {
		(void)snprintf(text, NUMBER_TEXT, "%" PRIu64, bytes);
		return text;
	}
	/* 999.5 and up would need four digits. */
	do {
		value /= 1024;
		power++;
	} while (value >= 999.5 && power < 5);
	int digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
	int length = snprintf(text, NUMBER_TEXT - 1, "%.*f", digits, value);

	if (strchr(text, '.')) {
		while (text[length - 1] == '0')
			length--;
		if (text[length - 1] == '.')
			length--;
	}
	text[length] = suffixes[power];
	text[length + 1] = '\0';
	return text;
}

char *number_format_duration(char text[NUMBER_TEXT], uint64_t ns)
{
	double value = (double)ns;

	/* From 999.5 of a unit on, three digits would need an exponent. */
	if (value < 1e3)
		(void)snprintf(text, NUMBER_TEXT, "%.0f ns", value);
	else if (value < 999.5e3)
		(void)snprintf(text, NUMBER_TEXT, "%.3g us", value / 1e3);
	else if (value < 999.5e6)
		(void)snprintf(text, NUMBER_TEXT, "%.3g ms", value / 1e6);
	else if (value < 9.95e9)
		(void)snprintf(text, NUMBER_TEXT, "%.1f s", value / 1e9);
	else if (value < 119.5e9)
		(void)snprintf(text, NUMBER_TEXT, "%.0f s", value / 1e9);
	else
		(void)snprintf(text, NUMBER_TEXT, "%.0f m %02.0f s",
			floor((value + 5e8) / 60e9),
			floor(fmod((value + 5e8) / 1e9, 60)));
	return text;
}
