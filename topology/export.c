/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "topology/load.h"

#include "base/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Adds an info attribute; remembers the first failure in *error. */
__attribute__((format(printf, 4, 5))) static void add_info(
	int *error, hwloc_obj_t object, const char *name, const char *format, ...)
{
	char value[sizeof(struct cpus) * 3];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(value, sizeof(value), format, arguments);
	va_end(arguments);
	if (!*error && hwloc_obj_add_info(object, name, value) != 0)
		*error = -ENOMEM;
}

static void add_lists(const struct machine *machine, hwloc_obj_t root, int *error)
{
	for (size_t i = 0; i < machine->page_sizes_count; i++) {
		const struct page_size *size = &machine->page_sizes[i];

		add_info(error, root, "EscalierPages",
			"size=%" PRIu64 " reserved=%" PRIu64 " free=%" PRIu64,
			size->bytes, size->pool_pages, size->free_pages);
	}
	for (size_t i = 0; i < machine->tlbs_count; i++) {
		const struct tlb *tlb = &machine->tlbs[i];
		char ways[16];

		(void)snprintf(ways, sizeof(ways), "%u", tlb->ways);
		add_info(error, root, "EscalierTLB",
			"level=%u kind=%s page=%" PRIu64 " entries=%u ways=%s source=%s",
			tlb->level, tlb_kind_name(tlb->kind), tlb->page_bytes,
			tlb->entries, tlb->ways == FULLY_ASSOCIATIVE ? "full" : ways,
			tlb->source);
	}
}

static bool has_info(hwloc_topology_t topology, const char *name)
{
	hwloc_obj_t package = hwloc_get_obj_by_type(topology, HWLOC_OBJ_PACKAGE, 0);

	return (package && hwloc_obj_get_info_by_name(package, name)) ||
	       hwloc_obj_get_info_by_name(hwloc_get_root_obj(topology), name);
}

/* The facts that hwloc's own attributes do not hold. */
static int add_facts(const struct machine *machine, hwloc_topology_t topology)
{
	hwloc_obj_t root = hwloc_get_root_obj(topology), object = NULL;
	int error = 0;

	add_info(&error, root, "EscalierMemoryBytes", "%" PRIu64, machine->memory_bytes);
	if (machine->cpu_model[0] && !has_info(topology, "CPUModel")) {
		add_info(&error, root, "CPUModel", "%s", machine->cpu_model);
		if (machine->vendor[0])
			add_info(&error, root, "CPUVendor", "%s", machine->vendor);
	}
	if (machine->hypervisor[0])
		add_info(&error, root, "EscalierHypervisor", "%s", machine->hypervisor);
	if (machine->thp_enabled[0])
		add_info(&error, root, "EscalierTHPEnabled", "%s", machine->thp_enabled);
	if (machine->thp_defrag[0])
		add_info(&error, root, "EscalierTHPDefrag", "%s", machine->thp_defrag);
	add_info(&error, root, "EscalierTHPBytes", "%" PRIu64, machine->thp_bytes);
	add_lists(machine, root, &error);
	while ((object = hwloc_get_next_obj_by_type(
			topology, HWLOC_OBJ_NUMANODE, object))) {
		for (size_t i = 0; i < machine->nodes_count; i++) {
			const struct node *node = &machine->nodes[i];
			char list[sizeof(struct cpus) * 2];

			if (node->index != object->os_index)
				continue;
			cpus_format(list, sizeof(list), &node->cpus);
			add_info(&error, object, "EscalierNodeCPUs", "%s",
				cpus_count(&node->cpus) ? list : "none");
		}
	}
	return error;
}

int export_machine(
	const struct machine *machine, hwloc_topology_t topology, const char *path)
{
	struct text text;
	char *xml;
	int length, error;

	error = add_facts(machine, topology);
	if (error)
		return error;
	errno = 0;
	if (hwloc_topology_export_xmlbuffer(topology, &xml, &length, 0) != 0)
		return errno ? -errno : -ENOMEM;
	text_init(&text);
	text_append(&text, xml);
	hwloc_free_xmlbuffer(topology, xml);
	error = text.error ? text.error : file_write_all(path, &text);
	text_release(&text);
	return error;
}

int topology_export(const char *path, struct complaint *complaint)
{
	hwloc_topology_t topology;
	struct machine machine;
	int error = topology_load_live(&machine, &topology, complaint);

	if (error)
		return error;
	if (!machine.live) {
		complaint_what(complaint, "cannot export this machine");
		complaint_why(
			complaint, "hwloc's environment puts another one in its place");
		complaint_advise(
			complaint, "unset HWLOC_XMLFILE, HWLOC_SYNTHETIC, HWLOC_FSROOT");
		error = -EINVAL;
	} else {
		error = export_machine(&machine, topology, path);
		if (error) {
			complaint_what(
				complaint, "cannot write the topology to %s", path);
			complaint_why(complaint, "%s", strerror(-error));
		}
	}
	topology_release(&machine);
	hwloc_topology_destroy(topology);
	return error;
}
