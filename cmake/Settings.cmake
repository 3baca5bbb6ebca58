# SPDX-License-Identifier: BSD-2-Clause
# Language, warnings and instrumentation, as targets that every part links.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()
find_program(FESTORE_CCACHE ccache)
if(FESTORE_CCACHE)
  # Paths relative to the source folder let another clone use what this one has compiled.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${FESTORE_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

add_library(festore_settings INTERFACE)
target_include_directories(festore_settings INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include)
# On 32-bit machines: files beyond 2 GiB, folders of file systems with 64-bit inode numbers, and times after 2038.
if(CMAKE_SIZEOF_VOID_P EQUAL 4)
  target_compile_definitions(festore_settings INTERFACE _FILE_OFFSET_BITS=64 _TIME_BITS=64)
endif()
target_compile_options(festore_settings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
  -Wimplicit-fallthrough $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor> -fstack-protector-strong)
# gcc 12 sees overlapping copies in std::string's operator+ at -O3 (gcc bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(festore_settings INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict>)
endif()
if(NOT FESTORE_SANITIZE)  # their instrumentation makes gcc 12 give false warnings
  target_compile_options(festore_settings INTERFACE -Werror)
endif()
if(FESTORE_SANITIZE)
  # Without the check that needs run-time type information: the code of both worlds is compiled without it.
  target_compile_options(festore_settings INTERFACE -fsanitize=${FESTORE_SANITIZE} -fno-sanitize=vptr -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(festore_settings INTERFACE -fsanitize=${FESTORE_SANITIZE})
endif()
# Hardening that makes faults harder to exploit: tests/rules checks it in the built files. Sanitizers have their own checks.
include(CheckPIESupported)
check_pie_supported(LANGUAGES C CXX)
target_link_options(festore_settings INTERFACE LINKER:-z,relro,-z,now)
set(fortify_level 2)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 12)
  set(fortify_level 3)
endif()
if(NOT FESTORE_SANITIZE AND NOT FESTORE_FUZZ)  # _FORTIFY_SOURCE needs optimisation, too
  target_compile_options(festore_settings INTERFACE
    "$<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=${fortify_level}>")
endif()
# Test what the compiler supports: an SDK's environment sets a compiler but no processor, and CMake then assumes this machine's.
include(CheckCXXCompilerFlag)
check_cxx_compiler_flag(-fcf-protection FESTORE_HAS_CF_PROTECTION)
check_cxx_compiler_flag(-mbranch-protection=standard FESTORE_HAS_BRANCH_PROTECTION)
if(FESTORE_HAS_CF_PROTECTION)
  target_compile_options(festore_settings INTERFACE -fcf-protection)
elseif(FESTORE_HAS_BRANCH_PROTECTION AND CMAKE_SIZEOF_VOID_P EQUAL 8)
  target_compile_options(festore_settings INTERFACE -mbranch-protection=standard)
endif()
if(FESTORE_FUZZ)  # clang's check of function types needs the same information
  target_compile_options(festore_settings INTERFACE -fsanitize=fuzzer-no-link -fno-sanitize=function)
endif()
if(FESTORE_COVERAGE)
  target_compile_options(festore_settings INTERFACE --coverage -O0)
  target_link_options(festore_settings INTERFACE --coverage)
endif()

# Restrictions on the code of both worlds: no exceptions, no run-time type information.
add_library(festore_portable INTERFACE)
target_link_libraries(festore_portable INTERFACE festore_settings)
target_compile_options(festore_portable INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions -fno-rtti -fno-threadsafe-statics>)

# Header-only libraries of the build machine, which a cross compiler does not find by itself: links to the folders that are
# needed, and to nothing else in /usr/include.
set(FESTORE_HEADERS /usr/include CACHE PATH "Where CLI/, fmt/, nlohmann/ and tl/ are")
set(header_links ${CMAKE_BINARY_DIR}/headers)
file(MAKE_DIRECTORY ${header_links})
foreach(folder CLI fmt nlohmann tl)
  file(CREATE_LINK ${FESTORE_HEADERS}/${folder} ${header_links}/${folder} SYMBOLIC)
endforeach()
target_include_directories(festore_settings SYSTEM INTERFACE ${header_links})
# fmt: cross builds and releases, which run on other machines, contain it. Otherwise its library is linked, since compiling its
# headers takes six seconds for each file.
add_library(festore_fmt INTERFACE)
if(NOT CMAKE_CROSSCOMPILING AND NOT CMAKE_BUILD_TYPE STREQUAL "Release")
  find_package(fmt REQUIRED)
  target_link_libraries(festore_fmt INTERFACE fmt::fmt)
else()
  target_compile_definitions(festore_fmt INTERFACE FMT_HEADER_ONLY)
endif()
