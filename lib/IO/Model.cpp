// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/IO/Model.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"

using namespace halftone;
using namespace llvm;

static Error convertError(const halftone_error &error) { return createStringError(error.message); }

Expected<Model> Model::load(StringRef path, halftone_verify_weights verify, int32_t device) {
  halftone_load_options options = {};
  options.struct_size = sizeof(options);
  options.verify_weights = verify;
  options.device = device;
  halftone_module *module = nullptr;
  halftone_error error;
  if (halftone_load(path.str().c_str(), &options, &module, &error) != HALFTONE_STATUS_OK)
    return convertError(error);
  Model model;
  model.module.reset(module);
  return model;
}

const halftone_module_descriptor &Model::descriptor() const {
  return *halftone_module_describe(module.get());
}

ArrayRef<halftone_entry> Model::entries() const {
  return {descriptor().entries, descriptor().num_entries};
}

uint64_t Model::fileSize() const { return halftone_module_file_size(module.get()); }

Expected<uint32_t> Model::findEntry(StringRef name) const {
  if (name.empty() && entries().size() == 1)
    return 0;
  for (auto [index, entry] : enumerate(entries()))
    if (name == entry.name)
      return static_cast<uint32_t>(index);
  auto names =
      map_range(entries(), [](const halftone_entry &entry) { return StringRef(entry.name); });
  std::string known = join(names, ", ");
  if (name.empty())
    return createStringError("the model has several entries, name one: " + known);
  return createStringError("the model has no entry '" + name + "', it has: " + known);
}

static void callObserver(void *user, int64_t id, const char *name, const halftone_tensor *tensor) {
  (*static_cast<const Observer *>(user))(id, name, *tensor);
}

Expected<Session> Session::create(const Model &model, SessionOptions options) {
  Session result;
  result.descriptor = &model.descriptor();
  halftone_session_options given = {};
  given.struct_size = sizeof(given);
  given.threads = options.threads;
  given.profiler = options.profiler;
  given.profiler_user = options.profilerUser;
  if (options.observer) {
    result.observer = std::make_unique<Observer>(std::move(options.observer));
    given.observer = callObserver;
    given.observer_user = result.observer.get();
  }
  halftone_session *session = nullptr;
  halftone_error error;
  if (halftone_session_create(model.module.get(), &given, &session, &error) != HALFTONE_STATUS_OK)
    return convertError(error);
  result.session.reset(session);
  return std::move(result);
}

Error Session::run(uint32_t entry, ArrayRef<halftone_tensor> inputs,
                   MutableArrayRef<halftone_tensor> outputs) {
  halftone_error error;
  halftone_status status = halftone_session_run(
      session.get(), entry, inputs.data(), static_cast<uint32_t>(inputs.size()), outputs.data(),
      static_cast<uint32_t>(outputs.size()), &error);
  return status == HALFTONE_STATUS_OK ? Error::success() : convertError(error);
}

Expected<std::vector<Array>> Session::run(uint32_t entry, ArrayRef<Array> inputs) {
  SmallVector<halftone_tensor> given;
  for (const Array &input : inputs) {
    if (input.dims().size() > HALFTONE_MAX_RANK)
      return createStringError("an input has too many dimensions: " + input.type());
    given.push_back(input.tensor());
  }
  SmallVector<halftone_tensor> results(
      entry < descriptor->num_entries ? descriptor->entries[entry].num_outputs : 0);
  if (Error error = run(entry, given, results))
    return std::move(error);
  std::vector<Array> outputs;
  for (const halftone_tensor &result : results) {
    Expected<Array> copy = Array::copyOf(static_cast<halftone_dtype>(result.dtype),
                                         ArrayRef<int64_t>(result.dims, result.rank), result.data);
    if (!copy)
      return copy.takeError();
    outputs.push_back(std::move(*copy));
  }
  return outputs;
}

halftone_session_stats Session::stats() const {
  halftone_session_stats stats;
  halftone_session_get_stats(session.get(), &stats);
  return stats;
}

std::string halftone::tensorType(const halftone_tensor_info &info) {
  return arrayType(static_cast<halftone_dtype>(info.dtype),
                   ArrayRef<int64_t>(info.dims, info.rank));
}

/// Gives an array the element type of the input where numpy's files cannot name that type.
static Expected<Array> adaptType(Array array, halftone_dtype dtype) {
  if (array.dtype() == dtype)
    return array;
  const bool isByte = array.dtype() == HALFTONE_DTYPE_U8 || array.dtype() == HALFTONE_DTYPE_I8;
  const uint32_t bits = halftone_dtype_bits(dtype);
  if (isByte && bits < 8)
    return packElements(array, dtype);
  const bool isFloat = dtype >= HALFTONE_DTYPE_F8E4M3FN && dtype <= HALFTONE_DTYPE_F8E8M0FNU;
  if (array.dtype() != HALFTONE_DTYPE_U8 || !isFloat)
    return array; // The runtime says what it expects.
  SmallVector<int64_t> dims(array.dims());
  return std::move(array).reinterpret(dtype, dims);
}

Expected<std::vector<Array>> halftone::bindInputs(const halftone_entry &entry,
                                                  NamedArrays &arrays) {
  auto names = map_range(arrays, [](const auto &pair) { return StringRef(pair.first); });
  const std::string given = arrays.empty() ? "none" : join(names, ", ");
  std::vector<Array> inputs;
  for (const halftone_tensor_info &info :
       ArrayRef<halftone_tensor_info>(entry.inputs, entry.num_inputs)) {
    auto position = arrays.find(StringRef(info.name));
    if (position == arrays.end())
      return createStringError("no array for input '" + Twine(info.name) + "' of type " +
                               tensorType(info) + "; given: " + given);
    Expected<Array> input =
        adaptType(std::move(position->second), static_cast<halftone_dtype>(info.dtype));
    arrays.erase(position);
    if (!input)
      return createStringError("input '" + Twine(info.name) + "': " + toString(input.takeError()));
    inputs.push_back(std::move(*input));
  }
  return inputs;
}
