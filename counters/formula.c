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
enum { DEPTH_MAX = 64, STACK = 2 * DEPTH_MAX + 2, NUMBER_MAX = 40 };

enum { STEP_NUMBER = 'n', STEP_VARIABLE = 'v', STEP_NEGATE = '~' };

struct scanner {
	const char *at;
	const struct variable *variables;
	size_t count;
	struct formula *formula;
	unsigned depth;
	bool malformed;
	bool unknown;
};

static void parse_sum(struct scanner *scanner);

static void fail(struct scanner *scanner)
{
	scanner->malformed = true;
}

static void emit(struct scanner *scanner, struct formula_step step)
{
	scanner->formula->steps[scanner->formula->count++] = step;
}

static const char *skip_digits(const char *at)
{
	while (isdigit((unsigned char)*at))
		at++;
	return at;
}

/* Only decimal numbers: what strtod takes beyond them ("inf", hexadecimal) is no formula.
 */
static void parse_number(struct scanner *scanner)
{
	char digits[NUMBER_MAX];
	const char *end = skip_digits(scanner->at);
	size_t length;
	double value;

	if (*end == '.')
		end = skip_digits(end + 1);
	length = (size_t)(end - scanner->at);
	if (length == 1 && *scanner->at == '.')
		fail(scanner);
	if (*end == 'e' || *end == 'E') {
		const char *exponent = end + 1;

		if (*exponent == '+' || *exponent == '-')
			exponent++;
		end = skip_digits(exponent);
		if (end == exponent)
			fail(scanner);
	}
	length = (size_t)(end - scanner->at);
	if (length >= sizeof(digits)) {
		fail(scanner);
		return;
	}
	memcpy(digits, scanner->at, length);
	digits[length] = '\0';
	scanner->at = end;
	value = strtod(digits, NULL);
	if (!isfinite(value))
		fail(scanner);
	emit(scanner, (struct formula_step){STEP_NUMBER, 0, value});
}

static void parse_name(struct scanner *scanner)
{
	const char *start = scanner->at;
	size_t length;

	while (isalnum((unsigned char)*scanner->at) || *scanner->at == '_')
		scanner->at++;
	length = (size_t)(scanner->at - start);
	for (size_t i = 0; i < scanner->count; i++) {
		const struct variable *variable = &scanner->variables[i];

		if (strlen(variable->name) == length &&
			memcmp(variable->name, start, length) == 0) {
			emit(scanner,
				(struct formula_step){STEP_VARIABLE, (unsigned)i, 0});
			return;
		}
	}
	scanner->unknown = true;
}

static void parse_factor(struct scanner *scanner)
{
	if (scanner->malformed || scanner->depth >= DEPTH_MAX) {
		fail(scanner);
		return;
	}
	scanner->depth++;
	if (*scanner->at == '-') {
		scanner->at++;
		parse_factor(scanner);
		emit(scanner, (struct formula_step){STEP_NEGATE, 0, 0});
	} else if (*scanner->at == '(') {
		scanner->at++;
		parse_sum(scanner);
		if (*scanner->at == ')')
			scanner->at++;
		else
			fail(scanner);
	} else if (isdigit((unsigned char)*scanner->at) || *scanner->at == '.') {
		parse_number(scanner);
	} else if (isalpha((unsigned char)*scanner->at) || *scanner->at == '_') {
		parse_name(scanner);
	} else {
		fail(scanner);
	}
	scanner->depth--;
}

/* Operands joined by either of two operators, from the left. */
static void parse_chain(struct scanner *scanner, const char operators[3],
	void (*parse_operand)(struct scanner *))
{
	parse_operand(scanner);
	while (!scanner->malformed &&
		(*scanner->at == operators[0] || *scanner->at == operators[1])) {
		char operation = *scanner->at++;

		parse_operand(scanner);
		emit(scanner, (struct formula_step){operation, 0, 0});
	}
}

static void parse_product(struct scanner *scanner)
{
	parse_chain(scanner, "*/", parse_factor);
}

static void parse_sum(struct scanner *scanner)
{
	parse_chain(scanner, "+-", parse_product);
}

int formula_compile(struct formula *formula, const char *text,
	const struct variable *variables, size_t count)
{
	struct scanner scanner = {
		.at = text, .variables = variables, .count = count, .formula = formula};

	/* A step has a character of its own, or more. */
	*formula = (struct formula){
		.steps = malloc((strlen(text) + 1) * sizeof(*formula->steps))};
	if (!formula->steps)
		return -ENOMEM;
	parse_sum(&scanner);
	if (!scanner.malformed && *scanner.at == '\0' && !scanner.unknown)
		return 0;
	formula_release(formula);
	return scanner.malformed || *scanner.at != '\0' ? -EINVAL : -ENOENT;
}

static double operate(char operation, double left, double right)
{
	switch (operation) {
	case '+':
		return left + right;
	case '-':
		return left - right;
	case '*':
		return left * right;
	default:
		return right == 0 ? NAN : left / right;
	}
}

double formula_value(const struct formula *formula, const struct variable *variables)
{
	/* The value of no steps; then two operands deeper a level at most. */
	double stack[1 + STACK];
	double *top = stack;

	*top = NAN;
	for (size_t i = 0; i < formula->count; i++) {
		const struct formula_step *step = &formula->steps[i];

		if (step->operation == STEP_NUMBER) {
			*++top = step->number;
		} else if (step->operation == STEP_VARIABLE) {
			*++top = variables[step->variable].value;
		} else if (step->operation == STEP_NEGATE) {
			*top = -*top;
		} else {
			/* An operator comes behind its operands. */
			/* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage) */
			top[-1] = operate(step->operation, top[-1], top[0]);
			top--;
		}
	}
	return isfinite(*top) ? *top : NAN;
}

void formula_release(struct formula *formula)
{
	free(formula->steps);
	*formula = (struct formula){0};
}

int formula_evaluate(
	const char *text, const struct variable *variables, size_t count, double *result)
{
	struct formula formula;
	int error = formula_compile(&formula, text, variables, count);

	if (error)
		return error;
	*result = formula_value(&formula, variables);
	formula_release(&formula);
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
