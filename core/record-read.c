/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/array.h"
#include "core/csv.h"
#include "core/record.h"
#include "core/relay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 64 + 3 * RECORD_EVENTS, READ_CUT = 1 };

struct reader {
	struct csv csv;
	size_t line;
	struct column {
		const struct field *field; /* NULL: of a counter's value */
		enum field_type type;
		bool whole;       /* a whole number or a bool */
		size_t offset;    /* into the record */
		const char *name; /* the last of a column of names */
		size_t name_length;
	} columns[COLUMNS_MAX];
	size_t columns_count;
	/* The row that was read last, which the record still holds, and where its cells
	 * end, separators included; NULL: none in the buffer. */
	const char *before;
	size_t ends[COLUMNS_MAX];
	struct complaint *complaint;
};

static int refuse(struct reader *reader, const char *why)
{
	complaint_what(
		reader->complaint, "line %zu of the CSV cannot be read", reader->line);
	complaint_why(reader->complaint, "%s: \"%.*s\"", why,
		(int)(reader->csv.length < 80 ? reader->csv.length : 80),
		reader->csv.cell);
	return -EINVAL;
}

static int next_cell(struct reader *reader)
{
	return csv_next(&reader->csv) ? refuse(reader, "a cell is too long") : 0;
}

static bool strip_suffix(char *name, const char *suffix)
{
	size_t length = strlen(name);
	size_t tail = strlen(suffix);

	if (length <= tail || strcmp(name + length - tail, suffix) != 0)
		return false;
	name[length - tail] = '\0';
	return true;
}

static bool is_whole(enum field_type type)
{
	return type != FIELD_NAME && type != FIELD_TEXT && type != FIELD_DOUBLE;
}

static int add_column(struct reader *reader, struct records *records)
{
	struct column *column = &reader->columns[reader->columns_count];
	size_t offset = offsetof(struct counter_value, count);
	char name[CSV_CELL + 1];
	int event;

	if (reader->columns_count == COLUMNS_MAX)
		return refuse(reader, "too many columns");
	memcpy(name, reader->csv.cell, reader->csv.length);
	name[reader->csv.length] = '\0';
	reader->columns_count++;
	for (size_t i = 0; i < records->type->fields_count; i++) {
		const struct field *field = &records->type->fields[i];

		if (strcmp(name, field->name) == 0) {
			*column = (struct column){.field = field,
				.type = field->type,
				.whole = is_whole(field->type),
				.offset = field->offset};
			return 0;
		}
	}
	if (strip_suffix(name, ".enabled_ns"))
		offset = offsetof(struct counter_value, enabled_ns);
	else if (strip_suffix(name, ".running_ns"))
		offset = offsetof(struct counter_value, running_ns);
	/* An event's own column stands before those of its times. */
	event = offset == offsetof(struct counter_value, count)
			? event_list_add(&records->events, name)
			: event_list_find(&records->events, name);
	if (event < 0 || name[0] == '\0')
		return refuse(reader, "unknown column");
	*column = (struct column){.type = FIELD_U64,
		.whole = true,
		.offset = records->type->values + offset +
			  (size_t)event * sizeof(struct counter_value)};
	return 0;
}

/* The text holds no zero. */
static const char *intern(struct records *records, const char *text, size_t length)
{
	for (size_t i = 0; i < records->names_count; i++)
		if (strncmp(records->names[i], text, length) == 0 &&
			records->names[i][length] == '\0')
			return records->names[i];
	if (array_reserve(&records->names, &records->names_capacity,
		    records->names_count + 1, sizeof(*records->names)))
		return NULL;
	records->names[records->names_count] = strndup(text, length);
	if (!records->names[records->names_count])
		return NULL;
	return records->names[records->names_count++];
}

static void set_whole(enum field_type type, void *at, uint64_t value)
{
	switch (type) {
	case FIELD_U64:
		*(uint64_t *)at = value;
		break;
	case FIELD_S64:
		*(int64_t *)at = (int64_t)value;
		break;
	case FIELD_INT:
		*(int *)at = (int)value;
		break;
	case FIELD_UNSIGNED:
		*(unsigned *)at = (unsigned)value;
		break;
	default:
		*(bool *)at = value != 0;
	}
}

