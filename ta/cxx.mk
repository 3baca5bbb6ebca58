# SPDX-License-Identifier: BSD-2-Clause
# Included by each sub.mk of the TA: the kit keeps flags per folder. Paths are relative to ta/.
# C++20 without what a TA cannot have.
cxxflags-y += -std=c++20 -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-asynchronous-unwind-tables
# A unique symbol (an inline variable's) would mark the file as GNU's, which OP-TEE's loader does not take.
cxxflags-y += -fno-gnu-unique
cxxflags-y += -U_FORTIFY_SOURCE -fstack-protector-strong -ffunction-sections -fdata-sections -Wall -Wextra -Werror

# Return addresses signed (PAC) and places that an indirect call may reach marked (BTI), where the compiler knows how. Both are
# no-operations to processors and to builds of OP-TEE without them. The kit's libraries must have BTI, too, for the linker to
# mark the whole file, which is what OP-TEE (CFG_TA_BTI) goes by.
ifndef branch-protection
branch-protection := $(if $(filter ta_arm64,$(sm)),$(shell $(CROSS_COMPILE)g++ -mbranch-protection=standard -x c++ -c /dev/null \
	-o /dev/null 2> /dev/null && echo -mbranch-protection=standard) )
endif
cxxflags-y += $(branch-protection)

# Newer releases of tl::expected assert that a value is there: in a TA that is a panic, without the C library's message.
cxxflags-y += '-DTL_ASSERT(x)=((x) ? void() : __builtin_trap())'

# The kit compiles with -nostdinc. Hand the compiler's own include folders back: libstdc++'s headers want a full set of C
# headers, which the kit's C library has not. Only declarations come from there; the kit's folder, named last, drops from
# the -I group to behind them and gives the TEE's headers. tl::expected is header-only.
ifndef cxx-headers
cxx-headers := $(shell $(CROSS_COMPILE)g++ $(sdk-sysroot) -x c++ -E -v /dev/null -o /dev/null 2>&1 \
	| sed -n '/search starts here/,/^End/p' | sed -n 's/^ *\//\//p')
EXPECTED_INCLUDE_DIR ?= /usr/include
expected-dir := $(O)/include
expected-made := $(shell mkdir -p $(expected-dir) && ln -sfn $(EXPECTED_INCLUDE_DIR)/tl $(expected-dir)/tl)
endif
cxxflags-y += $(addprefix -isystem ,$(cxx-headers) $(expected-dir) $(TA_DEV_KIT_DIR)/include)
