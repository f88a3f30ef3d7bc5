/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/check/verdict-json.h"

#include <math.h>
#include <stdio.h>

static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

json_t *verdicts_to_json(const struct event_verdict *verdicts, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		const struct event_verdict *v = &verdicts[i];

		(void)json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s}",
				"group", v->group, "counter", v->counter, "event",
				v->event, "verdict", event_judgement_name(v->judgement),
				"kernel", v->kernel, "expected_low", number(v->low),
				"expected_high", number(v->high), "counted",
				number(v->counted), "units", number(v->units), "why",
				v->why));
	}
	return list;
}

static void take_text(const json_t *object, const char *key, char *text, size_t size)
{
	const char *value = json_string_value(json_object_get(object, key));

	(void)snprintf(text, size, "%s", value ? value : "");
}

static double take_number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

size_t verdicts_from_json(const json_t *list, struct event_verdict *verdicts, size_t room)
{
	size_t count = 0;
	size_t index;
	json_t *value;

	json_array_foreach(list, index, value)
	{
		const char *name = json_string_value(json_object_get(value, "verdict"));
		int judgement = name ? event_judgement_find(name) : -1;
		struct event_verdict *v = &verdicts[count];

		if (judgement < 0)
			continue;
		if (count == room)
			break;
		*v = (struct event_verdict){.judgement = (enum event_judgement)judgement};
		take_text(value, "group", v->group, sizeof(v->group));
		take_text(value, "counter", v->counter, sizeof(v->counter));
		take_text(value, "event", v->event, sizeof(v->event));
		take_text(value, "kernel", v->kernel, sizeof(v->kernel));
		take_text(value, "why", v->why, sizeof(v->why));
		v->low = take_number(value, "expected_low");
		v->high = take_number(value, "expected_high");
		v->counted = take_number(value, "counted");
		v->units = take_number(value, "units");
		count++;
	}
	return count;
}
