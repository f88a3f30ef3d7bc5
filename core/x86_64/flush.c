/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/check/flush.h"

#include <emmintrin.h>

const bool flush_possible = true;

void flush_lines(const char *base, size_t stride, size_t count)
{
	for (size_t i = 0; i < count; i++)
		_mm_clflush(base + i * stride);
	_mm_mfence();
}
