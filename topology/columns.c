/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "topology/columns.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void columns_init(struct columns *columns, const char *align)
{
	columns->align = align;
	text_init(&columns->cells);
}

void columns_row(struct columns *columns, const char *format, ...)
{
	va_list arguments;
	char *row;

	va_start(arguments, format);
	if (vasprintf(&row, format, arguments) < 0)
		row = NULL;
	va_end(arguments);
	if (!row) {
		columns->cells.error = -ENOMEM;
		return;
	}
	text_append(&columns->cells, row);
	text_append(&columns->cells, "\n");
	free(row);
}

/* Characters, not bytes: all of UTF-8's but those that continue one. */
static size_t width_of(const char *cell, size_t length)
{
	size_t width = 0;

	for (size_t i = 0; i < length; i++)
		width += ((unsigned char)cell[i] & 0xc0) != 0x80;
	return width;
}

static void measure(const char *cells, size_t widths[COLUMNS_MAX])
{
	size_t column = 0;

	while (*cells) {
		size_t length = strcspn(cells, "\t\n");
		size_t width = width_of(cells, length);

		if (column < COLUMNS_MAX && widths[column] < width)
			widths[column] = width;
		column = cells[length] == '\n' ? 0 : column + 1;
		cells += length + 1;
	}
}

void columns_finish(struct columns *columns, struct text *text)
{
	size_t widths[COLUMNS_MAX] = {0}, columns_count = strlen(columns->align),
	       column = 0;
	const char *cell = columns->cells.bytes;
	int gap = 2; /* spaces owed before the next cell: none is left at a line's end */

	measure(cell, widths);
	while (*cell) {
		size_t length = strcspn(cell, "\t\n");
		size_t width = column < COLUMNS_MAX ? widths[column] : 0;
		int spare = (int)(width - width_of(cell, length));
		bool right = column < columns_count && columns->align[column] == 'r';

		if (length > 0)
			text_format(text, "%*s%.*s", gap + (right ? spare : 0), "",
				(int)length, cell);
		gap = length == 0 ? gap + spare + 2 : (right ? 0 : spare) + 2;
		column++;
		if (cell[length] == '\n') {
			text_append(text, "\n");
			column = 0;
			gap = 2;
		}
		cell += length + 1;
	}
	if (columns->cells.error && !text->error)
		text->error = columns->cells.error;
	text_release(&columns->cells);
}
