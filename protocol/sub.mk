# SPDX-License-Identifier: BSD-2-Clause
srcs-y += messages.cpp
include cxx.mk