static int set_number(struct reader *reader, enum field_type type, void *at)
{
	const struct csv *csv = &reader->csv;
	uint64_t whole = 0;
	int64_t number = 0;
	int error;

	if (type == FIELD_DOUBLE) {
		error = csv_double(csv, at);
	} else if (type == FIELD_S64 || type == FIELD_INT) {
		error = csv_signed(csv, &number);
		set_whole(type, at, (uint64_t)number);
	} else {
		error = csv_whole(csv, &whole);
		set_whole(type, at, whole);
	}
	return error ? refuse(reader, "not a number") : 0;
}

static int set_name(
	struct reader *reader, struct records *records, struct column *column, void *at)
{
	const char *name = column->name;
	/* A zero in a damaged file ends a name. */
	size_t length = strnlen(reader->csv.cell, reader->csv.length);

	if (!name || length != column->name_length ||
		memcmp(name, reader->csv.cell, length) != 0)
		name = intern(records, reader->csv.cell, length);
	if (!name)
		return -ENOMEM;
	column->name = name;
	column->name_length = length;
	*(const char **)at = name;
	return 0;
}

static void set_text(const struct csv *csv, char *at)
{
	size_t length = csv->length < RECORD_TEXT - 1 ? csv->length : RECORD_TEXT - 1;

	memcpy(at, csv->cell, length);
	at[length] = '\0';
}

static int read_cell(struct reader *reader, struct records *records,
	struct column *column, void *record)
{
	void *at = (char *)record + column->offset;
	uint64_t whole;
	int error;

	if (column->whole && csv_next_whole(&reader->csv, &whole)) {
		set_whole(column->type, at, whole);
		return 0;
	}
	error = next_cell(reader);
	if (error)
		return error;
	if (reader->csv.cut)
		return READ_CUT;
	if (column->whole || column->type == FIELD_DOUBLE)
		return set_number(reader, column->type, at);
	if (column->type == FIELD_NAME)
		return set_name(reader, records, column, at);
	set_text(&reader->csv, at);
	return 0;
}

/* A file may lack a column: names are never NULL. */
static void *blank_record(struct records *records)
{
	const struct record_type *type = records->type;
	const char *none = intern(records, "", 0);
	char *record = none ? calloc(1, type->size) : NULL;

	for (size_t i = 0; record && i < type->fields_count; i++)
		if (type->fields[i].type == FIELD_NAME)
			*(const char **)(void *)(record + type->fields[i].offset) = none;
	return record;
}

/* The length of what two rows begin with alike, to a whole number of words. */
static size_t common_length(const char *a, const char *b, size_t most)
{
	uint64_t left, right;
	size_t length = 0;

	for (; length + sizeof(left) <= most; length += sizeof(left)) {
		memcpy(&left, a + length, sizeof(left));
		memcpy(&right, b + length, sizeof(right));
		if (left != right)
			return length +
			       (size_t)__builtin_ctzll(htole64(left ^ right)) / 8;
	}
	return length;
}

/* Neighbouring windows differ in nothing but numbers at their end: the cells that are
 * those of the row before need no reading. Returns how many. */
static size_t skip_same(struct reader *reader)
{
	const struct csv *csv = &reader->csv;
	size_t most, same, column = 0;

	if (!reader->before)
		return 0;
	most = (size_t)(csv->row - reader->before);
	if (most > (size_t)(csv->end - csv->row))
		most = (size_t)(csv->end - csv->row);
	same = common_length(reader->before, csv->row, most);
	while (column + 1 < reader->columns_count && reader->ends[column] <= same)
		column++;
	if (column)
		reader->csv.at = csv->row + reader->ends[column - 1];
	return column;
}

/* Every row has a cell for each column, so that one record serves all of them. 0, or
 * READ_CUT for a row that is not complete. */
static int read_row(struct reader *reader, struct records *records, void *record)
{
	size_t column;

	csv_begin_row(&reader->csv);
	column = skip_same(reader);
	reader->before = NULL;
	do {
		int error;

		if (column == reader->columns_count)
			return refuse(reader, "more cells than columns");
		error = read_cell(reader, records, &reader->columns[column], record);
		if (error)
			return error;
		reader->ends[column++] = (size_t)(reader->csv.at - reader->csv.row);
	} while (!reader->csv.row_ended);
	if (column != reader->columns_count)
		return refuse(reader, "fewer cells than columns");
	reader->before = reader->csv.row;
	return 0;
}

