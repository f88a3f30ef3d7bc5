/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "topology/load.h"
#include "topology/trial.h"

#include "base/file.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Larger than the description of any machine: a guard against the wrong file. */
enum { XML_BYTES_MAX = 64 << 20 };

int topology_open(hwloc_topology_t *topology)
{
	if (hwloc_topology_init(topology) != 0)
		return -ENOMEM;
	hwloc_topology_set_cache_types_filter(*topology, HWLOC_TYPE_FILTER_KEEP_ALL);
	hwloc_topology_set_icache_types_filter(*topology, HWLOC_TYPE_FILTER_KEEP_ALL);
	hwloc_topology_set_io_types_filter(*topology, HWLOC_TYPE_FILTER_KEEP_NONE);
	return 0;
}

void topology_release(struct machine *machine)
{
	free(machine->cpu_kinds);
	free(machine->caches);
	free(machine->nodes);
	free(machine->distances);
	free(machine->page_sizes);
	free(machine->tlbs);
	*machine = (struct machine){0};
}

static int refuse(struct complaint *complaint, const char *what, const char *why)
{
	complaint_what(complaint, "cannot load the topology %s", what);
	complaint_why(complaint, "%s", why);
	complaint_advise(complaint, "write the file with lstopo --of xml, or with "
				    "escalier machine --export FILE on that machine");
	return -EINVAL;
}

/* Fills machine from a topology that hwloc has loaded. */
static int read_machine(struct machine *machine, hwloc_topology_t topology,
	const char *source, struct complaint *complaint)
{
	int error;

	*machine = (struct machine){0};
	machine_copy_text(machine->source, sizeof(machine->source), source);
	error = objects_read(machine, topology);
	if (!error)
		error = facts_read(machine, topology);
	if (error) {
		topology_release(machine);
		complaint_what(complaint, "cannot hold the topology");
		complaint_why(complaint, "%s", strerror(-error));
	}
	return error;
}

/* What the kernel and the CPU say of this machine, over what hwloc found. */
static int add_live_facts(struct machine *machine, struct complaint *complaint)
{
	int error;

	machine->live = true;
	error = live_read(machine, "");
	if (!error)
		error = live_read_cpu(machine);
	if (error) {
		topology_release(machine);
		complaint_what(complaint, "cannot hold the topology");
		complaint_why(complaint, "%s", strerror(-error));
	}
	return error;
}

int topology_load_live(
	struct machine *machine, hwloc_topology_t *topology, struct complaint *complaint)
{
	int error = topology_open(topology);

	*complaint = (struct complaint){0};
	if (!error && hwloc_topology_load(*topology) != 0) {
		error = errno ? -errno : -EIO;
		hwloc_topology_destroy(*topology);
	}
	if (error) {
		complaint_what(complaint, "cannot discover this machine's topology");
		complaint_why(complaint, "hwloc: %s", strerror(-error));
		complaint_advise(complaint, "see whether lstopo works here");
		return error;
	}
	error = read_machine(machine, *topology, "this machine", complaint);
	if (!error && hwloc_topology_is_thissystem(*topology))
		error = add_live_facts(machine, complaint);
	else if (!error) /* HWLOC_XMLFILE and its like put another machine in its place */
		machine_copy_text(
			machine->source, sizeof(machine->source), "hwloc's environment");
	if (error)
		hwloc_topology_destroy(*topology);
	return error;
}

/* Says what is wrong with text that cannot be a topology: hwloc only says EINVAL. */
static const char *flaw_of_xml(const char *xml, size_t length)
{
	const char *start = xml;

	if (strlen(xml) != length)
		return "it holds a zero byte: not a text file";
	if (strncmp(start, "\xef\xbb\xbf", 3) == 0)
		start += 3;
	while (isspace((unsigned char)*start))
		start++;
	if (!*start)
		return "it is empty";
	if (*start != '<')
		return "it is not XML: it does not begin with \"<\"";
	if (!strstr(start, "<topology") && !strstr(start, "<root"))
		return "it has no <topology> element: not an hwloc file";
	if (!strstr(start, "</topology>") && !strstr(start, "</root>"))
		return "it is cut short: </topology> is missing";
	return NULL;
}

struct xml {
	const char *bytes; /* terminated by a zero at bytes[length] */
	size_t length;
};

/* Loads and forgets, to see what hwloc makes of it. */
static void try_xml(const void *argument)
{
	const struct xml *xml = argument;
	hwloc_topology_t topology;

	if (topology_open(&topology) != 0)
		return;
	if (hwloc_topology_set_xmlbuffer(topology, xml->bytes, (int)xml->length + 1) == 0)
		(void)hwloc_topology_load(topology);
	hwloc_topology_destroy(topology);
}

static int load_xml(struct machine *machine, struct xml xml, const char *source,
	struct complaint *complaint)
{
	const char *flaw = xml.length > XML_BYTES_MAX
				   ? "it is longer than 64 MiB"
				   : flaw_of_xml(xml.bytes, xml.length);
	hwloc_topology_t topology;
	int error;

