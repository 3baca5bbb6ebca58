# SPDX-License-Identifier: BSD-2-Clause
global-incdirs-y += . ..
subdirs-y += ../base ../protocol ../gp
srcs-y += dispatch.cpp entry_points.cpp identity.cpp listing.cpp object_format.cpp object_id.cpp \
	persistent_objects.cpp session.cpp runtime/cxx_runtime.cpp
include cxx.mk
