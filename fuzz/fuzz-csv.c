/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/measurement.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read is written and read again: both readings must agree. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct complaint complaint = {0};
	struct dataset dataset;
	struct dataset again;
	struct text text;

	if (dataset_parse_csv(&dataset, (const char *)data, size, &complaint) != 0)
		return 0;
	text_init(&text);
	record_csv_header(&measurement_record, &dataset.events, &text);
	for (size_t i = 0; i < dataset.count; i++)
		record_csv_row(&measurement_record, &dataset.measurements[i],
			&dataset.events, &text);
	if (dataset_parse_csv(&again, text.bytes, text.length, &complaint) != 0 ||
		again.count != dataset.count)
		abort();
	dataset_release(&again);
	dataset_release(&dataset);
	text_release(&text);
	return 0;
}
