# SPDX-License-Identifier: BSD-2-Clause
srcs-y += name.cpp
include cxx.mk
