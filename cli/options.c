/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/options.h"

#include <errno.h>
#include <getopt.h>

/* Values of getopt_long for the rows: beyond any letter. */
enum { LONG_OPTIONS = 256, HELP_COLUMN = 28 };

void options_help(const struct option_row *rows, size_t count, struct text *text)
{
	for (size_t i = 0; i < count; i++) {
		size_t start = text->length;

		if (rows[i].letter)
			text_format(text, "  -%c, --%s", rows[i].letter, rows[i].name);
		else
			text_format(text, "      --%s", rows[i].name);
		if (rows[i].argument)
			text_format(text, "=%s", rows[i].argument);
		if (text->length - start >= HELP_COLUMN)
			text_append(text, "\n");
		text_pad_to(text, HELP_COLUMN);
		text_format(text, "%s\n", rows[i].help);
	}
}

static void fill_getopt(const struct option_row *rows, size_t count,
	struct option known[OPTION_ROWS + 1], char letters[2 * OPTION_ROWS + 2])
{
	size_t used = 0;

	letters[used++] = ':';
	for (size_t i = 0; i < count; i++) {
		known[i] = (struct option){rows[i].name,
			rows[i].argument ? required_argument : no_argument, NULL,
			LONG_OPTIONS + (int)i};
		if (!rows[i].letter)
			continue;
		letters[used++] = rows[i].letter;
		if (rows[i].argument)
			letters[used++] = ':';
	}
	known[count] = (struct option){0};
	letters[used] = '\0';
}

static const struct option_row *row_of(
	const struct option_row *rows, size_t count, int option)
{
	if (option >= LONG_OPTIONS)
		return &rows[option - LONG_OPTIONS];
	for (size_t i = 0; i < count; i++)
		if (rows[i].letter == (char)option)
			return &rows[i];
	return NULL;
}

static int take(const struct option_row *row, void *target, const char *value,
	struct complaint *complaint)
{
	struct complaint why = {0};

	if (row->take(target, value, &why) == 0)
		return 0;
	complaint_what(complaint, "--%s: \"%.180s\" is not possible", row->name, value);
	complaint_why(complaint, "%.120s%saccepted: %s", why.why, why.why[0] ? "; " : "",
		row->accepts);
	return -EINVAL;
}

int options_parse(const struct option_row *rows, size_t count, void *target, int argc,
	char **argv, struct complaint *complaint)
{
	struct option known[OPTION_ROWS + 1];
	char letters[2 * OPTION_ROWS + 2];
	int option;

	if (count > OPTION_ROWS)
		return -E2BIG;
	fill_getopt(rows, count, known, letters);
	optind = 0; /* another command may have parsed before */
	opterr = 0;
	while ((option = getopt_long(argc, argv, letters, known, NULL)) != -1) {
		const struct option_row *row = option == ':' || option == '?'
						       ? NULL
						       : row_of(rows, count, option);
		int error;

		if (!row) {
			complaint_what(complaint, "%s %s%s",
				option == ':' ? "option" : "unknown or misused option",
				argv[optind - 1], option == ':' ? " needs a value" : "");
			return -EINVAL;
		}
		error = take(row, target, optarg, complaint);
		if (error)
			return error;
	}
	if (optind < argc) {
		complaint_what(complaint, "unexpected argument \"%.200s\"", argv[optind]);
		return -EINVAL;
	}
	return 0;
}
