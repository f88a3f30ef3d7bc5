/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A topology file, as anyone may hand one over: loaded, asked and printed. */
#include "topology/topology.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* hwloc 2.9 loses objects of files that it refuses; what this project allocates is still
 * checked. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libhwloc\n";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct complaint complaint;
	struct machine machine;
	struct text text;

	if (topology_load_xml(&machine, (const char *)data, size, &complaint) != 0)
		return 0;
	text_init(&text);
	machine_print(&machine, &text);
	if (machine_print_json(&machine, &text) != 0)
		__builtin_trap();
	for (unsigned cpu = 0; cpu < 8; cpu++) {
		(void)machine_cache(
			&machine, machine_last_cache_level(&machine, cpu), cpu);
		(void)machine_line_bytes(&machine, cpu);
		(void)machine_node_of(&machine, cpu);
	}
	(void)machine_tlb_reach(&machine, 2, machine_base_page(&machine));
	(void)machine_free_bytes(&machine, 0);
	text_release(&text);
	topology_release(&machine);
	return 0;
}
