/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/circumstances.h"

#include "base/number.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Each writes one property of a session into an empty text. */
typedef void describe(const struct environment *environment,
	const struct machine *machine, struct text *text);

/* Of a word as environment_begin quotes it. */
static size_t word_length(const char *at)
{
	const char *word = at;
	bool quoted = false;

	for (; *at && (quoted || *at != ' '); at++) {
		if (!quoted && at[0] == '\\' && at[1])
			at++;
		else if (*at == '\'')
			quoted = !quoted;
	}
	return (size_t)(at - word);
}

/* The words of a command but for the folder of its results, up to the program's own. */
static void describe_command(const struct environment *environment,
	const struct machine *machine, struct text *text)
{
	const char *at = environment->command;
	bool skipped = false;

	(void)machine;
	while (*at) {
		size_t length = word_length(at);

		if (length == 2 && strncmp(at, "--", 2) == 0)
			break;
		if (skipped || strncmp(at, "--output=", 9) == 0)
			skipped = false;
		else if ((length == 2 && strncmp(at, "-o", 2) == 0) ||
			 (length == 8 && strncmp(at, "--output", 8) == 0))
			skipped = true;
		else if (strncmp(at, "-o", 2) != 0)
			text_format(
				text, "%s%.*s", text->length ? " " : "", (int)length, at);
		at += length;
		at += strspn(at, " ");
	}
	if (*at)
		text_format(text, " %s", at);
}

static void describe_version(const struct environment *environment,
	const struct machine *machine, struct text *text)
{
	(void)machine;
	text_append(text, environment->version);
}

static void describe_host(const struct environment *environment,
	const struct machine *machine, struct text *text)
{
	(void)environment;
	text_append(text, machine->host);
}

static void describe_cpu(const struct environment *environment,
	const struct machine *machine, struct text *text)
{
	(void)environment;
	if (machine->cpu_count > 0)
		text_format(text, "%s%s%s, %u cores, %u CPUs", machine->cpu_model,
			machine->hypervisor[0] ? " under " : "", machine->hypervisor,
			machine->cores, machine->cpu_count);
}

static void describe_caches(const struct environment *environment,
	const struct machine *machine, struct text *text)
{
	char number[NUMBER_TEXT];

	(void)environment;
	for (size_t i = 0; i < machine->caches_count; i++)
		if (machine->caches[i].kind != CACHE_INSTRUCTION)
			text_format(text, "%sL%u %s", text->length ? ", " : "",
				machine->caches[i].level,
				number_format_bytes(number, machine->caches[i].bytes));
}

static void describe_kernel(const struct environment *environment,
	const struct machine *machine, struct text *text)
{
	(void)environment;
	text_append(text, machine->kernel);
}

static void describe_thp(const struct environment *environment,
	const struct machine *machine, struct text *text)
{
	(void)environment;
	if (machine->thp_enabled[0])
		text_format(
			text, "%s, defrag %s", machine->thp_enabled, machine->thp_defrag);
}

static void describe_counters(const struct environment *environment,
	const struct machine *machine, struct text *text)
{
	(void)machine;
	text_append(text, environment->counters);
	for (size_t i = 0; i < environment->groups_count; i++)
		text_format(text, "%s%s", i ? ", " : ": ", environment->groups[i]);
}

static void describe_windows(const struct environment *environment,
	const struct machine *machine, struct text *text)
{
	(void)machine;
	if (environment->windows > 0)
		text_format(text, "%" PRIu64 " of %g ms", environment->windows,
			(double)environment->window_ns / 1e6);
}

static const struct {
	const char *what;
	describe *describe;
} properties[] = {
	{"command", describe_command},
	{"host", describe_host},
	{"CPU", describe_cpu},
	{"caches", describe_caches},
	{"kernel", describe_kernel},
	{"THP", describe_thp},
	{"counters", describe_counters},
	{"windows", describe_windows},
	{"Escalier", describe_version},
};

void circumstances_of(struct circumstances *circumstances,
	const struct environment *const environments[2],
	const struct machine *const machines[2])
{
	struct text texts[2];

	*circumstances = (struct circumstances){.count = 0};
	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++) {
		struct circumstance *next = &circumstances->list[circumstances->count];

		for (int s = 0; s < 2; s++) {
			text_init(&texts[s]);
			properties[i].describe(environments[s], machines[s], &texts[s]);
			(void)snprintf(
				next->values[s], CIRCUMSTANCE_TEXT, "%s", texts[s].bytes);
			text_release(&texts[s]);
		}
		next->what = properties[i].what;
		if (next->values[0][0] && next->values[1][0] &&
			strcmp(next->values[0], next->values[1]) != 0)
			circumstances->count++;
	}
}

void circumstances_list(const struct circumstances *circumstances, struct text *text)
{
	for (size_t i = 0; i < circumstances->count; i++)
		text_format(text, "%s%s", i ? "; " : "", circumstances->list[i].what);
}

void circumstances_print(const struct circumstances *circumstances, struct text *text)
{
	if (circumstances->count == 0)
		return;
	text_append(text, "\nthe two are not alike in\n");
	for (size_t i = 0; i < circumstances->count; i++) {
		const struct circumstance *one = &circumstances->list[i];

		text_format(text, "  %-10s%s\n  %-10s%s\n", one->what, one->values[0], "",
			one->values[1]);
	}
}

json_t *circumstances_to_json(const struct circumstances *circumstances)
{
	json_t *array = json_array();

	for (size_t i = 0; i < circumstances->count; i++) {
		const struct circumstance *one = &circumstances->list[i];

		(void)json_array_append_new(
			array, json_pack("{s:s, s:s, s:s}", "what", one->what, "first",
				       one->values[0], "second", one->values[1]));
	}
	return array;
}
