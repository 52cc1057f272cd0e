// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The module of these tests, loaded, with one session.
#ifndef HALFTONE_TEST_UNIT_RUNTIME_TESTSESSION_H
#define HALFTONE_TEST_UNIT_RUNTIME_TESTSESSION_H

#include "halftone/runtime.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace halftone_test {

inline halftone_module *loadTestModule() {
  halftone_module *module = nullptr;
  halftone_error error = {};
  EXPECT_EQ(halftone_load(TEST_MODULE, nullptr, &module, &error), HALFTONE_STATUS_OK)
      << error.message;
  return module;
}

/// A tensor over values that the caller keeps.
template <typename T>
halftone_tensor tensorOf(std::vector<T> &values, halftone_dtype dtype, std::vector<int64_t> dims) {
  halftone_tensor tensor = {};
  tensor.data = values.data();
  tensor.dtype = dtype;
  tensor.rank = static_cast<uint32_t>(dims.size());
  for (size_t i = 0; i < dims.size(); ++i)
    tensor.dims[i] = dims[i];
  return tensor;
}

inline halftone_tensor scalar(int64_t &value) {
  halftone_tensor tensor = {};
  tensor.data = &value;
  tensor.dtype = HALFTONE_DTYPE_I64;
  return tensor;
}

class TestSession {
public:
  explicit TestSession(int threads, halftone_session_options options = {})
      : module(loadTestModule()) {
    options.struct_size = sizeof(options);
    options.threads = threads;
    EXPECT_EQ(halftone_session_create(module, &options, &session, &error), HALFTONE_STATUS_OK)
        << error.message;
  }
  ~TestSession() {
    halftone_session_destroy(session);
    halftone_unload(module);
  }
  TestSession(const TestSession &) = delete;
  TestSession &operator=(const TestSession &) = delete;

  /// Runs an entry with one output; the message is in `error` when it fails.
  halftone_status run(const char *entry, std::vector<halftone_tensor> inputs) {
    int32_t index = halftone_module_find_entry(module, entry);
    EXPECT_GE(index, 0) << entry;
    return halftone_session_run(session, static_cast<uint32_t>(index), inputs.data(),
                                static_cast<uint32_t>(inputs.size()), &output, 1, &error);
  }

  halftone_session_stats stats() const {
    halftone_session_stats result;
    halftone_session_get_stats(session, &result);
    return result;
  }

  std::string message() const { return error.message; }

  halftone_module *module = nullptr;
  halftone_session *session = nullptr;
  halftone_tensor output = {};
  halftone_error error = {};
};

} // namespace halftone_test

#endif
