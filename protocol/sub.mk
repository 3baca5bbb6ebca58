# SPDX-License-Identifier: BSD-2-Clause
srcs-y += messages.cpp store_files.cpp
include cxx.mk
