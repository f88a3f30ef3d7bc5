/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/record.h"

#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a column of the file at hand is. */
enum column_kind { COLUMN_FIELD, COLUMN_COUNT, COLUMN_ENABLED, COLUMN_RUNNING };
struct column {
	enum column_kind kind;
	size_t index; /* into fields or events */
};
enum { COLUMNS_MAX = 64 + 3 * RECORD_EVENTS };

struct reader {
	const char *at;
	const char *end;
	size_t line;
	char cell[512]; /* the last cell, unquoted */
	bool row_ended;
	bool file_ended; /* inside the cell: the row was cut short */
	struct column columns[COLUMNS_MAX];
	size_t columns_count;
	struct complaint *complaint;
};

static int refuse(struct reader *reader, const char *why)
{
	complaint_what(
		reader->complaint, "line %zu of the CSV cannot be read", reader->line);
	complaint_why(reader->complaint, "%s: \"%.80s\"", why, reader->cell);
	return -EINVAL;
}

/* Reads one cell and the separator behind it. */
static int next_cell(struct reader *reader)
{
	bool quoted = reader->at < reader->end && *reader->at == '"';
	size_t length = 0;

	if (quoted)
		reader->at++;
	reader->row_ended = reader->file_ended = false;
	for (;; reader->at++) {
		if (reader->at == reader->end) {
			reader->file_ended = reader->row_ended = true;
			break;
		}
		if (quoted && *reader->at == '"') {
			reader->at++;
			if (reader->at == reader->end || *reader->at != '"') {
				quoted = false;
				reader->at--;
				continue;
			}
		} else if (!quoted && (*reader->at == ',' || *reader->at == '\n')) {
			reader->row_ended = *reader->at == '\n';
			reader->at++;
			break;
		} else if (!quoted && *reader->at == '\r') {
			continue;
		}
		if (length + 1 == sizeof(reader->cell)) {
			reader->cell[length] = '\0';
			return refuse(reader, "a cell is too long");
		}
		reader->cell[length++] = *reader->at;
	}
	reader->cell[length] = '\0';
	return 0;
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

static int add_column(struct reader *reader, struct records *records)
{
	struct column *column = &reader->columns[reader->columns_count];
	int event;

	if (reader->columns_count == COLUMNS_MAX)
		return refuse(reader, "too many columns");
	for (size_t i = 0; i < records->type->fields_count; i++) {
		if (strcmp(reader->cell, records->type->fields[i].name) == 0) {
			*column = (struct column){COLUMN_FIELD, i};
			reader->columns_count++;
			return 0;
		}
	}
	column->kind = COLUMN_COUNT;
	if (strip_suffix(reader->cell, ".enabled_ns"))
		column->kind = COLUMN_ENABLED;
	else if (strip_suffix(reader->cell, ".running_ns"))
		column->kind = COLUMN_RUNNING;
	/* An event's own column stands before those of its times. */
	event = column->kind == COLUMN_COUNT
			? event_list_add(&records->events, reader->cell)
			: event_list_find(&records->events, reader->cell);
	if (event < 0 || reader->cell[0] == '\0')
		return refuse(reader, "unknown column");
	column->index = (size_t)event;
	reader->columns_count++;
	return 0;
}

static const char *intern(struct records *records, const char *name)
{
	char **names;

	for (size_t i = 0; i < records->names_count; i++)
		if (strcmp(records->names[i], name) == 0)
			return records->names[i];
	names = realloc(records->names, (records->names_count + 1) * sizeof(*names));
	if (!names)
		return NULL;
	records->names = names;
	names[records->names_count] = strdup(name);
	if (!names[records->names_count])
		return NULL;
	return names[records->names_count++];
}

static int parse_whole(const char *cell, uint64_t *value)
{
	char *end;

	if (cell[0] == '\0') {
		*value = 0;
		return 0;
	}
	if (cell[0] < '0' || cell[0] > '9')
		return -EINVAL;
	errno = 0;
	*value = strtoull(cell, &end, 10);
	return *end || errno ? -EINVAL : 0;
}

static int set_number(const struct field *field, void *at, const char *cell)
{
	uint64_t whole = 0;
	char *end;

	if (field->type == FIELD_DOUBLE) {
		*(double *)at = cell[0] ? strtod(cell, &end) : 0;
		return cell[0] && *end ? -EINVAL : 0;
	}
	if (field->type == FIELD_S64 || field->type == FIELD_INT) {
		errno = 0;
		long long value = cell[0] ? strtoll(cell, &end, 10) : 0;

		if (cell[0] && (*end || errno))
			return -EINVAL;
		if (field->type == FIELD_S64)
			*(int64_t *)at = value;
		else
			*(int *)at = (int)value;
		return 0;
	}
	if (parse_whole(cell, &whole))
		return -EINVAL;
	if (field->type == FIELD_U64)
		*(uint64_t *)at = whole;
	else if (field->type == FIELD_UNSIGNED)
		*(unsigned *)at = (unsigned)whole;
	else
		*(bool *)at = whole != 0;
	return 0;
}

static int set_field(struct reader *reader, struct records *records,
	const struct field *field, void *record)
{
	void *at = (char *)record + field->offset;

	if (field->type == FIELD_NAME) {
		const char *name = intern(records, reader->cell);

		if (!name)
			return -ENOMEM;
		*(const char **)at = name;
		return 0;
	}
	if (field->type == FIELD_TEXT) {
		(void)snprintf(at, RECORD_TEXT, "%.*s", RECORD_TEXT - 1, reader->cell);
		return 0;
	}
	if (set_number(field, at, reader->cell))
		return refuse(reader, "not a number");
	return 0;
}

static int set_cell(
	struct reader *reader, struct records *records, size_t column_index, void *record)
{
	const struct column *column = &reader->columns[column_index];
	struct counter_value *value;
	uint64_t number;

	if (column->kind == COLUMN_FIELD)
		return set_field(
			reader, records, &records->type->fields[column->index], record);
	if (parse_whole(reader->cell, &number))
		return refuse(reader, "not a count");
	value = (struct counter_value *)(void *)((char *)record + records->type->values) +
		column->index;
	if (column->kind == COLUMN_COUNT)
		value->count = number;
	else if (column->kind == COLUMN_ENABLED)
		value->enabled_ns = number;
	else
		value->running_ns = number;
	return 0;
}

static void *append_blank(struct records *records)
{
	const struct record_type *type = records->type;
	const char *none = intern(records, "");
	char *record;

	if (!none)
		return NULL;
	if (records->count == records->capacity) {
		size_t capacity = records->capacity ? 2 * records->capacity : 1024;
		void *rows = realloc(records->rows, capacity * type->size);

		if (!rows)
			return NULL;
		records->rows = rows;
		records->capacity = capacity;
	}
	record = (char *)records->rows + records->count * type->size;
	memset(record, 0, type->size);
	/* A file may lack a column: names are never NULL. */
	for (size_t i = 0; i < type->fields_count; i++)
		if (type->fields[i].type == FIELD_NAME)
			*(const char **)(void *)(record + type->fields[i].offset) = none;
	return record;
}

static int read_row(struct reader *reader, struct records *records)
{
	void *record = append_blank(records);
	size_t column = 0;

	if (!record)
		return -ENOMEM;
	do {
		int error = next_cell(reader);

		if (error)
			return error;
		if (reader->file_ended)
			return 0; /* cut short: the row does not count */
		if (column == reader->columns_count)
			return refuse(reader, "more cells than columns");
		error = set_cell(reader, records, column++, record);
		if (error)
			return error;
	} while (!reader->row_ended);
	if (column != reader->columns_count)
		return refuse(reader, "fewer cells than columns");
	records->count++;
	return 0;
}

static bool has_key(const struct reader *reader, const struct record_type *type)
{
	for (size_t i = 0; i < reader->columns_count; i++)
		if (reader->columns[i].kind == COLUMN_FIELD &&
			strcmp(type->fields[reader->columns[i].index].name, type->key) ==
				0)
			return true;
	return false;
}

int records_parse_csv(struct records *records, const struct record_type *type,
	const char *csv, size_t length, struct complaint *complaint)
{
	struct reader reader = {
		.at = csv, .end = csv + length, .line = 1, .complaint = complaint};
	int error = 0;

	*records = (struct records){.type = type};
	do {
		error = next_cell(&reader);
		if (!error && reader.file_ended)
			error = refuse(&reader, "the header line is not complete");
		if (!error)
			error = add_column(&reader, records);
	} while (!error && !reader.row_ended);
	if (!error && !has_key(&reader, type)) {
		complaint_what(
			complaint, "line 1 of the CSV is no header of %s", type->noun);
		complaint_why(complaint, "there is no column \"%s\"", type->key);
		error = -EINVAL;
	}
	while (!error && reader.at < reader.end) {
		reader.line++;
		error = read_row(&reader, records);
	}
	if (error == -ENOMEM)
		complaint_what(complaint, "not enough memory for the CSV");
	if (error)
		records_release(records);
	return error;
}

int records_load_csv(struct records *records, const struct record_type *type,
	const char *path, struct complaint *complaint)
{
	struct text text;
	int error;

	text_init(&text);
	error = file_read_all(path, &text);
	if (error) {
		complaint_what(complaint, "cannot read %s", path);
		complaint_why(complaint, "%s", strerror(-error));
	} else {
		error = records_parse_csv(
			records, type, text.bytes, text.length, complaint);
		if (error) {
			struct complaint first = *complaint;

			complaint_what(complaint, "%.150s: %.100s", path, first.what);
		}
	}
	text_release(&text);
	return error;
}

void records_release(struct records *records)
{
	for (size_t i = 0; i < records->names_count; i++)
		free(records->names[i]);
	free(records->names);
	free(records->rows);
	*records = (struct records){0};
}
