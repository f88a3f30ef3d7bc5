/* SPDX-License-Identifier: MIT */
#include "interpose/trace/sites.h"

#include "interpose/trace/file.h"
#include "interpose/trace/threads.h"

#include <unwind.h>

/* Frames of this library, above the program's own. */
enum { PROBES = 64, FILTER_FULL = 255, TAKEN = 1 };

bool sites_wanted;
_Atomic uint8_t sites_filter[16384];

struct walk {
	uint64_t frames[TRACE_FRAMES];
	uint32_t depth;
	uint64_t own_start, own_end; /* of this library's code: left out */
};

static uint64_t own_start, own_end;

static _Unwind_Reason_Code step(struct _Unwind_Context *context, void *argument)
{
	struct walk *walk = argument;
	uint64_t at = _Unwind_GetIP(context);

	if (at >= own_start && at < own_end)
		return _URC_NO_REASON;
	if (at == 0 || walk->depth == TRACE_FRAMES)
		return _URC_END_OF_STACK;
	walk->frames[walk->depth++] = at;
	return _URC_NO_REASON;
}

static const struct trace_module *module_of(uint64_t at)
{
	uint32_t count =
		atomic_load_explicit(&trace->modules_count, memory_order_acquire);

	for (uint32_t i = 0; i < count; i++)
		if (at >= trace->modules[i].start && at < trace->modules[i].end)
			return &trace->modules[i];
	return NULL;
}

void sites_init(void)
{
	struct walk walk = {.depth = 0};
	const struct trace_module *own;

	if (!trace || trace->mode != TRACE_SITES_TOO)
		return;
	sites_wanted = true;
	own = module_of((uint64_t)(uintptr_t)sites_init);
	if (own) {
		own_start = own->start;
		own_end = own->end;
	}
	(void)_Unwind_Backtrace(step, &walk);
}

static uint64_t hash_frames(const struct walk *walk)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (uint32_t i = 0; i < walk->depth; i++)
		hash = (hash ^ walk->frames[i]) * 0x100000001b3u;
	return hash | 1;
}

/* Position of the site, or TRACE_SITES where the table is full. */
static uint32_t find_site(const struct walk *walk)
{
	uint64_t hash = hash_frames(walk);

	for (uint32_t probe = 0; probe < PROBES; probe++) {
		uint32_t at = ((uint32_t)(hash >> 20) + probe) & (TRACE_SITES - 1);
		struct trace_site *site = &trace->sites[at];
		uint64_t found = atomic_load_explicit(&site->hash, memory_order_acquire);

		if (found == hash)
			return at;
		if (found != 0 ||
			!atomic_compare_exchange_strong(&site->hash, &found, hash)) {
			if (found == hash)
				return at;
			continue;
		}
		for (uint32_t i = 0; i < walk->depth; i++)
			site->frames[i] = walk->frames[i];
		site->depth = walk->depth;
		atomic_store_explicit(&site->ready, 1, memory_order_release);
		for (uint32_t i = 0; i < walk->depth; i++) {
			if (!module_of(walk->frames[i])) {
				trace_file_note_modules();
				break;
			}
		}
		return at;
	}
	return TRACE_SITES;
}

static void filter_add(const void *block)
{
	_Atomic uint8_t *count = &sites_filter[sites_hash(block) & 16383];
	uint8_t now = atomic_load_explicit(count, memory_order_relaxed);

	/* A full one stays full: it then lets every block of its hash through. */
	while (now != FILTER_FULL &&
		!atomic_compare_exchange_weak(count, &now, (uint8_t)(now + 1)))
		continue;
}

static void filter_remove(const void *block)
{
	_Atomic uint8_t *count = &sites_filter[sites_hash(block) & 16383];
	uint8_t now = atomic_load_explicit(count, memory_order_relaxed);

	while (now != FILTER_FULL && now != 0 &&
		!atomic_compare_exchange_weak(count, &now, (uint8_t)(now - 1)))
		continue;
}

static bool keep_sample(const void *block, const struct trace_sample *sample)
{
	size_t hash = sites_hash(block);

	for (size_t probe = 0; probe < PROBES; probe++) {
		struct trace_sample *free_one =
			&trace->samples[(hash + probe) & (TRACE_SAMPLES - 1)];
		uint64_t none = 0;

		if (!atomic_compare_exchange_strong(&free_one->address, &none, TAKEN))
			continue;
		free_one->born_ns = sample->born_ns;
		free_one->weight_bytes = sample->weight_bytes;
		free_one->weight_calls = sample->weight_calls;
		free_one->site = sample->site;
		free_one->process = sample->process;
		filter_add(block);
		atomic_store_explicit(&free_one->address, (uint64_t)(uintptr_t)block,
			memory_order_release);
		return true;
	}
	return false;
}

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators".
 */
