# SPDX-License-Identifier: BSD-2-Clause
srcs-y += entry.cpp index_reader.cpp keys.cpp new_epoch.cpp node.cpp page_allocator.cpp pages.cpp records/allow_list.cpp \
	records/recovery.cpp records/root_record.cpp records/store_claim.cpp records/table_format.cpp reserved.cpp sealing.cpp \
	segments.cpp transaction.cpp tree_change.cpp tree_gather.cpp
include cxx.mk
