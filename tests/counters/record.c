/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/counters/record.h"

#include "base/file.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

void record_put(const char *root, const char *path, const char *bytes)
{
	struct text text;
	char whole[256];
	char *slash;

	(void)snprintf(whole, sizeof(whole), "%s%s", root, path);
	slash = strrchr(whole, '/');
	*slash = '\0';
	assert_int_equal(file_make_folders(whole), 0);
	*slash = '/';
	text_init(&text);
	text_append(&text, bytes);
	assert_int_equal(file_write_all(whole, &text), 0);
	text_release(&text);
}

static int remove_one(
	const char *path, const struct stat *about, int kind, struct FTW *where)
{
	(void)about;
	(void)kind;
	(void)where;
	return remove(path);
}

void record_remove(const char *root)
{
	assert_int_equal(nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

void record_pmu(const char *root, const char *name, unsigned type, const char *file,
	const char *cpus)
{
	char path[160];
	char line[32];

	(void)snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/type", name);
	(void)snprintf(line, sizeof(line), "%u\n", type);
	record_put(root, path, line);
	if (!file)
		return;
	(void)snprintf(
		path, sizeof(path), "/sys/bus/event_source/devices/%s/%s", name, file);
	record_put(root, path, cpus);
}

void record_term(const char *root, const char *pmu, const char *term, const char *text)
{
	char path[160];

	(void)snprintf(
		path, sizeof(path), "/sys/bus/event_source/devices/%s/%s", pmu, term);
	record_put(root, path, text);
}

static void record_core_formats(const char *root, const char *pmu)
{
	record_term(root, pmu, "format/event", "config:0-7\n");
	record_term(root, pmu, "format/umask", "config:8-15\n");
	record_term(root, pmu, "format/cmask", "config:24-31\n");
}

void record_alder_lake(const char *root)
{
	record_put(root, "/sys/devices/system/cpu/online", "0-7\n");
	record_pmu(root, "cpu_core", 4, "cpus", "0-3\n");
	record_pmu(root, "cpu_atom", 10, "cpus", "4-7\n");
	record_pmu(root, "software", 1, NULL, NULL);
	record_pmu(root, "msr", 12, NULL, NULL);
	record_core_formats(root, "cpu_core");
	record_core_formats(root, "cpu_atom");
	record_term(root, "cpu_core", "events/mem-loads", "event=0xcd,umask=0x1\n");
	record_term(root, "cpu_atom", "events/mem-loads", "event=0xd0,umask=0x5\n");
}

void record_epyc(const char *root)
{
	record_put(root, "/sys/devices/system/cpu/online", "0-31\n");
	record_pmu(root, "cpu", 4, NULL, NULL);
	record_core_formats(root, "cpu");
	record_pmu(root, "amd_l3", 11, "cpumask", "0,8,16,24\n");
	record_term(root, "amd_l3", "format/event", "config:0-7\n");
	record_term(root, "amd_l3", "format/umask", "config:8-15\n");
	record_term(root, "amd_l3", "format/coreid", "config:42-44\n");
	record_term(root, "amd_l3", "format/enallslices", "config:46\n");
	record_term(root, "amd_l3", "format/enallcores", "config:47\n");
	record_term(root, "amd_l3", "format/threadmask", "config:56-57\n");
	record_pmu(root, "amd_df", 12, "cpumask", "0,16\n");
	record_term(root, "amd_df", "format/event", "config:0-7,32-35,59-60\n");
	record_term(root, "amd_df", "format/umask", "config:8-15\n");
}

void record_sapphire_rapids(const char *root)
{
	char name[32];

	record_put(root, "/sys/devices/system/cpu/online", "0-111\n");
	record_pmu(root, "cpu", 4, NULL, NULL);
	record_core_formats(root, "cpu");
	for (unsigned i = 0; i < 12; i++) {
		(void)snprintf(name, sizeof(name), "uncore_cha_%u", i);
		record_pmu(root, name, 30 + i, "cpumask", "0,56\n");
		record_core_formats(root, name);
		record_term(root, name, "format/umask_ext", "config:32-57\n");
	}
	for (unsigned i = 0; i < 8; i++) {
		(void)snprintf(name, sizeof(name), "uncore_imc_%u", i);
		record_pmu(root, name, 60 + i, "cpumask", "0,56\n");
		record_core_formats(root, name);
		record_term(
			root, name, "events/cas_count_read", "event=0x05,umask=0xcf\n");
		record_term(
			root, name, "events/cas_count_read.scale", "6.103515625e-5\n");
	}
	record_pmu(root, "uncore_imc_free_running_0", 80, "cpumask", "0,56\n");
}

void record_neoverse(const char *root)
{
	record_put(root, "/sys/devices/system/cpu/online", "0-79\n");
	record_pmu(root, "armv8_pmuv3_0", 8, "cpus", "0-79\n");
	record_term(root, "armv8_pmuv3_0", "format/event", "config:0-15\n");
	record_term(root, "armv8_pmuv3_0", "format/long", "config1:0\n");
	record_term(root, "armv8_pmuv3_0", "format/rdpmc", "config1:1\n");
	record_pmu(root, "arm_cmn_0", 9, "cpumask", "0\n");
	record_term(root, "arm_cmn_0", "format/type", "config:0-15\n");
	record_term(root, "arm_cmn_0", "format/eventid", "config:16-26\n");
	record_term(root, "arm_cmn_0", "events/hnf_cache_miss", "type=0x5,eventid=0x1\n");
	record_pmu(root, "arm_spe_0", 13, "cpumask", "0-79\n");
}
