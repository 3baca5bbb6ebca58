# SPDX-License-Identifier: BSD-2-Clause
srcs-y += crypto.cpp operation.cpp persistent_object.cpp system.cpp
include cxx.mk
