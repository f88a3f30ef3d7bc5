/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/explain.h"
#include "counters/counters.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static void explain_absent(const struct host_facts *facts, struct complaint *complaint)
{
	if (facts->core_pmu) {
		complaint_why(complaint, "%s",
			"the kernel's driver for this CPU's PMU does not offer it");
		complaint_advise(complaint, "%s",
			"`perf list` shows what it offers; a raw code such as r0f45 "
			"needs no name");
	} else if (facts->hypervisor) {
		complaint_why(complaint, "%s",
			"the kernel has no hardware PMU: this virtual machine was "
			"given none");
		complaint_advise(complaint, "%s",
			"give the guest a virtual PMU (QEMU: -cpu host,pmu=on; libvirt: "
			"<pmu state='on'/>; cloud: a bare-metal instance), or run on "
			"the host");
	} else {
		complaint_why(complaint, "%s",
			"the kernel has no hardware PMU for this CPU: no cpu or armv* "
			"under /sys/bus/event_source/devices");
		complaint_advise(complaint, "%s",
			"`dmesg | grep -i pmu` says why; firmware may have it off");
	}
}

/* The highest perf_event_paranoid that lets it through without CAP_PERFMON
 * (Documentation/admin-guide/sysctl/kernel.rst). */
static int paranoid_needed(const struct counter_failure *failure)
{
	if (failure->scope == COUNTER_SCOPE_SYSTEM)
		return 0;
	return failure->filter.kernel || failure->filter.hypervisor ? 1 : 2;
}

static void explain_paranoid(
	const struct host_facts *facts, int needed, struct complaint *complaint)
{
	static const char *const allowed[] = {
		"nothing system-wide may be counted, and this event is",
		"only user space may be counted, and this event happens in the kernel",
		"nothing may be counted",
	};

	complaint_why(complaint,
		"kernel.perf_event_paranoid is %d: without CAP_PERFMON %s",
		facts->paranoid, facts->paranoid > 2 ? allowed[2] : allowed[needed]);
	complaint_advise(complaint,
		"sudo sysctl kernel.perf_event_paranoid=%d, or sudo setcap "
		"cap_perfmon+ep on the program, or run as root",
		needed);
}

static void explain_refused(const struct host_facts *facts,
	const struct counter_failure *failure, struct complaint *complaint)
{
	const int needed = paranoid_needed(failure);
	const bool paranoid =
		facts->paranoid_known && !facts->perfmon && facts->paranoid > needed;

	/* A filter answers EPERM as a rule, the sysctl always EACCES. */
	if (paranoid &&
		(facts->paranoid > 2 || failure->error == -EACCES || !facts->seccomp)) {
		explain_paranoid(facts, needed, complaint);
	} else if (facts->seccomp) {
		complaint_why(complaint,
			"a seccomp filter is on this process, as %s, and perf_event_open "
			"is not let through",
			facts->container ? "this container's runtime set it"
					 : "container runtimes set it");
		complaint_advise(complaint, "%s",
			"run outside the container, or with --cap-add PERFMON and a "
			"seccomp profile that allows perf_event_open");
	} else if (facts->container && !facts->perfmon) {
		complaint_why(complaint, "%s",
			"this is a container that was not given CAP_PERFMON");
		complaint_advise(complaint, "%s",
			"run outside the container, or with --cap-add PERFMON");
	} else if (failure->thread > 0) {
		complaint_why(complaint,
			"process %d may not be looked into by this one: it is another "
			"user's, or has more rights",
			(int)failure->thread);
		complaint_advise(complaint, "%s",
			"run as its user or as root, or let Escalier start it");
	} else {
		complaint_why(complaint, "%s",
			"neither kernel.perf_event_paranoid nor a seccomp filter forbids "
			"it: a security module (SELinux, lockdown) may");
		complaint_advise(complaint, "%s",
			"see `dmesg` and the audit log; run as root to compare");
	}
}

