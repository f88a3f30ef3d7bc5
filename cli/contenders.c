/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/contenders.h"

#include "cli/message.h"
#include "cli/output.h"
#include "cli/share.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

int contenders_print_all(void)
{
	char folder[PATH_MAX];
	struct text text;
	int error;

	share_own_libraries(folder);
	text_init(&text);
	for (size_t i = 0; program_allocators[i].name[0]; i++) {
		struct program_allocator found;
		struct complaint complaint = {0};
		bool installed = allocator_find(&found, program_allocators[i].name,
					 folder, &complaint) == 0;

		text_append(&text, program_allocators[i].name);
		text_pad_to(&text, 16);
		text_append(&text, program_allocators[i].summary);
		if (installed)
			text_format(&text, "%s%s%s", found.path[0] ? " [" : "",
				found.path, found.path[0] ? "]" : "");
		else
			text_format(&text, " (not installed: %s)", complaint.advice);
		text_append(&text, "\n");
	}
	error = output_text(&text);
	text_release(&text);
	return error;
}

/* What all steps of the choice share. */
struct choosing {
	struct contenders *contenders;
	struct environment *environment;
	struct complaint *complaint;
	char folder[PATH_MAX]; /* of our own libraries */
};

static int add_named(struct choosing *choosing, const char *name, bool by_name)
{
	struct contenders *contenders = choosing->contenders;
	int error = allocator_find(&contenders->allocators[contenders->count], name,
		choosing->folder, choosing->complaint);

	if (error == -ENOPKG && contenders->count > 0) {
		if (by_name)
			message_complaint(choosing->complaint);
		(void)environment_note_complaint(
			choosing->environment, "", choosing->complaint);
		return 0;
	}
	if (!error)
		contenders->count++;
	return error;
}

static int add_defined(struct choosing *choosing, const char *definition)
{
	struct contenders *contenders = choosing->contenders;
	struct complaint why = {0};
	int error;

	if (contenders->count == TRIALS_ALLOCATORS) {
		complaint_what(choosing->complaint, "too many allocators");
		complaint_why(choosing->complaint, "at most %d", TRIALS_ALLOCATORS);
		return -EINVAL;
	}
	error = allocator_define(
		&contenders->allocators[contenders->count++], definition, &why);
	if (error) {
		complaint_what(choosing->complaint, "--allocator cannot be used");
		complaint_why(choosing->complaint, "%s", why.why);
	}
	return error;
}

int contenders_choose(struct contenders *contenders, const struct run_options *options,
	struct environment *environment, struct complaint *complaint)
{
	struct choosing choosing = {.contenders = contenders,
		.environment = environment,
		.complaint = complaint};
	bool all = options->allocators_count == 1 &&
		   strcmp(options->allocators[0], "all") == 0;
	int error = 0;

	share_own_libraries(choosing.folder);
	for (size_t i = 0; all && program_allocators[i].name[0] && !error; i++)
		error = add_named(&choosing, program_allocators[i].name, false);
	for (size_t i = 0; !all && i < options->allocators_count && !error; i++)
		error = add_named(&choosing, options->allocators[i], true);
	for (size_t i = 0; i < options->definitions_count && !error; i++)
		error = add_defined(&choosing, options->definitions[i]);
	return error;
}
