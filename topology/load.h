/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TOPOLOGY_LOAD_H
#define TOPOLOGY_LOAD_H

#include "topology/topology.h"

#include <hwloc.h>

/* The parts of topology_load, one per source of knowledge. All return 0 or -errno. */

/* A topology with the project's filters: every cache, no devices. Destroyed by the
 * caller. */
int topology_open(hwloc_topology_t *topology);

/* The live machine with the topology that it was read from, which the caller destroys;
 * nothing to release or destroy after a failure. */
int topology_load_live(
	struct machine *machine, hwloc_topology_t *topology, struct complaint *complaint);

/* CPUs, CPU kinds, caches, nodes and distances from hwloc's objects. */
int objects_read(struct machine *machine, hwloc_topology_t topology);

/* Names, page sizes, and the facts that topology_export left in the info attributes. */
int facts_read(struct machine *machine, hwloc_topology_t topology);

/* Adds to the topology what machine holds beyond hwloc's attributes, and writes it as
 * XML. */
int export_machine(
	const struct machine *machine, hwloc_topology_t topology, const char *path);

/* What procfs and sysfs under root ("" the live system) say over what is in machine
 * already. */
int live_read(struct machine *machine, const char *root);

/* TLBs and hypervisor from this CPU's own instructions. */
int live_read_cpu(struct machine *machine);

/* Replaces the page sizes, sorted; and the TLBs, sorted. */
int machine_set_page_sizes(
	struct machine *machine, const struct page_size *sizes, size_t count);
int machine_set_tlbs(struct machine *machine, const struct tlb *tlbs, size_t count);

/* Copies what fits of a text from outside: control characters and invalid UTF-8 become
 * "?". */
void machine_copy_text(char *to, size_t size, const char *from);

/* Arm CPUs give two numbers where others give a name: vendor and model by them, where
 * there is none yet. NULL: not known. */
void machine_name_arm(struct machine *machine, const char *implementer, const char *part);

/* The CPUs of a bitmap; those past CPUS_MAX are left out. NULL is the empty set. */
struct cpus cpus_of(hwloc_const_bitmap_t bitmap);

#endif
