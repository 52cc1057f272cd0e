# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# MLIR, LLVM and lld 22, their include folders, definitions and CMake functions.

find_package(MLIR REQUIRED CONFIG)
if(NOT LLVM_VERSION_MAJOR EQUAL 22)
  message(FATAL_ERROR "Halftone needs LLVM 22, found ${LLVM_PACKAGE_VERSION} in ${LLVM_DIR}")
endif()
find_package(LLD REQUIRED CONFIG HINTS "${LLVM_INSTALL_PREFIX}/lib/cmake/lld")

list(APPEND CMAKE_MODULE_PATH "${MLIR_CMAKE_DIR}" "${LLVM_CMAKE_DIR}")
include(TableGen)
include(AddLLVM)
include(AddMLIR)

separate_arguments(LLVM_DEFINITIONS_LIST NATIVE_COMMAND ${LLVM_DEFINITIONS})
add_definitions(${LLVM_DEFINITIONS_LIST})
include_directories(SYSTEM ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})

# libMLIR and libLLVM lie outside the loader's path.
set(CMAKE_BUILD_RPATH "${LLVM_LIBRARY_DIR}")
set(CMAKE_INSTALL_RPATH "${LLVM_LIBRARY_DIR}")

# The precompiled headers that all libraries which are not PURE share.
file(GENERATE OUTPUT "${PROJECT_BINARY_DIR}/cmake/MLIRHeaders.cpp" CONTENT "")
add_library(HalftoneMLIRHeaders STATIC EXCLUDE_FROM_ALL
            "${PROJECT_BINARY_DIR}/cmake/MLIRHeaders.cpp")
target_precompile_headers(HalftoneMLIRHeaders PRIVATE
                          "${PROJECT_SOURCE_DIR}/cmake/MLIRHeaders.h")
