# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Debian's packages other than LLVM, as imported targets: Halftone::onnx, Halftone::zip,
# Halftone::xxhash, GTest::gtest_main, Eigen3::Eigen, Threads::Threads.

find_package(Threads REQUIRED)
find_package(Eigen3 REQUIRED NO_MODULE)
find_package(GTest REQUIRED)
find_package(Protobuf REQUIRED)

# An imported library target from a header and a library; fails with the package's name.
function(halftone_import_library target package header)
  cmake_parse_arguments(arg "" "" "LIBRARIES;DEFINITIONS;LINK" ${ARGN})
  find_path(${package}_INCLUDE "${header}" REQUIRED)
  add_library(${target} INTERFACE IMPORTED)
  target_include_directories(${target} SYSTEM INTERFACE "${${package}_INCLUDE}")
  target_compile_definitions(${target} INTERFACE ${arg_DEFINITIONS})
  foreach(library IN LISTS arg_LIBRARIES)
    find_library(${package}_${library} ${library} REQUIRED)
    target_link_libraries(${target} INTERFACE "${${package}_${library}}")
  endforeach()
  target_link_libraries(${target} INTERFACE ${arg_LINK})
endfunction()

halftone_import_library(Halftone::onnx libonnx-dev onnx/onnx_pb.h LIBRARIES onnx onnx_proto
  DEFINITIONS ONNX_NAMESPACE=onnx ONNX_ML=1 LINK protobuf::libprotobuf)
halftone_import_library(Halftone::zip libzip-dev zip.h LIBRARIES zip)
halftone_import_library(Halftone::xxhash libxxhash-dev xxhash.h
  DEFINITIONS XXH_INLINE_ALL)
