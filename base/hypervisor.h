/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_HYPERVISOR_H
#define BASE_HYPERVISOR_H

/* The hypervisor by what firmware tells: the maker that it presents (DMI), or the device
 * tree. NULL for none. `root` stands before the paths (base/file.h). */
const char *hypervisor_of_firmware(const char *root);

#endif
