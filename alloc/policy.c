/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "alloc/hp/policy.h"
#include "alloc/backends.h"
#include "alloc/bind.h"
#include "alloc/host.h"
#include "alloc/hp/hp-options.h"
#include "alloc/hp/hp.h"
#include "alloc/hp/pages.h"
#include "alloc/map.h"
#include "base/number.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

/*
 * Our own allocators as backends: the policies themselves, since each process of a
 * program has one policy and a sweep compares them side by side. Which pages they find is
 * theirs to choose (ESCALIER_HP_PAGES) and ours to record.
 */

static int probe(struct complaint *complaint)
{
	(void)complaint;
	return 0;
}

static pthread_once_t begun = PTHREAD_ONCE_INIT;

static void begin(void)
{
	struct hp_options options = {.policy = HP_POLICY_HP};
	struct pages_config config;

	options_from_environment(&options);
	config = (struct pages_config){.source = (enum pages_source)options.source,
		.hugetlbfs = options.hugetlbfs,
		.limit_bytes = options.limit_bytes};
	pages_configure(&config);
	(void)hp_policy_hp.init(&options); /* the others have nothing to prepare */
}

/* What the sweep has no more use for goes back at once: the next backend wants it. A
 * policy that does not reuse gives everything back when nothing of it is in use. */
static void settle(const struct hp_policy *policy)
{
	struct hp_stats stats = {0};

	policy->stats(&stats);
	(void)policy->trim(0);
	if (stats.live_blocks == 0 && policy == &hp_policy_bump)
		policy->finalize();
}

static void release(const struct hp_policy *policy, struct memory_grant *grant)
{
	/* The allocator gets its pages back as it gave them. */
	bind_clear(grant->mapping, grant->mapped_bytes, grant->node);
	policy->release(grant->mapping);
	settle(policy);
	*grant = (struct memory_grant){.node = MEMORY_ANY_NODE};
}

static int acquire(const struct hp_policy *policy, const struct memory_request *request,
	struct memory_grant *grant, struct complaint *complaint)
{
	/* Whole pages, so that binding them touches nobody else's data; they may be of a
	 * pool, which can only be bound whole. */
	uint64_t page = request->node < 0 ? host_base_page() : PAGES_HUGE_BYTES;
	size_t bytes = map_round_up(request->bytes, page);
	struct memory_grant got;
	void *start;
	int error = host_room("", policy->name, request->bytes, request->node, complaint);

	if (error)
		return error;
	(void)pthread_once(&begun, begin);
	start = bytes ? policy->allocate(bytes, page, false) : NULL;
	if (!start) {
		char size[NUMBER_TEXT];

		complaint_what(complaint, "%s: cannot allocate %s: %s", policy->name,
			number_format_bytes(size, request->bytes), strerror(ENOMEM));
		return -ENOMEM;
	}
	got = (struct memory_grant){.base = start,
		.bytes = request->bytes,
		.mapping = start,
		.mapped_bytes = bytes,
		.node = request->node};
	error = bind_strictly(policy->name, start, bytes, request->node, complaint);
	if (!error)
		error = map_fault_in(
			policy->name, start, bytes, request->node, complaint);
	if (error)
		release(policy, &got);
	else
		*grant = got;
	return error;
}

static int acquire_hp(const struct memory_request *request, struct memory_grant *grant,
	struct complaint *complaint)
{
	return acquire(&hp_policy_hp, request, grant, complaint);
}

static void release_hp(struct memory_grant *grant)
{
	release(&hp_policy_hp, grant);
}

static int acquire_firstfit(const struct memory_request *request,
	struct memory_grant *grant, struct complaint *complaint)
{
	return acquire(&hp_policy_firstfit, request, grant, complaint);
}

static void release_firstfit(struct memory_grant *grant)
{
	release(&hp_policy_firstfit, grant);
}

static int acquire_bump(const struct memory_request *request, struct memory_grant *grant,
	struct complaint *complaint)
{
	return acquire(&hp_policy_bump, request, grant, complaint);
}

static void release_bump(struct memory_grant *grant)
{
	release(&hp_policy_bump, grant);
}

const struct memory_backend memory_hp = {
	.name = "hp",
	.summary = "our own allocator, huge pages first",
	.probe = probe,
	.acquire = acquire_hp,
	.release = release_hp,
};

const struct memory_backend memory_hp_firstfit = {
	.name = "hp-firstfit",
	.summary = "hp's second teaching policy: a list, the first block that fits",
	.probe = probe,
	.acquire = acquire_firstfit,
	.release = release_firstfit,
};

const struct memory_backend memory_hp_bump = {
	.name = "hp-bump",
	.summary = "hp's first teaching policy: a cursor, nothing is reused",
	.probe = probe,
	.acquire = acquire_bump,
	.release = release_bump,
};
