# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# How libraries, tools and unit tests are declared.

# Adds those of the given folders that have a CMakeLists.txt, in the given order. The glob makes
# the build configure itself again when one appears.
macro(halftone_add_subdirectories)
  foreach(folder ${ARGN})
    file(GLOB folder_list CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/CMakeLists.txt")
    if(folder_list)
      add_subdirectory("${folder}")
    endif()
  endforeach()
endmacro()

# halftone_add_library(NAME [PURE] SOURCES a.cpp... [DEPENDS targets...] [LINK libraries...])
# One static library of a layer. DEPENDS names TableGen targets whose headers it needs. PURE: no
# MLIR, no precompiled headers, and LLVM only where LINK says so.
function(halftone_add_library name)
  cmake_parse_arguments(arg "PURE" "" "SOURCES;DEPENDS;LINK" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC ${arg_LINK})
  if(arg_DEPENDS)
    add_dependencies(${name} ${arg_DEPENDS})
  endif()
  if(NOT arg_PURE)
    target_precompile_headers(${name} REUSE_FROM HalftoneMLIRHeaders)
    target_link_libraries(${name} PUBLIC MLIR LLVM)
  endif()
endfunction()

# halftone_add_tool(NAME SOURCES a.cpp... [LINK libraries...]): build/bin/NAME.
function(halftone_add_tool name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINK})
  target_compile_definitions(${name} PRIVATE "HALFTONE_VERSION=\"${PROJECT_VERSION}\"")
  set_property(GLOBAL APPEND PROPERTY HALFTONE_TOOLS ${name})
endfunction()

# halftone_add_unittest(NAME [MLIR] SOURCES a.cpp... [LINK libraries...]):
# build/test/unit/<NAME>Tests. MLIR: with the precompiled MLIR headers.
function(halftone_add_unittest name)
  cmake_parse_arguments(arg "MLIR" "" "SOURCES;LINK" ${ARGN})
  string(REGEX REPLACE "Tests?$" "" stem "${name}")
  add_executable(${name} EXCLUDE_FROM_ALL ${arg_SOURCES})
  set_target_properties(${name} PROPERTIES
    OUTPUT_NAME "${stem}Tests" RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/test/unit")
  target_link_libraries(${name} PRIVATE ${arg_LINK} GTest::gtest GTest::gtest_main)
  if(arg_MLIR)
    # The headers are compiled as for a library; an executable would say -fPIE.
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${name} PRIVATE -fPIC)
    target_precompile_headers(${name} REUSE_FROM HalftoneMLIRHeaders)
    target_link_libraries(${name} PRIVATE MLIR LLVM)
  endif()
  set_property(GLOBAL APPEND PROPERTY HALFTONE_UNITTESTS ${name})
endfunction()

# halftone_tablegen(TARGET FILE.td  Out.h.inc -gen-flags  Out.cpp.inc -gen-flags ...)
# Runs mlir-tblgen once for each pair (the flags of one output are one argument, separated by
# spaces) into the current binary folder; TARGET builds them all.
function(halftone_tablegen target td)
  set(LLVM_TARGET_DEFINITIONS ${td})
  set(rest ${ARGN})
  while(rest)
    list(POP_FRONT rest output flags)
    separate_arguments(flags)
    mlir_tablegen(${output} ${flags})
  endwhile()
  add_custom_target(${target} DEPENDS ${TABLEGEN_OUTPUT})
endfunction()
