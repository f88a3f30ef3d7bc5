/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "alloc/smaps.h"

#include <stdlib.h>
#include <string.h>

void smaps_init(struct smaps *smaps, uint64_t start, uint64_t end, uint64_t base_page,
	uint64_t thp_page)
{
	*smaps = (struct smaps){
		.start = start, .end = end, .base_page = base_page, .thp_page = thp_page};
}

static void add_share(struct smaps *smaps, uint64_t page_bytes, uint64_t bytes)
{
	size_t i = 0;

	while (i < smaps->shares_count && smaps->shares[i].page_bytes != page_bytes)
		i++;
	if (bytes == 0 || i == SMAPS_SIZES)
		return;
	if (i == smaps->shares_count)
		smaps->shares[smaps->shares_count++].page_bytes = page_bytes;
	smaps->shares[i].bytes += bytes;
}

/* Counts the mapping that was read. */
static void close_vma(struct smaps *smaps)
{
	uint64_t low = smaps->vma_start > smaps->start ? smaps->vma_start : smaps->start;
	uint64_t high = smaps->vma_end < smaps->end ? smaps->vma_end : smaps->end;
	uint64_t outside;
	uint64_t small;

	if (low < high) {
		outside = (smaps->vma_end - smaps->vma_start) - (high - low);
		small = smaps->resident > smaps->thp ? smaps->resident - smaps->thp : 0;
		add_share(smaps, smaps->kernel_page,
			smaps->hugetlb > outside ? smaps->hugetlb - outside : 0);
		add_share(smaps, smaps->thp_page,
			smaps->thp > outside ? smaps->thp - outside : 0);
		add_share(smaps, smaps->base_page, small > outside ? small - outside : 0);
	}
	smaps->vma_start = smaps->vma_end = 0;
	smaps->kernel_page = smaps->resident = smaps->thp = smaps->hugetlb = 0;
}

/* "7f00aa000000-7f00aa200000 rw-p ...": whether the line begins a mapping. */
static bool parse_header(const char *line, uint64_t *start, uint64_t *end)
{
	char *rest;

	*start = strtoull(line, &rest, 16);
	if (rest == line || *rest != '-')
		return false;
	line = rest + 1;
	*end = strtoull(line, &rest, 16);
	return rest != line && *rest == ' ';
}

static void parse_line(struct smaps *smaps, const char *line)
{
	const struct {
		const char *name;
		uint64_t *bytes;
	} fields[] = {
		{"KernelPageSize:", &smaps->kernel_page},
		{"Rss:", &smaps->resident},
		{"AnonHugePages:", &smaps->thp},
		{"ShmemPmdMapped:", &smaps->thp},
		{"FilePmdMapped:", &smaps->thp},
		{"Shared_Hugetlb:", &smaps->hugetlb},
		{"Private_Hugetlb:", &smaps->hugetlb},
	};
	uint64_t start;
	uint64_t end;

	if (parse_header(line, &start, &end)) {
		close_vma(smaps);
		smaps->vma_start = start;
		smaps->vma_end = end;
		smaps->done = start >= smaps->end;
		return;
	}
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		size_t length = strlen(fields[i].name);

		if (strncmp(line, fields[i].name, length) == 0) {
			*fields[i].bytes += strtoull(line + length, NULL, 10) * 1024;
			return;
		}
	}
}

void smaps_feed(struct smaps *smaps, const char *text, size_t length)
{
	for (size_t i = 0; i < length && !smaps->done; i++) {
		if (text[i] == '\n') {
			smaps->line[smaps->length] = '\0';
			smaps->length = 0;
			parse_line(smaps, smaps->line);
		} else if (smaps->length < SMAPS_LINE - 1) {
			/* Only file names are longer, and nothing follows them. */
			smaps->line[smaps->length++] = text[i];
		}
	}
}

void smaps_finish(struct smaps *smaps)
{
	if (!smaps->done)
		close_vma(smaps);
	smaps->done = true;
}
