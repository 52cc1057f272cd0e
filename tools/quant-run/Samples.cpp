// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Samples.h"

#include "halftone/IO/FileError.h"
#include "halftone/IO/SampleSource.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/raw_ostream.h"

#include <cstring>

using namespace halftone;
using namespace llvm;

namespace {

/// One output of all samples.
class Stack {
public:
  explicit Stack(StringRef name) : name(name) {}

  Error add(const Array &packed, int64_t numSamples);
  Array take() { return std::move(all); }

private:
  Error allocate(const Array &first, int64_t numSamples);

  std::string name;
  Array all;
  int64_t position = 0;
};

/// "sample 12 of 2000" on a terminal, rewritten in place.
class Progress {
public:
  explicit Progress(int64_t total) : total(total), isShown(errs().is_displayed()) {}
  ~Progress() {
    if (isShown)
      errs() << "\r\033[K";
  }
  void show(int64_t done) const {
    if (isShown && (done % 16 == 0 || done == total))
      errs() << "\rsample " << done << " of " << total;
  }

private:
  const int64_t total;
  const bool isShown;
};

} // namespace

Error Stack::allocate(const Array &first, int64_t numSamples) {
  SmallVector<int64_t> dims = {numSamples};
  llvm::append_range(dims, first.dims());
  Expected<Array> array = Array::create(first.dtype(), dims);
  if (!array)
    return array.takeError();
  all = std::move(*array);
  return Error::success();
}

Error Stack::add(const Array &packed, int64_t numSamples) {
  // One element per byte at least, so that samples begin at bytes.
  Expected<Array> array = unpackElements(packed);
  if (!array)
    return array.takeError();
  if (position == 0)
    if (Error error = allocate(*array, numSamples))
      return error;
  if (all.dims().drop_front() != array->dims())
    return createStringError("output '" + name + "' of sample " + Twine(position) + " is " +
                             array->type() + ", which differs from the samples before: " +
                             arrayType(all.dtype(), all.dims().drop_front()));
  const size_t bytes = static_cast<size_t>(array->byteSize());
  std::memcpy(all.data() + static_cast<size_t>(position) * bytes, array->data(), bytes);
  ++position;
  return Error::success();
}

Expected<std::vector<Array>> halftone::runSamples(Session &session, uint32_t index,
                                                  const halftone_entry &entry, StringRef path) {
  std::vector<std::string> names;
  names.reserve(entry.num_inputs);
  for (uint32_t i = 0; i < entry.num_inputs; ++i)
    names.push_back(entry.inputs[i].name);
  Expected<std::unique_ptr<SampleSource>> source = SampleSource::open(path, names);
  if (!source)
    return source.takeError();
  const int64_t numSamples = (*source)->size();
  if (numSamples == 0)
    return makeFileError(path, "has no samples");
  std::vector<Stack> stacks;
  stacks.reserve(entry.num_outputs);
  for (uint32_t i = 0; i < entry.num_outputs; ++i)
    stacks.emplace_back(entry.outputs[i].name);
  Progress progress(numSamples);
  for (int64_t done = 0; done < numSamples; ++done) {
    Expected<std::optional<NamedArrays>> sample = (*source)->next();
    if (!sample)
      return sample.takeError();
    Expected<std::vector<Array>> inputs = bindInputs(entry, **sample);
    if (!inputs)
      return inputs.takeError();
    Expected<std::vector<Array>> outputs = session.run(index, *inputs);
    if (!outputs)
      return createStringError("sample " + Twine(done) + ": " + toString(outputs.takeError()));
    for (auto [stack, output] : zip_equal(stacks, *outputs))
      if (Error error = stack.add(output, numSamples))
        return std::move(error);
    progress.show(done + 1);
  }
  std::vector<Array> result;
  result.reserve(stacks.size());
  for (Stack &stack : stacks)
    result.push_back(stack.take());
  return result;
}
