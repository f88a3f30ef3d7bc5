/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cmd.h"
#include "cli/message.h"
#include "cli/output.h"
#include "core/execution.h"
#include "core/measurement.h"

#include <string.h>

static void describe_all(struct text *text)
{
	static const struct record_type *const types[] = {
		&measurement_record, &execution_record, &memory_record};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		text_format(text, "%s%s.csv\n\n", i ? "\n" : "", types[i]->noun);
		record_describe(types[i], text);
	}
}

int cmd_fields(int argc, char **argv)
{
	struct text text;
	int code;

	if (argc > 1 && strcmp(argv[1], "--help") != 0 && strcmp(argv[1], "-h") != 0)
		return message_usage("fields", "unexpected argument \"%s\"", argv[1]);
	text_init(&text);
	if (argc > 1)
		text_append(&text,
			"Usage: escalier fields\n"
			"Describe the columns of windows.csv, executions.csv and memory.csv as Markdown\n"
			"tables.\n");
	else
		describe_all(&text);
	code = output_text(&text);
	text_release(&text);
	return code;
}