static void explain_full(const struct host_facts *facts, struct complaint *complaint)
{
	complaint_why(complaint,
		"it opens alone but not beside the group's other events: the PMU has no "
		"counter left for it%s",
		facts->watchdog ? " (the NMI watchdog holds one)" : "");
	complaint_advise(complaint, "%s",
		facts->watchdog
			? "sudo sysctl kernel.nmi_watchdog=0 frees a counter; or split "
			  "the group"
			: "split the group into smaller ones");
}

static void explain_system(
	const struct host_facts *facts, int error, struct complaint *complaint)
{
	if (error == ENOSYS) {
		complaint_why(complaint, "perf_event_open is not there: %s",
			facts->seccomp ? "a seccomp filter answers so"
				       : "the kernel has no CONFIG_PERF_EVENTS");
		complaint_advise(complaint, "%s",
			facts->seccomp ? "run outside the container"
				       : "boot a kernel that has it");
	} else if (error == EMFILE) {
		complaint_why(complaint, "this process has no file descriptor left: %s",
			"each event takes one, and one more on each CPU where all that "
			"runs is counted");
		complaint_advise(complaint,
			"raise the limit (it is %" PRIu64 "): ulimit -n 65536",
			facts->descriptors);
	} else if (error == ENFILE) {
		complaint_why(complaint, "%s", "the system has no file descriptor left");
		complaint_advise(complaint, "%s", "raise fs.file-max with sysctl");
	} else if (error == EBUSY) {
		complaint_why(complaint, "%s", "another user has the PMU for itself");
		complaint_advise(complaint, "%s",
			"end other profilers (perf, likwid, vtune) on this machine");
	} else if (error == ESRCH) {
		complaint_why(complaint, "%s", "there is no such process (any more)");
		complaint_advise(complaint, "%s", "look it up again: pgrep -a NAME");
	} else if (error == EINVAL) {
		complaint_why(complaint, "%s",
			"the kernel takes the event's code for none of this PMU's");
		complaint_advise(complaint, "%s",
			"compare with `perf stat -e`; a group made for another CPU may "
			"have been given");
	} else {
		complaint_why(complaint, "%s", strerror(error));
		complaint_advise(complaint, "%s", "");
	}
}

void explain_failure(const struct host_facts *facts,
	const struct counter_failure *failure, struct complaint *complaint)
{
	complaint_what(complaint, "event %s cannot be counted", failure->event);
	switch (-failure->error) {
	case ENOENT:
	case ENODEV:
	case EOPNOTSUPP:
		explain_absent(facts, complaint);
		break;
	case EACCES:
	case EPERM:
		explain_refused(facts, failure, complaint);
		break;
	case ENOSPC:
		explain_full(facts, complaint);
		break;
	default:
		explain_system(facts, -failure->error, complaint);
	}
}

void explain_page(const struct host_facts *facts, int error, struct complaint *complaint)
{
	complaint_what(complaint, "an event's page cannot be mapped");
	if (error == -EPERM) {
		complaint_why(complaint,
			"the pages of events are locked memory, and "
			"kernel.perf_event_mlock_kb (%" PRIu64
			") and ulimit -l are used up",
			facts->locked_kib);
		complaint_advise(complaint, "%s",
			"sudo sysctl kernel.perf_event_mlock_kb=4096, or raise ulimit -l");
	} else {
		complaint_why(complaint, "%s", strerror(-error));
		complaint_advise(complaint, "%s", "");
	}
}

bool explain_user_access(const struct host_facts *facts, struct complaint *complaint)
{
	if (!facts->user_access_off)
		return false;
	complaint_what(complaint, "no counter can be read in user space");
	complaint_why(complaint, "kernel.perf_user_access is 0");
	complaint_advise(complaint, "sudo sysctl kernel.perf_user_access=1");
	return true;
}

void counters_explain_failure(
	const struct counter_failure *failure, struct complaint *complaint)
{
	struct host_facts facts;

	host_facts_read("", &facts);
	explain_failure(&facts, failure, complaint);
}

void counters_explain(int error, const char *event, struct complaint *complaint)
{
	const struct counter_failure failure = {.error = error, .event = event};

	counters_explain_failure(&failure, complaint);
}
