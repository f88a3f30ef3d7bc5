/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CPUs by what they say of themselves in /proc/cpuinfo. */
#include "counters/arch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *x86(const char *vendor, unsigned family, unsigned model)
{
	static char text[512];

	(void)snprintf(text, sizeof(text),
		"processor\t: 0\nvendor_id\t: %s\ncpu family\t: %u\nmodel\t\t: %u\n"
		"model name\t: A 7 GHz CPU\nstepping\t: 1\n\n"
		"processor\t: 1\nvendor_id\t: %s\ncpu family\t: %u\nmodel\t\t: %u\n\n",
		vendor, family, model, vendor, family, model);
	return arch_of_cpuinfo(text, -1);
}

static const char *arm(const char *implementer, const char *part)
{
	static char text[512];

	(void)snprintf(text, sizeof(text),
		"processor\t: 0\nBogoMIPS\t: 50.00\nCPU implementer\t: %s\n"
		"CPU architecture: 8\nCPU variant\t: 0x3\nCPU part\t: %s\n"
		"CPU revision\t: 1\n\n",
		implementer, part);
	return arch_of_cpuinfo(text, -1);
}

static void test_x86(void **state)
{
	static const struct {
		const char *vendor;
		unsigned family, model;
		const char *folder;
	} cpus[] = {
		{"AuthenticAMD", 0x17, 0x31, "zen2"}, /* Rome */
		{"AuthenticAMD", 0x17, 0x71, "zen2"}, /* Matisse */
		{"AuthenticAMD", 0x19, 0x01, "zen3"}, /* Milan */
		{"AuthenticAMD", 0x19, 0x21, "zen3"}, /* Vermeer */
		{"AuthenticAMD", 0x19, 0x50, "zen3"}, /* Cezanne */
		{"AuthenticAMD", 0x19, 0x11, "zen4"}, /* Genoa */
		{"AuthenticAMD", 0x19, 0x61, "zen4"}, /* Raphael */
		{"AuthenticAMD", 0x19, 0xa0, "zen4"}, /* Bergamo */
		{"AuthenticAMD", 0x1a, 0x02, "zen5"}, /* Turin */
		{"AuthenticAMD", 0x1a, 0x44, "zen5"}, /* Granite Ridge */
		{"GenuineIntel", 6, 0x55, "skx"}, {"GenuineIntel", 6, 0x6a, "icx"},
		{"GenuineIntel", 6, 0x8f, "spr"},
		{"GenuineIntel", 6, 0xcf, "gnr"}, /* Emerald Rapids */
		{"GenuineIntel", 6, 0xad, "gnr"}, {"GenuineIntel", 6, 0x97, "adl_glc"},
		{"GenuineIntel", 6, 0xb7, "adl_glc"}, /* Raptor Lake: the same cores */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cpus) / sizeof(cpus[0]); i++) {
		const char *folder = x86(cpus[i].vendor, cpus[i].family, cpus[i].model);

		if (!folder || strcmp(folder, cpus[i].folder) != 0)
			fail_msg("%s 0x%x 0x%x is taken for %s", cpus[i].vendor,
				cpus[i].family, cpus[i].model, folder ? folder : "none");
	}
	/* Zen 1, Zen 6, another maker of family 0x19, an unknown model. */
	assert_null(x86("AuthenticAMD", 0x17, 0x01));
	assert_null(x86("AuthenticAMD", 0x1a, 0x50));
	assert_null(x86("HygonGenuine", 0x19, 0x01));
	assert_null(x86("GenuineIntel", 6, 0x01));
}

static void test_arm(void **state)
{
	(void)state;
	assert_string_equal(arm("0x41", "0xd0c"), "arm_n1");
	assert_string_equal(arm("0x41", "0xd40"), "arm_v1");
	assert_string_equal(arm("0x41", "0xd4f"), "arm_v2");
	assert_string_equal(arm("0x41", "0xd08"), "arm_ac72");
	assert_null(arm("0x41", "0xd03"));
	assert_null(arm("0xc0", "0xd0c"));
}

/* Heterogeneous Arm: each processor has its own part. */
static void test_processors(void **state)
{
	static const char text[] =
		"processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd03\n\n"
		"processor\t: 4\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n";

	(void)state;
	assert_null(arch_of_cpuinfo(text, -1));
	assert_null(arch_of_cpuinfo(text, 0));
	assert_string_equal(arch_of_cpuinfo(text, 4), "arm_ac72");
	assert_null(arch_of_cpuinfo(text, 5));
	assert_null(arch_of_cpuinfo("", -1));
	assert_null(arch_of_cpuinfo("\n\n\n", 3));
	assert_null(arch_of_cpuinfo("vendor_id : AuthenticAMD", -1));
}

static void test_hybrid(void **state)
{
	(void)state;
	assert_string_equal(arch_of_small_cores("adl_glc"), "adl_grt");
	assert_null(arch_of_small_cores("spr"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_x86),
		cmocka_unit_test(test_arm),
		cmocka_unit_test(test_processors),
		cmocka_unit_test(test_hybrid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
