/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/json-text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

void csv_number(struct text *text, double value, unsigned digits)
{
	text_append(text, ",");
	if (isfinite(value))
		text_format(text, "%.*g", (int)digits, value);
}

json_t *json_number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

json_t *json_text(const char *string)
{
	struct text valid;
	json_t *value;

	text_init(&valid);
	text_append_valid(&valid, string);
	value = json_string(valid.bytes);
	text_release(&valid);
	return value;
}

int json_print(json_t *root, unsigned digits, struct text *text)
{
	char *dump = root ? json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(digits))
			  : NULL;

	if (dump)
		text_format(text, "%s\n", dump);
	else if (!text->error)
		text->error = -ENOMEM;
	free(dump);
	json_decref(root);
	return text->error;
}
