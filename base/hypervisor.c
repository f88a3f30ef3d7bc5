/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hypervisor.h"
#include "base/file.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *path, *begins, *name;
} signs[] = {
	{"/sys/hypervisor/type", "xen", "Xen"},
	{"/sys/class/dmi/id/sys_vendor", "QEMU", "KVM"},
	{"/sys/class/dmi/id/sys_vendor", "VMware", "VMware"},
	{"/sys/class/dmi/id/sys_vendor", "innotek", "VirtualBox"},
	{"/sys/class/dmi/id/sys_vendor", "Parallels", "Parallels"},
	{"/sys/class/dmi/id/product_name", "Virtual Machine", "Hyper-V"},
	{"/sys/class/dmi/id/product_name", "Google Compute Engine", "KVM"},
	{"/proc/device-tree/hypervisor/compatible", "linux,kvm", "KVM"},
	{"/proc/device-tree/hypervisor/compatible", "xen", "Xen"},
	/* QEMU's and Firecracker's machine that exists nowhere else. */
	{"/proc/device-tree/compatible", "linux,dummy-virt", "KVM"},
};

const char *hypervisor_of_firmware(const char *root)
{
	char line[128];

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (file_read_line(root, signs[i].path, line, sizeof(line)) == 0 &&
			strncmp(line, signs[i].begins, strlen(signs[i].begins)) == 0)
			return signs[i].name;
	return NULL;
}
