/* SPDX-License-Identifier: MIT */
#include "alloc/hp/hp-options.h"

#include "alloc/hp/environment.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = 256 };

/* The names in the order of the enumerations. */
static const char *const policies[] = {"hp", "hp-firstfit", "hp-bump", NULL};
static const char *const sources[] = {
	"auto", "hugetlb-1g", "hugetlb-2m", "thp", "small", NULL};
static const char *const checks[] = {"pointers", "canary", "poison", "quarantine", NULL};

static void append(char *line, size_t *length, const char *text)
{
	while (*text && *length < LINE_BYTES - 1)
		line[(*length)++] = *text++;
}

/* One write, so that lines of several processes do not mix. */
void options_complain(const char *name, const char *value, const char *expected)
{
	char line[LINE_BYTES];
	size_t length = 0;

	append(line, &length, "hp: ");
	append(line, &length, name);
	append(line, &length, "=");
	append(line, &length, value);
	append(line, &length, ": not understood, ignored; expected ");
	append(line, &length, expected);
	line[length++] = '\n';
	if (write(STDERR_FILENO, line, length) < 0)
		return; /* there is nobody to tell */
}

static int find(const char *const *names, const char *text, size_t length)
{
	for (int i = 0; names[i]; i++)
		if (strlen(names[i]) == length && memcmp(names[i], text, length) == 0)
			return i;
	return -1;
}

static void read_name(const char *name, const char *const *names, const char *expected,
	unsigned *member)
{
	const char *value = environment_variable(name);
	int found;

	if (*member != 0 || !value)
		return;
	found = find(names, value, strlen(value));
	if (found < 0)
		options_complain(name, value, expected);
	else
		*member = (unsigned)found;
}

/* Digits only: false for anything else, and above `most`. */
bool options_number(const char *text, uint64_t most, uint64_t *number)
{
	uint64_t sum = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		uint64_t digit = (uint64_t)(*text - '0');

		if (*text < '0' || *text > '9' || digit > most ||
			sum > (most - digit) / 10)
			return false;
		sum = sum * 10 + digit;
	}
	*number = sum;
	return true;
}

static void read_decay(struct hp_options *options)
{
	const char *value = environment_variable("ESCALIER_HP_DECAY_MS");
	uint64_t number;

	if (options->decay_ms != 0 || !value)
		return;
	if (strcmp(value, "-1") == 0)
		options->decay_ms = -1;
	else if (options_number(value, INT32_MAX, &number))
		options->decay_ms = number ? (int32_t)number : 1; /* at once */
	else
		options_complain(
			"ESCALIER_HP_DECAY_MS", value, "milliseconds, or -1 for never");
}

static bool parse_checks(const char *value, unsigned *bits)
{
	uint64_t number;

	if (options_number(value, HP_CHECK_ALL, &number)) {
		*bits = (unsigned)number;
		return true;
	}
	for (*bits = 0;; value++) {
		size_t length = strcspn(value, ",");
		int found = find(checks, value, length);

		if (found >= 0)
			*bits |= 1u << (unsigned)found;
		else if (length == 3 && memcmp(value, "all", 3) == 0)
			*bits |= HP_CHECK_ALL;
		else
			return false;
		value += length;
		if (!*value)
			return true;
	}
}

static void read_checks(struct hp_options *options)
{
	const char *value = environment_variable("ESCALIER_HP_CHECK");
	unsigned bits;

	if (options->check != 0 || !value)
		return;
	if (parse_checks(value, &bits))
		options->check = bits;
	else
		options_complain("ESCALIER_HP_CHECK", value,
			"all, or a list of pointers,canary,poison,quarantine");
}

/* Bytes, with a binary suffix: 512M. */
static void read_limit(struct hp_options *options)
{
	static const char suffixes[] = "KMGT";
	const char *value = environment_variable("ESCALIER_HP_LIMIT");
	char digits[24];
	size_t length;
	const char *suffix = NULL;
	unsigned shift = 0;
	uint64_t number;

	if (options->limit_bytes != 0 || !value)
		return;
	length = strspn(value, "0123456789");
	if (value[length])
		suffix = strchr(suffixes, value[length]);
	if (suffix)
		shift = 10 * (unsigned)(suffix - suffixes + 1);
	if (length < sizeof(digits) &&
		(!value[length] || (suffix && !value[length + 1]))) {
		memcpy(digits, value, length);
		digits[length] = '\0';
		if (options_number(digits, SIZE_MAX >> shift, &number)) {
			options->limit_bytes = (size_t)number << shift;
			return;
		}
	}
	options_complain(
		"ESCALIER_HP_LIMIT", value, "bytes, with K, M, G or T after them");
}

void options_from_environment(struct hp_options *options)
{
	unsigned policy = options->policy;
	unsigned source = options->source;
	int saved = errno;

	environment_copy();
	read_name("ESCALIER_HP_POLICY", policies, "hp, hp-firstfit or hp-bump", &policy);
	read_name("ESCALIER_HP_PAGES", sources,
		"auto, hugetlb-1g, hugetlb-2m, thp or small", &source);
	options->policy = (enum hp_policy_id)policy;
	options->source = (enum hp_source)source;
	if (!options->hugetlbfs)
		options->hugetlbfs = environment_variable("ESCALIER_HP_HUGETLBFS");
	if (!options->stats)
		options->stats = environment_variable("ESCALIER_HP_STATS");
	read_decay(options);
	read_checks(options);
	read_limit(options);
	errno = saved;
}

int options_check(const struct hp_options *options)
{
	if ((unsigned)options->policy > HP_POLICY_BUMP ||
		(unsigned)options->source >= HP_SOURCES || options->decay_ms < -1 ||
		(options->check & ~(unsigned)HP_CHECK_ALL) != 0)
		return -EINVAL;
	return 0;
}
