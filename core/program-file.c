/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/program-file.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { SCRIPT_LINE = 256, SCRIPT_DEPTH = 4 };

static int in_folder(
	const char *folder, size_t length, const char *name, char path[PATH_MAX])
{
	if (snprintf(path, PATH_MAX, "%.*s%s%s", (int)length, folder, length ? "/" : "",
		    name) >= PATH_MAX)
		return -ENAMETOOLONG;
	return access(path, X_OK) == 0 ? 0 : -errno;
}

static int look_up(const char *name, char path[PATH_MAX])
{
	const char *folders = getenv("PATH");

	if (strchr(name, '/'))
		return in_folder("", 0, name, path);
	if (!folders)
		folders = "/bin:/usr/bin";
	while (true) {
		size_t length = strcspn(folders, ":");

		if (in_folder(folders, length, name, path) == 0)
			return 0;
		if (!folders[length])
			return -ENOENT;
		folders += length + 1;
	}
}

/* The program of a "#!" line, that which env(1) is told to find included. Returns whether
 * there is one. */
static bool find_interpreter(int fd, char name[SCRIPT_LINE])
{
	char line[SCRIPT_LINE];
	ssize_t length = pread(fd, line, sizeof(line) - 1, 0);
	char *word;
	char *rest;

	if (length < 2 || line[0] != '#' || line[1] != '!')
		return false;
	line[length] = '\0';
	line[strcspn(line, "\n")] = '\0';
	word = strtok_r(line + 2, " \t", &rest);
	if (word && strcmp(word, "/usr/bin/env") == 0)
		do {
			word = strtok_r(NULL, " \t", &rest);
		} while (word && (word[0] == '-' || strchr(word, '=')));
	if (!word)
		return false;
	memcpy(name, word, strlen(word) + 1);
	return true;
}

static bool is_privileged(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return false;
	return (status.st_mode & S_ISUID && status.st_uid != getuid()) ||
	       (status.st_mode & S_ISGID && status.st_gid != getgid()) ||
	       (getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0);
}

static bool has_interpreter(Elf *elf)
{
	size_t count;
	GElf_Phdr header;

	if (elf_getphdrnum(elf, &count) != 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (gelf_getphdr(elf, (int)i, &header) && header.p_type == PT_INTERP)
			return true;
	return false;
}

static bool defines(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, const char *name)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t count =
		data && header->sh_entsize ? header->sh_size / header->sh_entsize : 0;

	for (size_t i = 0; i < count; i++) {
		GElf_Sym symbol;
		const char *found;

		if (!gelf_getsym(data, (int)i, &symbol) || symbol.st_shndx == SHN_UNDEF)
			continue;
		found = elf_strptr(elf, header->sh_link, symbol.st_name);
		if (found && strcmp(found, name) == 0)
			return true;
	}
	return false;
}

static bool has_own_malloc(Elf *elf)
{
	Elf_Scn *section = NULL;

	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;

		if (gelf_getshdr(section, &header) && header.sh_type == SHT_DYNSYM &&
			defines(elf, section, &header, "malloc"))
			return true;
	}
	return false;
}

/* Our own header, to compare with. */
static bool is_foreign(const GElf_Ehdr *header)
{
	GElf_Ehdr own = {0};
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	Elf *elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ, NULL);
	bool known = elf && gelf_getehdr(elf, &own);

	if (elf)
		(void)elf_end(elf);
	if (fd >= 0)
		(void)close(fd);
	return known && (own.e_machine != header->e_machine ||
				own.e_ident[EI_CLASS] != header->e_ident[EI_CLASS]);
}

static int examine_binary(struct program_file *file, int fd)
{
	GElf_Ehdr header;
	Elf *elf;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return -ENOEXEC;
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf || !gelf_getehdr(elf, &header)) {
		if (elf)
			(void)elf_end(elf);
		return -ENOEXEC;
	}
	file->is_static = !has_interpreter(elf);
	file->is_foreign = is_foreign(&header);
	file->has_own_malloc = has_own_malloc(elf);
	file->is_privileged = is_privileged(file->path);
	(void)elf_end(elf);
	return 0;
}

int program_file_examine(struct program_file *file, const char *name)
{
	char interpreter[SCRIPT_LINE];

	*file = (struct program_file){0};
	for (int depth = 0; depth <= SCRIPT_DEPTH; depth++) {
		int error = look_up(name, file->path);
		int fd = error ? -1 : open(file->path, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			return error ? error : -errno;
		error = -EAGAIN;
		if (find_interpreter(fd, interpreter))
			name = interpreter;
		else
			error = examine_binary(file, fd);
		(void)close(fd);
		if (error != -EAGAIN)
			return error;
	}
	return -ELOOP;
}

static void complain(const struct program_file *file, struct complaint *complaint)
{
	if (file->has_own_malloc && !file->is_static) {
		complaint_what(
			complaint, "no allocator replaces that of %.180s", file->path);
		complaint_why(complaint, "it defines malloc itself, and calls its own");
		return;
	}
	complaint_what(complaint, "no allocator is loaded into %.180s", file->path);
	if (file->is_static) {
		complaint_why(
			complaint, "it is static: no dynamic loader reads LD_PRELOAD");
		complaint_advise(complaint, "use a dynamically linked build of it");
	} else if (file->is_foreign) {
		complaint_why(complaint,
			"it is for another architecture or word size than Escalier's "
			"libraries");
	} else {
		complaint_why(complaint,
			"it runs with another's rights (setuid, setgid or capabilities), "
			"and the loader ignores LD_PRELOAD then");
		complaint_advise(complaint, "run a copy of it without these rights");
	}
}

bool program_file_obstacle(const char *name, struct complaint *complaint)
{
	struct program_file file;

	if (program_file_examine(&file, name) ||
		!(file.is_static || file.is_foreign || file.is_privileged ||
			file.has_own_malloc))
		return false;
	complain(&file, complaint);
	return true;
}
