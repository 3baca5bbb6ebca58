# SPDX-License-Identifier: BSD-2-Clause
global-incdirs-y += . ..
subdirs-y += ../base ../protocol ../engine ../gp
srcs-y += dispatch.cpp entry_points.cpp identity.cpp listing.cpp object_format.cpp object_id.cpp page_area.cpp \
	persistent_objects.cpp root_table.cpp session.cpp store_call.cpp store_changes.cpp store_destroy.cpp store_dispatch.cpp \
	store_items.cpp store_open.cpp store_payloads.cpp store_reads.cpp store_survey.cpp workspace.cpp runtime/cxx_runtime.cpp
include cxx.mk
