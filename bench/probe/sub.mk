# SPDX-License-Identifier: BSD-2-Clause
global-incdirs-y += .
srcs-y += probe.c storage.c sealing.c
cflags-y += -Wall -Wextra -Werror
# As in ta/sub.mk: only for kits whose mbedTLS has ChaCha20-Poly1305.
ifneq ($(and $(filter y,$(CFG_TA_MBEDTLS)),$(shell grep -s MBEDTLS_CHACHAPOLY_C $(TA_DEV_KIT_DIR)/include/mbedtls_config_uta.h)),)
cflags-y += -DPROBE_MBEDTLS '-DMBEDTLS_CONFIG_FILE="mbedtls_config_uta.h"'
endif
