/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/symbols.h"

#include <dlfcn.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* abi::__cxa_demangle(): the buffer is malloc's, and the result takes its place. */
typedef char *demangler(const char *name, char *buffer, size_t *bytes, int *status);

struct symbols {
	const struct trace_file *file;
	/* Of the C++ library, where there is one: loaded at the first name that it can
	 * read. */
	bool library_tried;
	void *library;
	demangler *demangle;
	char *demangled;
	size_t demangled_bytes;
	Dwfl *dwfl;
	char *debug_path;
	Dwfl_Callbacks callbacks;
	char text[512]; /* of the last address */
};

static bool is_known(const struct trace_file *file, uint32_t index)
{
	for (uint32_t i = 0; i < index; i++)
		if (file->modules[i].offset == file->modules[index].offset &&
			strcmp(file->modules[i].path, file->modules[index].path) == 0)
			return true;
	return false;
}

struct symbols *symbols_open(const struct trace_file *file)
{
	struct symbols *symbols = calloc(1, sizeof(*symbols));

	if (!symbols)
		return NULL;
	symbols->file = file;
	symbols->callbacks = (Dwfl_Callbacks){
		.section_address = dwfl_offline_section_address,
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.debuginfo_path = &symbols->debug_path,
	};
	symbols->dwfl = dwfl_begin(&symbols->callbacks);
	if (!symbols->dwfl) {
		free(symbols);
		return NULL;
	}
	dwfl_report_begin(symbols->dwfl);
	for (uint32_t i = 0; i < file->modules_count; i++)
		if (file->modules[i].path[0] == '/' && !is_known(file, i))
			(void)dwfl_report_elf(symbols->dwfl, file->modules[i].path,
				file->modules[i].path, -1, file->modules[i].offset, true);
	(void)dwfl_report_end(symbols->dwfl, NULL, NULL);
	return symbols;
}

void symbols_close(struct symbols *symbols)
{
	if (!symbols)
		return;
	dwfl_end(symbols->dwfl);
	if (symbols->library)
		(void)dlclose(symbols->library);
	free(symbols->demangled);
	free(symbols);
}

static void load_library(struct symbols *symbols)
{
	void *found = NULL;

	symbols->library_tried = true;
	symbols->library = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_LOCAL);
	if (symbols->library)
		found = dlsym(symbols->library, "__cxa_demangle");
	/* ISO C knows no way from an object's address to a function's. */
	memcpy(&symbols->demangle, &found, sizeof(found));
}

/* As it is written in C++; any other name as it is. */
static const char *readable(struct symbols *symbols, const char *name)
{
	char *demangled = NULL;
	int status;

	if (strncmp(name, "_Z", 2) != 0)
		return name;
	if (!symbols->library_tried)
		load_library(symbols);
	if (symbols->demangle)
		demangled = symbols->demangle(
			name, symbols->demangled, &symbols->demangled_bytes, &status);
	if (!demangled)
		return name;
	return symbols->demangled = demangled;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Without a symbol: where in which file. */
static void describe_place(struct symbols *symbols, uint64_t address)
{
	const struct trace_file *file = symbols->file;

	for (uint32_t i = 0; i < file->modules_count; i++) {
		const struct trace_module *module = &file->modules[i];

		if (address < module->start || address >= module->end)
			continue;
		(void)snprintf(symbols->text, sizeof(symbols->text), "%.200s+0x%" PRIx64,
			last_part(module->path), address - module->offset);
		return;
	}
	(void)snprintf(symbols->text, sizeof(symbols->text), "0x%" PRIx64, address);
}

/* By the units' own ranges: clang leaves out the index of addresses (.debug_aranges) that
 * dwfl_module_getsrc() looks in. */
static const char *find_in_units(Dwfl_Module *module, uint64_t address, int *number)
{
	Dwarf_Die *unit = NULL;
	Dwarf_Addr bias;

	while ((unit = dwfl_module_nextcu(module, unit, &bias))) {
		Dwarf_Line *line;

		if (dwarf_haspc(unit, address - bias) != 1)
			continue;
		line = dwarf_getsrc_die(unit, address - bias);
		return line && dwarf_lineno(line, number) == 0
			       ? dwarf_linesrc(line, NULL, NULL)
			       : NULL;
	}
	return NULL;
}

const char *symbols_resolve(void *context, uint64_t address)
{
	struct symbols *symbols = context;
	Dwfl_Module *module = dwfl_addrmodule(symbols->dwfl, address);
	const char *name = module ? dwfl_module_addrname(module, address) : NULL;
	const char *source = NULL;
	const char *path = NULL;
	Dwfl_Line *line;
	int number = 0;

	if (!name) {
		describe_place(symbols, address);
		return symbols->text;
	}
	name = readable(symbols, name);
	line = dwfl_module_getsrc(module, address);
	if (line)
		source = dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL);
	else
		source = find_in_units(module, address, &number);
	(void)dwfl_module_info(module, NULL, NULL, NULL, NULL, NULL, &path, NULL);
	if (source)
		(void)snprintf(symbols->text, sizeof(symbols->text),
			"%.200s at %.200s:%d", name, last_part(source), number);
	else
		(void)snprintf(symbols->text, sizeof(symbols->text), "%.200s in %.200s",
			name, path ? last_part(path) : "?");
	return symbols->text;
}
