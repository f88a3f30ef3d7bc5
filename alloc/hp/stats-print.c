/* SPDX-License-Identifier: MIT */
#include "alloc/hp/hp.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* Text on its way to a descriptor, in parts: no memory is asked for. */
struct output {
	int fd;
	int error;
	size_t length;
	char bytes[1024];
};

static void flush(struct output *output)
{
	size_t done = 0;

	while (done < output->length && !output->error) {
		ssize_t written =
			write(output->fd, output->bytes + done, output->length - done);

		if (written > 0)
			done += (size_t)written;
		else if (written == 0 || errno != EINTR)
			output->error = written == 0 ? -EIO : -errno;
	}
	output->length = 0;
}

static void put(struct output *output, const char *text)
{
	for (; *text; text++) {
		if (output->length == sizeof(output->bytes))
			flush(output);
		output->bytes[output->length++] = *text;
	}
}

static void put_number(struct output *output, uint64_t number)
{
	char digits[24];
	size_t at = sizeof(digits) - 1;

	digits[at] = '\0';
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	put(output, digits + at);
}

/* The plain numbers of hp_stats. */
static const struct {
	const char *name;
	size_t offset;
} rows[] = {
#define ROW(member)                                                                      \
	{                                                                                \
#member, offsetof(struct hp_stats, member)                               \
	}
	ROW(live_bytes),
	ROW(live_blocks),
	ROW(large_bytes),
	ROW(large_blocks),
	ROW(mapped_bytes),
	ROW(peak_bytes),
	ROW(cached_bytes),
	ROW(wasted_bytes),
	ROW(huge_pages),
	ROW(metadata_bytes),
	ROW(steps_no_pool),
	ROW(steps_limit),
	ROW(steps_refused),
	ROW(steps_forked),
	ROW(steps_unaligned),
	ROW(map_failures),
	ROW(maps),
	ROW(unmaps),
	ROW(purged_bytes),
	ROW(decayed_bytes),
	ROW(remote_frees),
	ROW(heaps),
	ROW(fork_copied_bytes),
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static uint64_t row_value(const struct hp_stats *stats, size_t row)
{
	uint64_t value;

	memcpy(&value, (const char *)stats + rows[row].offset, sizeof(value));
	return value;
}

static const char *const source_names[HP_SOURCES] = {
	"auto", "hugetlb-1g", "hugetlb-2m", "thp", "small"};

static void print_text(struct output *output, const struct hp_stats *stats)
{
	put(output, "hp: policy ");
	put(output, stats->policy);
	put(output, "\n");
	for (size_t i = 0; i < ROWS; i++) {
		put(output, "  ");
		put(output, rows[i].name);
		put(output, " ");
		put_number(output, row_value(stats, i));
		put(output, "\n");
	}
	for (size_t i = 0; i < HP_SOURCES; i++) {
		if (!stats->source_bytes[i])
			continue;
		put(output, "  bytes from ");
		put(output, source_names[i]);
		put(output, " ");
		put_number(output, stats->source_bytes[i]);
		put(output, "\n");
	}
	for (size_t i = 0; i < HP_STATS_NODES; i++) {
		if (!stats->node_bytes[i])
			continue;
		put(output, "  bytes of node ");
		put_number(output, i);
		put(output, " ");
		put_number(output, stats->node_bytes[i]);
		put(output, "\n");
	}
	for (size_t i = 0; i < stats->class_count; i++) {
		const struct hp_class_stats *class = &stats->classes[i];

		if (!class->live && !class->cached)
			continue;
		put(output, "  class ");
		put_number(output, class->block_bytes);
		put(output, " live ");
		put_number(output, class->live);
		put(output, " cached ");
		put_number(output, class->cached);
		put(output, "\n");
	}
}

static void put_member(struct output *output, const char *name, uint64_t number)
{
	put(output, ",\"");
	put(output, name);
	put(output, "\":");
	put_number(output, number);
}

static void print_json(struct output *output, const struct hp_stats *stats)
{
	put(output, "{\"policy\":\"");
	put(output, stats->policy);
	put(output, "\"");
	for (size_t i = 0; i < ROWS; i++)
		put_member(output, rows[i].name, row_value(stats, i));
	put(output, ",\"source_bytes\":{\"auto\":0");
	for (size_t i = 1; i < HP_SOURCES; i++)
		put_member(output, source_names[i], stats->source_bytes[i]);
	put(output, "},\"node_bytes\":[");
	put_number(output, stats->node_bytes[0]);
	for (size_t i = 1; i < HP_STATS_NODES; i++) {
		put(output, ",");
		put_number(output, stats->node_bytes[i]);
	}
	put(output, "],\"classes\":[");
	for (size_t i = 0; i < stats->class_count; i++) {
		put(output, i ? ",{\"block_bytes\":" : "{\"block_bytes\":");
		put_number(output, stats->classes[i].block_bytes);
		put_member(output, "live", stats->classes[i].live);
		put_member(output, "cached", stats->classes[i].cached);
		put(output, "}");
	}
	put(output, "]}\n");
}

int hp_stats_print(int fd, enum hp_stats_format format)
{
	struct output output = {.fd = fd};
	struct hp_stats stats;
	int saved = errno;

	hp_stats(&stats);
	if (format == HP_STATS_JSON)
		print_json(&output, &stats);
	else
		print_text(&output, &stats);
	flush(&output);
	errno = saved;
	return output.error;
}
