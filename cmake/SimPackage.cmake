# SPDX-License-Identifier: BSD-2-Clause
# The simulated TEE as a package of its own, for the tests of programs that use festore: cmake --install BUILD --component festore-sim.
# Nothing finds it by itself: a program or its test names it (docs/library.md).
set(FESTORE_SIM_ROOT ${CMAKE_INSTALL_LIBDIR}/festore-sim)
set(component COMPONENT festore-sim EXCLUDE_FROM_ALL)
install(TARGETS teec_festore_sim LIBRARY DESTINATION ${FESTORE_SIM_ROOT}/lib ${component})
install(TARGETS festore-sim-teed RUNTIME DESTINATION ${FESTORE_SIM_ROOT}/bin ${component})
install(FILES ${PROJECT_SOURCE_DIR}/base/tee_client_api.h DESTINATION ${FESTORE_SIM_ROOT}/include ${component})
# For -lteec.
file(CREATE_LINK libteec-festore-sim.so ${CMAKE_CURRENT_BINARY_DIR}/libteec.so SYMBOLIC)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/libteec.so DESTINATION ${FESTORE_SIM_ROOT}/lib ${component})
configure_file(${PROJECT_SOURCE_DIR}/sim/festore-sim.pc.in festore-sim.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/festore-sim.pc DESTINATION ${FESTORE_SIM_ROOT}/lib/pkgconfig ${component})
