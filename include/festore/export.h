/* SPDX-License-Identifier: BSD-2-Clause
 * Marks what the shared library exports.
 */
#ifndef FESTORE_EXPORT_H
#define FESTORE_EXPORT_H
#define FESTORE_API __attribute__((visibility("default")))
#endif
