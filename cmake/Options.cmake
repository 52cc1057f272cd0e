# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Flags and launchers of every target.

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")

add_compile_options(-Wall -Wextra -Wno-unused-parameter -fdiagnostics-color=auto)
# LLVM's own rules: run-time type information as in Debian's libLLVM, no exceptions.
add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions>)
add_compile_options(-ffunction-sections -fdata-sections)

if(HALFTONE_ASSERTIONS)
  add_compile_options(-UNDEBUG)
endif()

if(HALFTONE_SANITIZE)
  add_compile_options(-fsanitize=${HALFTONE_SANITIZE} -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  # `vptr` and `function` need type information that Debian's libraries do not export.
  add_compile_options(-fno-sanitize=vptr,function)
  add_link_options(-fsanitize=${HALFTONE_SANITIZE})
endif()

if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  # Without a time stamp a precompiled header stays valid in ccache after a fresh checkout.
  add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
  find_program(HALFTONE_LLD NAMES ld.lld-22 ld.lld)
  if(HALFTONE_LLD)
    add_link_options(-fuse-ld=lld -Wl,--gc-sections)
  endif()
endif()

find_program(HALFTONE_CCACHE ccache)
if(HALFTONE_CCACHE)
  # The sloppiness that ccache asks for before it caches users of precompiled headers.
  set(launcher "${CMAKE_COMMAND}" -E env
      "CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime"
      "${HALFTONE_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()
