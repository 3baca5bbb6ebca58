/* SPDX-License-Identifier: BSD-2-Clause
 * libstdc++'s os_defines.h asks glibc's <features.h> for a version; the TA dev kit's C library has no such header. */
#pragma once
#define __GLIBC_PREREQ(major, minor) 0
