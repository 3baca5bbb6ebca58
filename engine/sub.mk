# SPDX-License-Identifier: BSD-2-Clause
srcs-y += allow_list.cpp entry.cpp index_reader.cpp keys.cpp node.cpp page_allocator.cpp pages.cpp recovery.cpp new_epoch.cpp reserved.cpp root_record.cpp \
	sealing.cpp segments.cpp store_claim.cpp table_format.cpp transaction.cpp tree_change.cpp tree_gather.cpp
include cxx.mk