static uint64_t next_random(struct trace_thread *slot)
{
	uint64_t x = slot->random;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	slot->random = x;
	return x * 0x2545f4914f6cdd1du;
}

/* An exponential distance of mean sample_bytes, without libm: -ln of a uniform number m x
 * 2^e, by the series of 2 atanh((m - 1) / (m + 1)), exact to 1e-4. */
static int64_t distance(struct trace_thread *slot)
{
	uint64_t random = next_random(slot) >> 11 | 1;
	int exponent = 63 - __builtin_clzll(random);
	double m = (double)random / (double)(1ull << exponent);
	double z = (m - 1) / (m + 1);
	double z2 = z * z;
	double ln = 2 * z * (1 + z2 * (1.0 / 3 + z2 * (1.0 / 5 + z2 * (1.0 / 7))));

	ln += (exponent - 53) * 0.69314718055994531;
	return (int64_t)(-ln * (double)trace->sample_bytes) + 1;
}

/* How many samples fall into the block that has just been allocated. */
static uint64_t count_samples(struct trace_thread *slot, size_t bytes)
{
	uint64_t count = 0;

	/* So many that their number is as good as certain. */
	if (bytes / 256 > trace->sample_bytes) {
		slot->sample_left_bytes = distance(slot);
		return bytes / trace->sample_bytes;
	}
	while (slot->sample_left_bytes < 0) {
		slot->sample_left_bytes += distance(slot);
		count++;
	}
	return count;
}

void site_take(struct trace_thread *slot, const void *block, size_t bytes)
{
	uint64_t count = count_samples(slot, bytes);
	struct walk walk = {.depth = 0};
	struct trace_sample sample;
	struct trace_site *site;

	if (count == 0)
		return;
	sample.weight_bytes = count * trace->sample_bytes;
	sample.weight_calls = (sample.weight_bytes + bytes / 2) / bytes;
	sample.born_ns = trace_now_ns();
	sample.process = trace->pid;
	thread_begin_own();
	(void)_Unwind_Backtrace(step, &walk);
	sample.site = find_site(&walk);
	thread_end_own(slot);
	if (sample.site == TRACE_SITES) {
		atomic_fetch_add(&trace->samples_lost, count);
		return;
	}
	site = &trace->sites[sample.site];
	atomic_fetch_add_explicit(&site->samples, count, memory_order_relaxed);
	atomic_fetch_add_explicit(
		&site->weight_bytes, sample.weight_bytes, memory_order_relaxed);
	atomic_fetch_add_explicit(
		&site->weight_calls, sample.weight_calls, memory_order_relaxed);
	if (keep_sample(block, &sample))
		atomic_fetch_add_explicit(&site->live_weight_bytes, sample.weight_bytes,
			memory_order_relaxed);
	else
		atomic_fetch_add(&trace->samples_lost, count);
}

static unsigned lifetime_bucket(uint64_t ns)
{
	unsigned bucket = ns ? 63 - (unsigned)__builtin_clzll(ns) : 0;

	return bucket < TRACE_LIFETIMES ? bucket : TRACE_LIFETIMES - 1;
}

bool site_take_out(const void *block, struct trace_sample *sample)
{
	size_t hash = sites_hash(block);

	for (size_t probe = 0; probe < PROBES; probe++) {
		struct trace_sample *kept =
			&trace->samples[(hash + probe) & (TRACE_SAMPLES - 1)];

		if (atomic_load_explicit(&kept->address, memory_order_acquire) !=
			(uint64_t)(uintptr_t)block)
			continue;
		sample->born_ns = kept->born_ns;
		sample->weight_bytes = kept->weight_bytes;
		sample->weight_calls = kept->weight_calls;
		sample->site = kept->site;
		sample->process = kept->process;
		filter_remove(block);
		atomic_store_explicit(&kept->address, 0, memory_order_release);
		return true;
	}
	return false;
}

static void no_longer_live(const struct trace_sample *sample)
{
	atomic_fetch_sub_explicit(&trace->sites[sample->site].live_weight_bytes,
		sample->weight_bytes, memory_order_relaxed);
}

void site_end(const struct trace_sample *sample)
{
	unsigned bucket = lifetime_bucket(trace_now_ns() - sample->born_ns);

	no_longer_live(sample);
	atomic_fetch_add_explicit(&trace->sites[sample->site].lifetimes[bucket],
		sample->weight_calls, memory_order_relaxed);
}

void site_put_back(const void *block, const struct trace_sample *sample)
{
	if (!keep_sample(block, sample))
		no_longer_live(sample);
}
