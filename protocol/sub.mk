# SPDX-License-Identifier: BSD-2-Clause
srcs-y += allow.cpp messages.cpp store_care.cpp store_files.cpp store_messages.cpp store_rebuild.cpp store_reseal.cpp
include cxx.mk
