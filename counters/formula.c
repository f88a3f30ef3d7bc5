/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/group.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/*
 * Recursive descent over
 *
 *   sum     = product { ("+" | "-") product }
 *   product = factor { ("*" | "/") factor }
 *   factor  = "-" factor | "(" sum ")" | number | name
 *
 * Group files come from anywhere, so that nesting is bounded rather than left to the
 * stack.
 */
enum { DEPTH_MAX = 64, NUMBER_MAX = 40 };

struct scanner {
	const char *at;
	const struct variable *variables;
	size_t count;
	unsigned depth;
	bool malformed;
	bool unknown;
};

static double parse_sum(struct scanner *scanner);

static double fail(struct scanner *scanner)
{
	scanner->malformed = true;
	return NAN;
}

static const char *skip_digits(const char *at)
{
	while (isdigit((unsigned char)*at))
		at++;
	return at;
}

/* Only decimal numbers: what strtod takes beyond them ("inf", hexadecimal) is no formula.
 */
static double parse_number(struct scanner *scanner)
{
	char digits[NUMBER_MAX];
	const char *end = skip_digits(scanner->at);
	size_t length;
	double value;

	if (*end == '.')
		end = skip_digits(end + 1);
	length = (size_t)(end - scanner->at);
	if (length == 1 && *scanner->at == '.')
		return fail(scanner);
	if (*end == 'e' || *end == 'E') {
		const char *exponent = end + 1;

		if (*exponent == '+' || *exponent == '-')
			exponent++;
		end = skip_digits(exponent);
		if (end == exponent)
			return fail(scanner);
	}
	length = (size_t)(end - scanner->at);
	if (length >= sizeof(digits))
		return fail(scanner);
	memcpy(digits, scanner->at, length);
	digits[length] = '\0';
	scanner->at = end;
	value = strtod(digits, NULL);
	return isfinite(value) ? value : fail(scanner);
}

static double parse_name(struct scanner *scanner)
{
	const char *start = scanner->at;
	size_t length;

	while (isalnum((unsigned char)*scanner->at) || *scanner->at == '_')
		scanner->at++;
	length = (size_t)(scanner->at - start);
	for (size_t i = 0; i < scanner->count; i++) {
		const struct variable *variable = &scanner->variables[i];

		if (strlen(variable->name) == length &&
			memcmp(variable->name, start, length) == 0)
			return variable->value;
	}
	scanner->unknown = true;
	return NAN;
}

static double parse_factor(struct scanner *scanner)
{
	double value;

	if (scanner->malformed || scanner->depth >= DEPTH_MAX)
		return fail(scanner);
	scanner->depth++;
	if (*scanner->at == '-') {
		scanner->at++;
		value = -parse_factor(scanner);
	} else if (*scanner->at == '(') {
		scanner->at++;
		value = parse_sum(scanner);
		if (*scanner->at == ')')
			scanner->at++;
		else
			fail(scanner);
	} else if (isdigit((unsigned char)*scanner->at) || *scanner->at == '.') {
		value = parse_number(scanner);
	} else if (isalpha((unsigned char)*scanner->at) || *scanner->at == '_') {
		value = parse_name(scanner);
	} else {
		value = fail(scanner);
	}
	scanner->depth--;
	return value;
}

static double parse_product(struct scanner *scanner)
{
	double value = parse_factor(scanner);

	while (!scanner->malformed && (*scanner->at == '*' || *scanner->at == '/')) {
		bool divide = *scanner->at++ == '/';
		double factor = parse_factor(scanner);

		if (!divide)
			value *= factor;
		else
			value = factor == 0 ? NAN : value / factor;
	}
	return value;
}

static double parse_sum(struct scanner *scanner)
{
	double value = parse_product(scanner);

	while (!scanner->malformed && (*scanner->at == '+' || *scanner->at == '-')) {
		bool subtract = *scanner->at++ == '-';
		double term = parse_product(scanner);

		value = subtract ? value - term : value + term;
	}
	return value;
}

int formula_evaluate(const char *formula, const struct variable *variables, size_t count,
	double *result)
{
	struct scanner scanner = {.at = formula, .variables = variables, .count = count};
	double value = parse_sum(&scanner);

	if (scanner.malformed || *scanner.at != '\0')
		return -EINVAL;
	if (scanner.unknown)
		return -ENOENT;
	*result = isfinite(value) ? value : NAN;
	return 0;
}

uint32_t group_formula_events(const struct group *group, const char *formula)
{
	uint32_t events = 0;

	while (*formula) {
		const size_t length = strspn(formula,
			"0123456789_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

		for (size_t i = 0; length && i < group->events_count; i++)
			if (strlen(group->events[i].counter) == length &&
				memcmp(group->events[i].counter, formula, length) == 0)
				events |= 1u << i;
		formula += length ? length : 1;
	}
	return events;
}
