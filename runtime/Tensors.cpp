// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Checks of the tensors that go into and come out of a run.
#include "Session.h"

#include <cstring>

using namespace halftone;

static long long toLong(int64_t value) { return static_cast<long long>(value); }

/// "input 'x' (0): expects f32[1,?], got i8[2]: <what>".
static halftone_status mismatch(const halftone_tensor_info &info, uint32_t index,
                                const halftone_tensor &tensor, const char *what,
                                halftone_error *error) {
  Text expected, actual;
  appendType(expected, info.dtype, info.rank, info.dims);
  appendType(actual, tensor.dtype, tensor.rank, tensor.dims);
  return setError(error, HALFTONE_STATUS_INVALID_ARGUMENT,
                  "input '%s' (%u): expects %s, got %s: %s", info.name, index, expected.get(),
                  actual.get(), what);
}

static bool isAligned(const halftone_tensor &tensor) {
  uint32_t bytes = halftone_dtype_bits(tensor.dtype) / 8;
  return bytes <= 1 || reinterpret_cast<uintptr_t>(tensor.data) % bytes == 0;
}

static halftone_status checkInput(const halftone_tensor_info &info, uint32_t index,
                                  const halftone_tensor &tensor, halftone_error *error) {
  if (tensor.rank > HALFTONE_MAX_RANK)
    return setError(error, HALFTONE_STATUS_INVALID_ARGUMENT,
                    "input '%s' (%u): rank %u is above the largest, %d", info.name, index,
                    tensor.rank, HALFTONE_MAX_RANK);
  if (tensor.dtype != info.dtype)
    return mismatch(info, index, tensor, "another element type", error);
  if (tensor.rank != info.rank)
    return mismatch(info, index, tensor, "another rank", error);
  for (uint32_t i = 0; i < info.rank; ++i) {
    Text what;
    what.append("dimension %u differs", i);
    if (info.dims[i] != HALFTONE_DYNAMIC && info.dims[i] != tensor.dims[i])
      return mismatch(info, index, tensor, what.get(), error);
    if (tensor.dims[i] < 0)
      return setError(error, HALFTONE_STATUS_INVALID_ARGUMENT,
                      "input '%s' (%u): dimension %u is negative: %lld", info.name, index, i,
                      toLong(tensor.dims[i]));
  }
  int64_t bytes = halftone_tensor_bytes(&tensor);
  if (bytes < 0)
    return mismatch(info, index, tensor, "more bytes than 64 bits can count", error);
  if (bytes > 0 && !tensor.data)
    return mismatch(info, index, tensor, "no data", error);
  if (!isAligned(tensor))
    return mismatch(info, index, tensor, "data is not aligned to its elements", error);
  return HALFTONE_STATUS_OK;
}

static const char *dimName(const halftone_tensor_info &info, uint32_t dim) {
  return info.dim_names ? info.dim_names[dim] : nullptr;
}

/// Finds an earlier dimension (of input `tensor` or one before it) named like dimension `dim` of
/// `tensor`, and checks that the two are equal. Only the nearest one: equality is transitive.
static halftone_status checkNamedDim(const halftone_entry &entry, const halftone_tensor *inputs,
                                     uint32_t tensor, uint32_t dim, halftone_error *error) {
  const char *name = dimName(entry.inputs[tensor], dim);
  if (!name)
    return HALFTONE_STATUS_OK;
  int64_t size = inputs[tensor].dims[dim];
  for (uint32_t t = tensor + 1; t-- > 0;) {
    for (uint32_t d = t == tensor ? dim : entry.inputs[t].rank; d-- > 0;) {
      const char *other = dimName(entry.inputs[t], d);
      if (!other || strcmp(other, name) != 0)
        continue;
      if (inputs[t].dims[d] == size)
        return HALFTONE_STATUS_OK;
      return setError(error, HALFTONE_STATUS_INVALID_ARGUMENT,
                      "input '%s' (%u): dimension %u ('%s') is %lld, but '%s' is %lld in dimension "
                      "%u of input '%s' (%u)",
                      entry.inputs[tensor].name, tensor, dim, name, toLong(size), name,
                      toLong(inputs[t].dims[d]), d, entry.inputs[t].name, t);
    }
  }
  return HALFTONE_STATUS_OK;
}

halftone_status halftone::checkInputs(const halftone_entry &entry, const halftone_tensor *inputs,
                                      uint32_t numInputs, halftone_error *error) {
  if (numInputs != entry.num_inputs || (numInputs > 0 && !inputs))
    return setError(error, HALFTONE_STATUS_INVALID_ARGUMENT, "entry '%s' expects %u inputs, got %u",
                    entry.name, entry.num_inputs, inputs ? numInputs : 0);
  for (uint32_t i = 0; i < numInputs; ++i) {
    halftone_status status = checkInput(entry.inputs[i], i, inputs[i], error);
    for (uint32_t d = 0; status == HALFTONE_STATUS_OK && d < inputs[i].rank; ++d)
      status = checkNamedDim(entry, inputs, i, d, error);
    if (status != HALFTONE_STATUS_OK)
      return status;
  }
  return HALFTONE_STATUS_OK;
}

halftone_status halftone::checkOutputs(const halftone_entry &entry, const halftone_tensor *outputs,
                                       halftone_error *error) {
  for (uint32_t i = 0; i < entry.num_outputs; ++i) {
    const halftone_tensor_info &info = entry.outputs[i];
    const halftone_tensor &tensor = outputs[i];
    int64_t bytes = halftone_tensor_bytes(&tensor);
    bool fits = tensor.dtype == info.dtype && tensor.rank == info.rank && bytes >= 0 &&
                (bytes == 0 || tensor.data);
    for (uint32_t d = 0; fits && d < info.rank; ++d)
      fits = info.dims[d] == HALFTONE_DYNAMIC || info.dims[d] == tensor.dims[d];
    if (fits)
      continue;
    Text expected, actual;
    appendType(expected, info.dtype, info.rank, info.dims);
    appendType(actual, tensor.dtype, tensor.rank <= HALFTONE_MAX_RANK ? tensor.rank : 0,
               tensor.dims);
    return setError(error, HALFTONE_STATUS_RUN_FAILED,
                    "the compiled code of entry '%s' stored %s%s as output '%s' (%u), which is %s",
                    entry.name, actual.get(), tensor.data ? "" : " without data", info.name, i,
                    expected.get());
  }
  return HALFTONE_STATUS_OK;
}
