/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/explain.h"
#include "counters/counters.h"

#include <errno.h>
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

static void explain_refused(const struct host_facts *facts, struct complaint *complaint)
{
	if (facts->paranoid_known && !facts->perfmon && facts->paranoid > 2) {
		complaint_why(complaint,
			"kernel.perf_event_paranoid is %d: without CAP_PERFMON nothing "
			"may be counted",
			facts->paranoid);
		complaint_advise(complaint, "%s",
			"sudo sysctl kernel.perf_event_paranoid=2, or sudo setcap "
			"cap_perfmon+ep on the program, or run as root");
	} else if (facts->seccomp) {
		complaint_why(complaint, "%s",
			"a seccomp filter is on this process, as container runtimes "
			"set it, and perf_event_open is not let through");
		complaint_advise(complaint, "%s",
			"run outside the container, or with --cap-add PERFMON and a "
			"seccomp profile that allows perf_event_open");
	} else if (facts->paranoid_known && !facts->perfmon && facts->paranoid > 1) {
		complaint_why(complaint,
			"kernel.perf_event_paranoid is %d: without CAP_PERFMON only user "
			"space may be counted, and this event happens in the kernel",
			facts->paranoid);
		complaint_advise(complaint, "%s",
			"sudo sysctl kernel.perf_event_paranoid=1, or sudo setcap "
			"cap_perfmon+ep on the program, or run as root");
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
	} else if (error == EMFILE || error == ENFILE) {
		complaint_why(complaint, "%s",
			error == EMFILE ? "this process has no file descriptor left"
					: "the system has no file descriptor left");
		complaint_advise(complaint, "%s",
			error == EMFILE ? "raise the limit: ulimit -n 4096"
					: "raise fs.file-max with sysctl");
	} else if (error == EBUSY) {
		complaint_why(complaint, "%s", "another user has the PMU for itself");
		complaint_advise(complaint, "%s",
			"end other profilers (perf, likwid, vtune) on this machine");
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

void explain_failure(const struct host_facts *facts, int error, const char *event,
	struct complaint *complaint)
{
	complaint_what(complaint, "event %s cannot be counted", event);
	switch (-error) {
	case ENOENT:
	case ENODEV:
	case EOPNOTSUPP:
		explain_absent(facts, complaint);
		break;
	case EACCES:
	case EPERM:
		explain_refused(facts, complaint);
		break;
	case ENOSPC:
		explain_full(facts, complaint);
		break;
	default:
		explain_system(facts, -error, complaint);
	}
}

void counters_explain(int error, const char *event, struct complaint *complaint)
{
	struct host_facts facts;

	host_facts_read("", &facts);
	explain_failure(&facts, error, event, complaint);
}
