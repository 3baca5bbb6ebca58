# SPDX-License-Identifier: BSD-2-Clause
# Included by each sub.mk of the TA: the kit keeps flags per folder. Paths are relative to ta/.
# C++20 without the features that a TA cannot have.
cxxflags-y += -std=c++20 -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-asynchronous-unwind-tables
# A unique symbol (of an inline variable) would mark the file as GNU-specific, which OP-TEE's loader does not accept.
cxxflags-y += -fno-gnu-unique
cxxflags-y += -U_FORTIFY_SOURCE -fstack-protector-strong -ffunction-sections -fdata-sections -Wall -Wextra -Werror

# Signed return addresses (PAC) and marked targets of indirect calls (BTI), if the compiler supports them. Both are no-operations
# for processors and builds of OP-TEE without them. The linker marks the whole file, which OP-TEE (CFG_TA_BTI) looks for, only if
# the kit's libraries have BTI, too.
ifndef branch-protection
branch-protection := $(if $(filter ta_arm64,$(sm)),$(shell $(CROSS_COMPILE)g++ -mbranch-protection=standard -x c++ -c /dev/null \
	-o /dev/null 2> /dev/null && echo -mbranch-protection=standard) )
endif
cxxflags-y += $(branch-protection)

# Newer releases of tl::expected assert that a value exists: in a TA a failed assertion panics, without the C library's message.
cxxflags-y += '-DTL_ASSERT(x)=((x) ? void() : __builtin_trap())'

# The kit compiles with -nostdinc. Add the compiler's own include folders again: libstdc++'s headers need a full set of C
# headers, which the kit's C library does not have. Only declarations come from there. The kit's folder, named last, moves from
# the -I group to the end and gives the TEE's headers. tl::expected is header-only.
ifndef cxx-headers
cxx-headers := $(shell $(CROSS_COMPILE)g++ $(sdk-sysroot) -x c++ -E -v /dev/null -o /dev/null 2>&1 \
	| sed -n '/search starts here/,/^End/p' | sed -n 's/^ *\//\//p')
EXPECTED_INCLUDE_DIR ?= /usr/include
expected-dir := $(O)/include
expected-made := $(shell mkdir -p $(expected-dir) && ln -sfn $(EXPECTED_INCLUDE_DIR)/tl $(expected-dir)/tl)
endif
cxxflags-y += $(addprefix -isystem ,$(cxx-headers) $(expected-dir) $(TA_DEV_KIT_DIR)/include)
