/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Register values as the named CPUs give them; what they mean is in the vendors' manuals.
 */
#include "topology/cpuid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { K4 = 4096, M2 = 2 << 20, G1 = 1 << 30, FULL = FULLY_ASSOCIATIVE };

struct expected {
	enum tlb_kind kind;
	unsigned level;
	uint64_t page;
	unsigned entries, ways;
};

static void expect(const struct tlb_list *list, const struct expected *expected,
	size_t count, const char *source)
{
	assert_int_equal(list->count, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(list->items[i].kind, expected[i].kind);
		assert_int_equal(list->items[i].level, expected[i].level);
		assert_int_equal(list->items[i].page_bytes, expected[i].page);
		assert_int_equal(list->items[i].entries, expected[i].entries);
		assert_int_equal(list->items[i].ways, expected[i].ways);
		assert_string_equal(list->items[i].source, source);
	}
}

#define EXPECT(list, expected, source)                                                   \
	expect(list, expected, sizeof(expected) / sizeof((expected)[0]), source)

static void zen4_first_level(void **state)
{
	static const struct expected expected[] = {
		{TLB_INSTRUCTION, 1, K4, 64, FULL},
		{TLB_DATA, 1, K4, 72, FULL},
		{TLB_INSTRUCTION, 1, M2, 64, FULL},
		{TLB_DATA, 1, M2, 72, FULL},
	};
	const struct cpuid leaf = {0xff48ff40, 0xff48ff40, 0x20080140, 0x20080140};
	struct tlb_list list = {.count = 0};

	(void)state;
	cpuid_decode_0x80000005(&leaf, &list);
	EXPECT(&list, expected, "CPUID 0x80000005");
}

static void zen4_second_level(void **state)
{
	static const struct expected expected[] = {
		{TLB_INSTRUCTION, 2, K4, 512, 4},
		{TLB_DATA, 2, K4, 3072, 8},
		{TLB_INSTRUCTION, 2, M2, 512, 2},
		{TLB_DATA, 2, M2, 3072, 6},
	};
	const struct cpuid leaf = {0x5c002200, 0x6c004200, 0x04006140, 0x0a009140};
	struct tlb_list list = {.count = 0};

	(void)state;
	cpuid_decode_0x80000006(&leaf, &list);
	EXPECT(&list, expected, "CPUID 0x80000006");
}

static void zen3_gigabyte_pages(void **state)
{
	static const struct expected expected[] = {
		{TLB_INSTRUCTION, 1, G1, 64, FULL},
		{TLB_DATA, 1, G1, 64, FULL},
		{TLB_DATA, 2, G1, 64, FULL},
	};
	const struct cpuid leaf = {0xf040f040, 0xf0400000, 0, 0};
	struct tlb_list list = {.count = 0};

	(void)state;
	cpuid_decode_0x80000019(&leaf, &list);
	EXPECT(&list, expected, "CPUID 0x80000019");
}

/* An empty upper half of a second-level register says that the lower half serves both. */
static void amd_unified_second_level(void **state)
{
	static const struct expected expected[] = {{TLB_UNIFIED, 2, K4, 1024, 16}};
	const struct cpuid leaf = {0, 0x00008400, 0, 0};
	struct tlb_list list = {.count = 0};

	(void)state;
	cpuid_decode_0x80000006(&leaf, &list);
	EXPECT(&list, expected, "CPUID 0x80000006");
}

static void amd_associativity_codes(void **state)
{
	static const unsigned ways[16] = {
		0, 1, 2, 3, 4, 6, 8, 0, 16, 0, 32, 48, 64, 96, 128, FULL};

	(void)state;
	for (unsigned code = 0; code < 16; code++) {
		const struct cpuid leaf = {0, code << 28 | 1 << 16 | 0x1001, 0, 0};
		struct tlb_list list = {.count = 0};

		cpuid_decode_0x80000006(&leaf, &list);
		assert_int_equal(list.count, 2);
		assert_int_equal(list.items[0].ways, 1);
		assert_int_equal(list.items[1].ways, ways[code]);
	}
}

/* Hypervisors blank what they do not pass on: that is no TLB of no entries. */
static void zero_registers_say_nothing(void **state)
{
	const struct cpuid leaf = {0, 0, 0, 0};
	struct tlb_list list = {.count = 0};

	(void)state;
	cpuid_decode_0x80000005(&leaf, &list);
	cpuid_decode_0x80000006(&leaf, &list);
	cpuid_decode_0x80000019(&leaf, &list);
	cpuid_decode_0x18(&leaf, &list);
	cpuid_decode_0x2(&leaf, &list);
	assert_int_equal(list.count, 0);
}

