// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The runtime's host functions on arrays, with their errors as llvm::Error.
#ifndef HALFTONE_IO_MODEL_H
#define HALFTONE_IO_MODEL_H

#include "halftone/IO/Array.h"

#include <functional>
#include <memory>
#include <vector>

namespace halftone {

/// A loaded module.
class Model {
public:
  /// `device` as in halftone_load_options.
  static llvm::Expected<Model> load(llvm::StringRef path,
                                    halftone_verify_weights verify = HALFTONE_VERIFY_WEIGHTS_SMALL,
                                    int32_t device = 0);

  const halftone_module_descriptor &descriptor() const;
  llvm::ArrayRef<halftone_entry> entries() const;
  uint64_t fileSize() const;

  /// The entry with this name; the empty name means the only entry there is.
  llvm::Expected<uint32_t> findEntry(llvm::StringRef name) const;

private:
  friend class Session;
  struct Unload {
    void operator()(halftone_module *module) const { halftone_unload(module); }
  };

  std::unique_ptr<halftone_module, Unload> module;
};

/// Called with the identifier, the name and the value of every observed tensor of a run.
using Observer =
    std::function<void(int64_t id, llvm::StringRef name, const halftone_tensor &tensor)>;

struct SessionOptions {
  int threads = 0; // 0: one per CPU the process may use
  Observer observer;
  /// Of programs compiled for profiling. Not a std::function: it is part of what is measured.
  halftone_profiler profiler = nullptr;
  void *profilerUser = nullptr;
};

/// Runs the entries of a model. One run at a time; a session keeps its module loaded.
class Session {
public:
  static llvm::Expected<Session> create(const Model &model, SessionOptions options);

  /// Runs on the entry's inputs in order and copies the outputs.
  llvm::Expected<std::vector<Array>> run(uint32_t entry, llvm::ArrayRef<Array> inputs);

  /// The same without copies: the outputs are valid until the next run.
  llvm::Error run(uint32_t entry, llvm::ArrayRef<halftone_tensor> inputs,
                  llvm::MutableArrayRef<halftone_tensor> outputs);

  halftone_session_stats stats() const;

private:
  struct Destroy {
    void operator()(halftone_session *session) const { halftone_session_destroy(session); }
  };

  Session() = default;

  const halftone_module_descriptor *descriptor = nullptr;
  // Where the runtime finds it, also after this object has moved.
  std::unique_ptr<Observer> observer;
  std::unique_ptr<halftone_session, Destroy> session;
};

/// "f32[1,?,80]" of a table entry, with "?" for dimensions known at run time.
std::string tensorType(const halftone_tensor_info &info);

/// The inputs of an entry, in order, taken out of `arrays` by name; others are left there. 8-bit
/// integers are accepted for elements narrower than a byte, and u8 for 8-bit floats, because
/// numpy's files have neither. Shapes are left for the runtime to check.
llvm::Expected<std::vector<Array>> bindInputs(const halftone_entry &entry, NamedArrays &arrays);

} // namespace halftone

#endif