	if (flaw)
		return refuse(complaint, source, flaw);
	error = trial_run(try_xml, &xml);
	if (error == -EFAULT)
		return refuse(complaint, source, "its XML is damaged: hwloc fails on it");
	if (!error)
		error = topology_open(&topology);
	if (error) {
		complaint_what(complaint, "cannot load the topology %s", source);
		complaint_why(complaint, "%s", strerror(-error));
		return error;
	}
	if (hwloc_topology_set_xmlbuffer(topology, xml.bytes, (int)xml.length + 1) != 0 ||
		hwloc_topology_load(topology) != 0)
		error = refuse(complaint, source, "hwloc cannot make sense of its XML");
	else
		error = read_machine(machine, topology, source, complaint);
	hwloc_topology_destroy(topology);
	return error;
}

int topology_load_xml(struct machine *machine, const char *xml, size_t length,
	struct complaint *complaint)
{
	struct text text;
	int error;

	/* hwloc reads up to a zero that the caller's bytes need not have. */
	text_init(&text);
	text_append_bytes(&text, xml, length);
	error = text.error;
	if (error) {
		complaint_what(complaint, "cannot load the topology");
		complaint_why(complaint, "%s", strerror(-error));
	} else {
		error = load_xml(machine, (struct xml){text.bytes, text.length},
			"XML text", complaint);
	}
	text_release(&text);
	return error;
}

static int load_file(struct machine *machine, const char *path, const struct stat *status,
	struct complaint *complaint)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	struct text text;
	int error = 0;

	text_init(&text);
	/* A pipe is welcome: --topology <(ssh host lstopo --of xml). */
	if (S_ISFIFO(status->st_mode))
		name = "a pipe";
	if (S_ISDIR(status->st_mode))
		error = -EISDIR;
	else if (!S_ISREG(status->st_mode) && !S_ISFIFO(status->st_mode))
		error = -EINVAL;
	else if (status->st_size > XML_BYTES_MAX)
		error = -EFBIG;
	if (!error)
		error = file_read_all(path, &text);
	if (error) {
		complaint_what(complaint, "cannot read the topology file %s", path);
		complaint_why(complaint, "%s", strerror(-error));
		complaint_advise(complaint, "give a file as lstopo --of xml writes it");
	} else {
		error = load_xml(
			machine, (struct xml){text.bytes, text.length}, name, complaint);
	}
	text_release(&text);
	return error;
}

/*
 * The number of processors that a synthetic description stands for: the product of its
 * counts
 * ("core:8", or "8" alone). hwloc builds whatever it is told, a million objects included.
 */
static double count_synthetic(const char *description)
{
	double product = 1;
	int depth = 0;

	for (const char *at = description; *at; at++) {
		bool starts = at == description || at[-1] == ':' ||
			      isspace((unsigned char)at[-1]);
		char *end;
		double count;

		depth += (*at == '(' || *at == '[') - (*at == ')' || *at == ']');
		if (depth != 0 || !starts || !isdigit((unsigned char)*at))
			continue;
		count = (double)strtoull(at, &end, 10);
		product *= count;
		at = end - 1;
	}
	return product;
}

static int load_synthetic(
	struct machine *machine, const char *description, struct complaint *complaint)
{
	hwloc_topology_t topology;
	int error;

	if (count_synthetic(description) > CPUS_MAX) {
		complaint_what(complaint, "cannot load the topology \"%s\"", description);
		complaint_why(complaint, "it describes more than %d CPUs", CPUS_MAX);
		complaint_advise(complaint, "describe a smaller machine");
		return -EINVAL;
	}
	error = topology_open(&topology);
	if (error) {
		complaint_what(complaint, "cannot load the topology \"%s\"", description);
		complaint_why(complaint, "%s", strerror(-error));
		return error;
	}
	if (hwloc_topology_set_synthetic(topology, description) != 0 ||
		hwloc_topology_load(topology) != 0) {
		complaint_what(complaint, "cannot load the topology \"%s\"", description);
		complaint_why(complaint,
			"there is no such file, and hwloc does not take it "
			"as a synthetic description");
		complaint_advise(complaint,
			"an XML file, or a description like \"pack:2 [numa] "
			"l3:1(size=32MiB) core:8 l2:1 l1d:1 pu:2\"");
		error = -EINVAL;
	} else {
		error = read_machine(machine, topology, description, complaint);
	}
	hwloc_topology_destroy(topology);
	return error;
}

int topology_load(
	struct machine *machine, const char *description, struct complaint *complaint)
{
	hwloc_topology_t topology;
	struct stat status;
	size_t length;
	int error;

	*complaint = (struct complaint){0};
	if (!description) {
		error = topology_load_live(machine, &topology, complaint);
		if (!error)
			hwloc_topology_destroy(topology);
		return error;
	}
	if (description[strspn(description, " \t\n")] == '\0') {
		complaint_what(complaint, "the topology description is empty");
		complaint_advise(complaint,
			"give an XML file, or a description like \"core:4 l1d:1 pu:2\"");
		return -EINVAL;
	}
	if (stat(description, &status) == 0)
		return load_file(machine, description, &status, complaint);
	error = -errno;
	length = strlen(description);
	/* Too long for a path or not found is no failure for a text that is not one. */
	if ((error == -ENOENT || error == -ENAMETOOLONG) && !strchr(description, '/') &&
		(length < 4 || strcmp(description + length - 4, ".xml") != 0))
		return load_synthetic(machine, description, complaint);
	complaint_what(complaint, "cannot read the topology file %s", description);
	complaint_why(complaint, "%s", strerror(-error));
	complaint_advise(
		complaint, "check the path, or write the file with lstopo --of xml");
	return error;
}
