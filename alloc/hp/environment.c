/* SPDX-License-Identifier: MIT */
#include "alloc/hp/environment.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

static const char prefix[] = "ESCALIER_HP_";

/* Entries one after the other, each with its end; two of them are paths. */
static char entries[2 * PATH_MAX + 512];
static size_t used;

static void copy_entry(const char *entry)
{
	size_t bytes = strlen(entry) + 1;

	if (strncmp(entry, prefix, sizeof(prefix) - 1) != 0 ||
		bytes > sizeof(entries) - used)
		return;
	memcpy(entries + used, entry, bytes);
	used += bytes;
}

/* One byte of the kernel's copy more. An entry too long for the rest is given up. */
static void take_byte(char byte, size_t *length)
{
	char *entry = entries + used;
	size_t room = sizeof(entries) - used;

	if (*length < room)
		entry[*length] = byte;
	if (byte) {
		++*length;
		return;
	}
	if (*length < room && strncmp(entry, prefix, sizeof(prefix) - 1) == 0)
		used += *length + 1;
	*length = 0;
}

static void copy_from_kernel(void)
{
	int fd = open("/proc/self/environ", O_RDONLY | O_CLOEXEC);
	char part[512];
	size_t length = 0;
	ssize_t got;

	if (fd < 0)
		return;
	while ((got = read(fd, part, sizeof(part))) > 0)
		for (ssize_t i = 0; i < got; i++)
			take_byte(part[i], &length);
	(void)close(fd);
}

void environment_copy(void)
{
	used = 0;
	if (getauxval(AT_SECURE))
		return;
	if (!environ) {
		copy_from_kernel();
		return;
	}
	for (char **entry = environ; *entry; entry++)
		copy_entry(*entry);
}

const char *environment_variable(const char *name)
{
	size_t length = strlen(name);

	for (const char *entry = entries; entry < entries + used;
		entry += strlen(entry) + 1)
		if (strncmp(entry, name, length) == 0 && entry[length] == '=')
			return entry[length + 1] ? entry + length + 1 : NULL;
	return NULL;
}
