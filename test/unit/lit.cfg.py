# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# Every GoogleTest binary below build/test/unit, each of its tests counted by itself.

import os

import lit.formats

config.name = "HalftoneUnit"
config.test_format = lit.formats.GoogleTest(".", "Tests")
config.suffixes = []
config.test_source_root = os.path.join(config.halftone_build_root, "test", "unit")
config.test_exec_root = config.test_source_root
config.environment["ASAN_OPTIONS"] = "detect_container_overflow=0:detect_leaks=0"
