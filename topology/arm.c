/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "topology/load.h"

#include <stdio.h>
#include <stdlib.h>

/* MIDR_EL1's numbers, as in Linux's arch/arm64/include/asm/cputype.h. */
static const struct {
	unsigned long implementer, part;
	const char *vendor, *model;
} known[] = {
	{0x41, 0xd03, "Arm", "Cortex-A53"},
	{0x41, 0xd05, "Arm", "Cortex-A55"},
	{0x41, 0xd07, "Arm", "Cortex-A57"},
	{0x41, 0xd08, "Arm", "Cortex-A72"},
	{0x41, 0xd0b, "Arm", "Cortex-A76"},
	{0x41, 0xd0c, "Arm", "Neoverse N1"},
	{0x41, 0xd40, "Arm", "Neoverse V1"},
	{0x41, 0xd49, "Arm", "Neoverse N2"},
	{0x41, 0xd4f, "Arm", "Neoverse V2"},
	{0x41, 0xd83, "Arm", "Neoverse V3AE"},
	{0x41, 0xd84, "Arm", "Neoverse V3"},
	{0x41, 0xd8e, "Arm", "Neoverse N3"},
	{0x43, 0x0af, "Cavium", "ThunderX2"},
	{0x46, 0x001, "Fujitsu", "A64FX"},
	{0x48, 0xd01, "HiSilicon", "Kunpeng 920"},
	{0xc0, 0xac3, "Ampere", "Ampere-1"},
	{0xc0, 0xac4, "Ampere", "Ampere-1A"},
};

void machine_name_arm(struct machine *machine, const char *implementer, const char *part)
{
	if (machine->cpu_model[0] || !implementer || !part)
		return;
	snprintf(machine->cpu_model, sizeof(machine->cpu_model),
		"implementer %.16s part %.16s", implementer, part);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strtoul(implementer, NULL, 16) != known[i].implementer ||
			strtoul(part, NULL, 16) != known[i].part)
			continue;
		machine_copy_text(
			machine->vendor, sizeof(machine->vendor), known[i].vendor);
		machine_copy_text(
			machine->cpu_model, sizeof(machine->cpu_model), known[i].model);
	}
}
