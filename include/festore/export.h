/* SPDX-License-Identifier: BSD-2-Clause
 * What of the shared library can be seen from outside.
 */
#ifndef FESTORE_EXPORT_H
#define FESTORE_EXPORT_H
#define FESTORE_API __attribute__((visibility("default")))
#endif
