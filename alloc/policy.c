/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "alloc/hp/policy.h"
#include "alloc/allocator.h"
#include "alloc/backends.h"
#include "alloc/hp/hp-options.h"
#include "alloc/hp/hp.h"
#include "alloc/hp/pages.h"

#include <pthread.h>
#include <stdbool.h>

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

static void *allocate(const void *context, size_t alignment, size_t bytes)
{
	const struct hp_policy *policy = context;

	(void)pthread_once(&begun, begin);
	return policy->allocate(bytes, alignment, false);
}

static void release(const void *context, void *block)
{
	const struct hp_policy *policy = context;

	policy->release(block);
	settle(policy);
}

static struct allocator allocator_of(const struct hp_policy *policy)
{
	return (struct allocator){.name = policy->name,
		.allocate = allocate,
		.release = release,
		.context = policy,
		.bound_page_bytes = PAGES_HUGE_BYTES};
}

static int acquire_from(const struct hp_policy *policy,
	const struct memory_request *request, struct memory_grant *grant,
	struct complaint *complaint)
{
	const struct allocator allocator = allocator_of(policy);

	return allocator_acquire(&allocator, request, grant, complaint);
}

static void release_to(const struct hp_policy *policy, struct memory_grant *grant)
{
	const struct allocator allocator = allocator_of(policy);

	allocator_release(&allocator, grant);
}

static int acquire_hp(const struct memory_request *request, struct memory_grant *grant,
	struct complaint *complaint)
{
	return acquire_from(&hp_policy_hp, request, grant, complaint);
}

static void release_hp(struct memory_grant *grant)
{
	release_to(&hp_policy_hp, grant);
}

static int acquire_firstfit(const struct memory_request *request,
	struct memory_grant *grant, struct complaint *complaint)
{
	return acquire_from(&hp_policy_firstfit, request, grant, complaint);
}

static void release_firstfit(struct memory_grant *grant)
{
	release_to(&hp_policy_firstfit, grant);
}

static int acquire_bump(const struct memory_request *request, struct memory_grant *grant,
	struct complaint *complaint)
{
	return acquire_from(&hp_policy_bump, request, grant, complaint);
}

static void release_bump(struct memory_grant *grant)
{
	release_to(&hp_policy_bump, grant);
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
