# SPDX-License-Identifier: BSD-2-Clause
# The sources that both worlds compile are listed once, in the sub.mk that OP-TEE's TA dev kit reads.
#   festore_kit_sources(OUT): the sources of this folder's sub.mk, without those only for a TA on a device (runtime/).
function(festore_kit_sources out)
  set(list ${CMAKE_CURRENT_SOURCE_DIR}/sub.mk)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${list})
  file(READ ${list} text)
  string(REPLACE "\\\n" " " text "${text}")
  string(REGEX MATCHALL "srcs-y \\+= [^\n]*" lines "${text}")
  string(REGEX MATCHALL "[a-z0-9_/]+\\.cpp" sources "${lines}")
  list(FILTER sources EXCLUDE REGEX "^runtime/")
  if(NOT sources)
    message(FATAL_ERROR "${list} lists no sources")
  endif()
  set(${out} ${sources} PARENT_SCOPE)
endfunction()
