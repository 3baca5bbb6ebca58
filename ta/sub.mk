# SPDX-License-Identifier: BSD-2-Clause
global-incdirs-y += . ..
subdirs-y += ../base ../protocol ../engine ../gp
srcs-y += allow_list.cpp allowed.cpp call.cpp chacha20_poly1305.cpp cipher_choice.cpp copy_secret.cpp dispatch.cpp entry_points.cpp identity.cpp index_copy.cpp listing.cpp object_commands.cpp object_format.cpp \
	object_id.cpp page_area.cpp persistent_objects.cpp root_table.cpp root_table_places.cpp rpmb_here.cpp session.cpp store_changes.cpp store_claims.cpp \
	store_destroy.cpp store_items.cpp store_open.cpp store_payloads.cpp store_reads.cpp store_rebuild.cpp store_losses.cpp store_repair.cpp \
	store_reseal.cpp store_scan.cpp workspace.cpp runtime/cxx_runtime.cpp runtime/stack_guard.cpp
include cxx.mk
cxxflags-runtime/stack_guard.cpp-y += -fno-stack-protector

# ChaCha20-Poly1305, if the kit's mbedTLS has it; otherwise the TA has only AES-256-GCM.
ifneq ($(and $(filter y,$(CFG_TA_MBEDTLS)),$(shell grep -s MBEDTLS_CHACHAPOLY_C $(TA_DEV_KIT_DIR)/include/mbedtls_config_uta.h)),)
cxxflags-y += -DFESTORE_MBEDTLS '-DMBEDTLS_CONFIG_FILE="mbedtls_config_uta.h"'
endif
