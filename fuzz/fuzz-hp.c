/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sequences of calls to hp, checked against a model. The first bytes choose the options,
 * each further group of six one call: what, slot, size in two parts, alignment, and how
 * often to repeat it in the slots that follow.
 */
#include "alloc/hp/hp.h"
#include "tests/alloc/hp/model.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 3, GROUP = 6, LIVE_MAX = 48 << 20, CALL_TRIM = MODEL_CALLS };

static void fail(const char *wrong)
{
	fprintf(stderr, "fuzz-hp: %s\n", wrong);
	abort();
}

static void begin(const uint8_t *data)
{
	const struct hp_options options = {
		.policy = (enum hp_policy_id)(data[0] % 8 == 7   ? HP_POLICY_BUMP
					      : data[0] % 8 == 6 ? HP_POLICY_FIRSTFIT
								 : HP_POLICY_HP),
		.source = data[1] % 2 ? HP_SOURCE_SMALL : HP_SOURCE_THP,
		.decay_ms = data[1] % 3 == 0 ? 1 : -1,
		.check = data[2] % 4 == 0 ? HP_CHECK_ALL : data[2] / 4 % 16,
	};

	hp_finalize();
	if (hp_init(&options) != 0)
		fail("hp_init");
}

/* Sizes of all magnitudes up to 16 MiB, and some that cannot be served. */
static size_t size_of(unsigned shift, unsigned low)
{
	if (shift % 32 == 31)
		return SIZE_MAX - low;
	return ((size_t)(256 + low) << shift % 17) >> 8;
}

static void perform(struct model *model, const uint8_t *group)
{
	struct model_step step = {
		.call = (enum model_call)(group[0] % MODEL_CALLS),
		.slot = group[1],
		.bytes = size_of(group[2], group[3]),
		.alignment = group[4],
	};

	if (group[0] % (MODEL_CALLS + 1) == CALL_TRIM) {
		(void)hp_trim(step.bytes);
		return;
	}
	for (unsigned i = 0; i <= group[5] % 32u; i++, step.slot++)
		if (!model_step(model, &step))
			fail(model->wrong);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct hp_stats stats;
	static struct model model;

	if (size < HEAD)
		return 0;
	begin(data);
	model_init(&model, &model_hp);
	model.live_max = LIVE_MAX;
	for (size_t i = HEAD; i + GROUP <= size; i += GROUP)
		perform(&model, data + i);
	hp_stats(&stats);
	if (stats.live_bytes < model.live_bytes)
		fail("fewer bytes are live than the program has");
	if (!model_verify(&model) || !model_release(&model))
		fail(model.wrong);
	return 0;
}