static void golden_cove(void **state)
{
	static const struct expected expected[] = {
		{TLB_INSTRUCTION, 1, K4, 256, 8},
		{TLB_INSTRUCTION, 1, M2, 32, 8},
		{TLB_STORE, 1, K4, 16, FULL},
		{TLB_STORE, 1, M2, 16, FULL},
		{TLB_STORE, 1, G1, 16, FULL},
		{TLB_DATA, 1, K4, 96, 6},
		{TLB_DATA, 1, M2, 32, 4},
		{TLB_DATA, 1, G1, 8, FULL},
		{TLB_UNIFIED, 2, K4, 1024, 8},
		{TLB_UNIFIED, 2, M2, 1024, 8},
		{TLB_UNIFIED, 2, K4, 1024, 8},
		{TLB_UNIFIED, 2, G1, 1024, 8},
	};
	static const struct cpuid subleaves[] = {
		{8, 0, 0, 0},
		{0, 0x00080001, 0x20, 0x4022},
		{0, 0x00080006, 0x04, 0x4022},
		{0, 0x0010000f, 0x01, 0x4125},
		{0, 0x00060001, 0x10, 0x4024},
		{0, 0x00040006, 0x08, 0x4024},
		{0, 0x00080008, 0x01, 0x4124},
		{0, 0x00080007, 0x80, 0x4043},
		{0, 0x00080009, 0x80, 0x4043},
	};
	struct tlb_list list = {.count = 0};

	(void)state;
	for (size_t i = 0; i < sizeof(subleaves) / sizeof(subleaves[0]); i++)
		cpuid_decode_0x18(&subleaves[i], &list);
	EXPECT(&list, expected, "CPUID 0x18");
}

static void senseless_subleaves_are_left_out(void **state)
{
	static const struct cpuid subleaves[] = {
		{0, 0x00080001, 0x20, 6},          /* a type to come */
		{0, 0xffff0001, 0xffffffff, 0x21}, /* entries past any TLB */
		{0, 0x00080004, 0x20, 0x21},       /* 4 MiB pages only */
	};
	struct tlb_list list = {.count = 0};

	(void)state;
	for (size_t i = 0; i < sizeof(subleaves) / sizeof(subleaves[0]); i++)
		cpuid_decode_0x18(&subleaves[i], &list);
	assert_int_equal(list.count, 0);
}

static void skylake_descriptors(void **state)
{
	static const struct expected expected[] = {
		{TLB_DATA, 1, K4, 64, 4},
		{TLB_INSTRUCTION, 1, M2, 8, FULL},
		{TLB_DATA, 1, M2, 32, 4},
		{TLB_DATA, 1, G1, 4, 4},
		{TLB_INSTRUCTION, 1, K4, 64, 8},
		{TLB_UNIFIED, 2, K4, 1536, 6},
		{TLB_UNIFIED, 2, M2, 1536, 6},
		{TLB_UNIFIED, 2, G1, 16, 4},
	};
	const struct cpuid leaf = {0x76036301, 0x00f0b5ff, 0, 0x00c30000};
	struct tlb_list list = {.count = 0};
	struct tlb_list sorted = {.count = 0};

	(void)state;
	cpuid_decode_0x2(&leaf, &list);
	assert_int_equal(list.count, sizeof(expected) / sizeof(expected[0]));
	/* The order of descriptors in the registers has no meaning. */
	for (size_t i = 0; i < list.count; i++)
		for (size_t j = 0; j < list.count; j++)
			if (list.items[j].kind == expected[i].kind &&
				list.items[j].level == expected[i].level &&
				list.items[j].page_bytes == expected[i].page)
				tlb_list_add(&sorted, &list.items[j]);
	EXPECT(&sorted, expected, "CPUID 0x2");
}

static void registers_marked_invalid_are_skipped(void **state)
{
	const struct cpuid leaf = {0x80036301, 0x800000b5, 0x80000003, 0x80c30000};
	struct tlb_list list = {.count = 0};

	(void)state;
	cpuid_decode_0x2(&leaf, &list);
	assert_int_equal(list.count, 0);
}

static void a_full_list_drops_the_rest(void **state)
{
	const struct tlb tlb = {.entries = 1};
	struct tlb_list list = {.count = 0};

	(void)state;
	for (unsigned i = 0; i < TLB_LIST_MAX + 3; i++)
		tlb_list_add(&list, &tlb);
	assert_int_equal(list.count, TLB_LIST_MAX);
}

static void hypervisor_signatures(void **state)
{
	static const struct {
		struct cpuid leaf;
		const char *name;
	} cases[] = {
		{{0x40000001, 0x4b4d564b, 0x564b4d56, 0x0000004d}, "KVM"},
		{{0x40000010, 0x61774d56, 0x4d566572, 0x65726177}, "VMware"},
		{{0x4000000b, 0x7263694d, 0x666f736f, 0x76482074}, "Hyper-V"},
		{{0x40000000, 0x41414141, 0x42424242, 0x43434343}, "AAAABBBBCCCC"},
		{{0x40000000, 0, 0, 0}, "unknown hypervisor"},
		{{0x40000000, 0x41414107, 0x42424242, 0x43434343}, "unknown hypervisor"},
	};
	char name[32];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cpuid_decode_hypervisor(&cases[i].leaf, name, sizeof(name));
		assert_string_equal(name, cases[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zen4_first_level),
		cmocka_unit_test(zen4_second_level),
		cmocka_unit_test(zen3_gigabyte_pages),
		cmocka_unit_test(amd_unified_second_level),
		cmocka_unit_test(amd_associativity_codes),
		cmocka_unit_test(zero_registers_say_nothing),
		cmocka_unit_test(golden_cove),
		cmocka_unit_test(senseless_subleaves_are_left_out),
		cmocka_unit_test(skylake_descriptors),
		cmocka_unit_test(registers_marked_invalid_are_skipped),
		cmocka_unit_test(a_full_list_drops_the_rest),
		cmocka_unit_test(hypervisor_signatures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
