# SPDX-License-Identifier: BSD-2-Clause
global-incdirs-y += . ..
subdirs-y += ../base ../protocol ../engine ../gp
srcs-y += call.cpp chacha20_poly1305.cpp dispatch.cpp entry_points.cpp identity.cpp objects/allow_list.cpp \
	objects/allowed.cpp objects/commands.cpp objects/listing.cpp objects/object_format.cpp objects/object_id.cpp \
	objects/persistent_objects.cpp rpmb_here.cpp runtime/cxx_runtime.cpp runtime/stack_guard.cpp session.cpp store/changes.cpp \
	store/cipher_choice.cpp store/claims.cpp store/copy_secret.cpp store/destroy.cpp store/index_copy.cpp store/items.cpp \
	store/losses.cpp store/open.cpp store/page_area.cpp store/payloads.cpp store/reads.cpp store/rebuild.cpp store/repair.cpp \
	store/reseal.cpp store/root_table.cpp store/root_table_places.cpp store/scan.cpp store/workspace.cpp
include cxx.mk
cxxflags-runtime/stack_guard.cpp-y += -fno-stack-protector

# ChaCha20-Poly1305, if the kit's mbedTLS has it; otherwise the TA has only AES-256-GCM.
ifneq ($(and $(filter y,$(CFG_TA_MBEDTLS)),$(shell grep -s MBEDTLS_CHACHAPOLY_C $(TA_DEV_KIT_DIR)/include/mbedtls_config_uta.h)),)
cxxflags-y += -DFESTORE_MBEDTLS '-DMBEDTLS_CONFIG_FILE="mbedtls_config_uta.h"'
endif