static bool has_key(const struct reader *reader, const struct record_type *type)
{
	for (size_t i = 0; i < reader->columns_count; i++)
		if (reader->columns[i].field &&
			strcmp(reader->columns[i].field->name, type->key) == 0)
			return true;
	return false;
}

static int read_header(struct reader *reader, struct records *records)
{
	int error;

	do {
		error = next_cell(reader);
		if (!error && reader->csv.cut)
			error = refuse(reader, "the header line is not complete");
		if (!error)
			error = add_column(reader, records);
	} while (!error && !reader->csv.row_ended);
	if (!error && !has_key(reader, records->type)) {
		complaint_what(reader->complaint, "line 1 of the CSV is no header of %s",
			records->type->noun);
		complaint_why(reader->complaint, "there is no column \"%s\"",
			records->type->key);
		error = -EINVAL;
	}
	return error;
}

/* The caller's visitor, and its error: a complaint of the rows behind is none of that. */
struct visiting {
	record_visit *visit;
	void *context;
	int error;
};

static int visit_row(void *context, const void *record, const struct records *records)
{
	struct visiting *visiting = context;

	visiting->error = visiting->visit(visiting->context, record, records);
	return visiting->error;
}

/* What the rows of a file are read from and into. */
struct rows {
	struct reader *reader;
	struct records *records;
	void *record;
};

static int read_rows(void *source, record_visit *visit, void *context)
{
	const struct rows *rows = source;
	struct reader *reader = rows->reader;
	int error = 0;

	for (reader->line = 2; !error && csv_more(&reader->csv); reader->line++) {
		error = read_row(reader, rows->records, rows->record);
		while (error == READ_CUT && !reader->csv.last) {
			error = csv_refill(&reader->csv);
			if (!error)
				error = read_row(reader, rows->records, rows->record);
		}
		if (error == READ_CUT)
			return 0; /* the row does not count */
		if (!error)
			error = visit(context, rows->record, rows->records);
	}
	return error;
}

static int read_csv(struct reader *reader, struct records *records, record_visit *visit,
	void *context)
{
	struct visiting visiting = {.visit = visit, .context = context};
	struct rows rows = {reader, records, blank_record(records)};
	int error = rows.record ? 0 : -ENOMEM;

	if (!error)
		error = read_header(reader, records);
	if (!error)
		error = csv_is_large(&reader->csv)
				? relay_visit(
					  records, read_rows, &rows, visit_row, &visiting)
				: read_rows(&rows, visit_row, &visiting);
	if (visiting.error)
		*reader->complaint = (struct complaint){.what = ""};
	if (error == -ENOMEM)
		complaint_what(reader->complaint, "not enough memory for the CSV");
	free(rows.record);
	if (error)
		records_release(records);
	return error;
}

int records_visit_csv(struct records *records, const struct record_type *type,
	const char *path, record_visit *visit, void *context, struct complaint *complaint)
{
	struct reader reader = {.line = 1, .complaint = complaint};
	int error = csv_open(&reader.csv, path);

	*records = (struct records){.type = type};
	*complaint = (struct complaint){.what = ""};
	if (!error)
		error = read_csv(&reader, records, visit, context);
	csv_close(&reader.csv);
	if (!error)
		return 0;
	return complaint->what[0] ? complaint_in(complaint, path, error)
				  : complaint_cannot(complaint, "read", path, error);
}

static int append(void *context, const void *record, const struct records *unused)
{
	struct records *records = context;
	const size_t size = records->type->size;

	(void)unused;
	if (array_reserve(&records->rows, &records->capacity, records->count + 1, size))
		return -ENOMEM;
	memcpy((char *)records->rows + records->count++ * size, record, size);
	return 0;
}

int records_parse_csv(struct records *records, const struct record_type *type,
	const char *csv, size_t length, struct complaint *complaint)
{
	struct reader reader = {.line = 1, .complaint = complaint};

	csv_of(&reader.csv, csv, length);
	*records = (struct records){.type = type};
	return read_csv(&reader, records, append, records);
}

int records_load_csv(struct records *records, const struct record_type *type,
	const char *path, struct complaint *complaint)
{
	return records_visit_csv(records, type, path, append, records, complaint);
}

void records_release(struct records *records)
{
	for (size_t i = 0; i < records->names_count; i++)
		free(records->names[i]);
	free(records->names);
	free(records->rows);
	*records = (struct records){0};
}
