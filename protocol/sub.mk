# SPDX-License-Identifier: BSD-2-Clause
srcs-y += store_files.cpp
include cxx.mk
