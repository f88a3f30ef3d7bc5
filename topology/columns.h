/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TOPOLOGY_COLUMNS_H
#define TOPOLOGY_COLUMNS_H

#include "base/text.h"

/*
 * A table whose columns are as wide as their widest cell. Cells are separated by tabs,
 * rows end with a newline; a row may have fewer cells than there are columns.
 */
enum { COLUMNS_MAX = 80 };
struct columns {
	const char *align; /* one letter a column: 'l' or 'r' */
	struct text cells;
};

void columns_init(struct columns *columns, const char *align);
void columns_row(struct columns *columns, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Appends the table, indented by two spaces, and releases it. */
void columns_finish(struct columns *columns, struct text *text);

#endif
