// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "RoundingCheckpoint.h"

#include "halftone/Dialect/ConstantData.h"
#include "halftone/IO/FileError.h"
#include "halftone/Transforms/RoundedFile.h"
#include "halftone/Transforms/SchemeAttribute.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace mlir::halftone;
using ::halftone::makeFileError;

//===--- Fingerprint ---===//

static std::string hash(StringRef bytes) {
  llvm::XXH128_hash_t value = llvm::xxh3_128bits(llvm::arrayRefFromStringRef(bytes));
  return llvm::utohexstr(value.high64, /*LowerCase=*/true, /*Width=*/16) +
         llvm::utohexstr(value.low64, /*LowerCase=*/true, /*Width=*/16);
}

// A chain: each is of one length, so that order and boundaries count.
void Fingerprint::add(StringRef bytes) { hashes += hash(bytes); }

std::string Fingerprint::getText() const { return hash(hashes); }

static llvm::Error addFile(Fingerprint &fingerprint, StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return makeFileError(path, buffer.getError());
  fingerprint.add((*buffer)->getBuffer());
  return llvm::Error::success();
}

llvm::Error Fingerprint::addFiles(StringRef path) {
  if (!llvm::sys::fs::is_directory(path))
    return addFile(*this, path);
  std::vector<std::string> names;
  std::error_code code;
  for (llvm::sys::fs::directory_iterator file(path, code), end; !code && file != end;
       file.increment(code))
    if (llvm::sys::path::extension(file->path()) == ".npz")
      names.push_back(file->path());
  if (code)
    return makeFileError(path, code);
  llvm::sort(names);
  for (const std::string &name : names) {
    add(llvm::sys::path::filename(name));
    if (llvm::Error error = addFile(*this, name))
      return error;
  }
  return llvm::Error::success();
}

//===--- Checkpoint ---===//

llvm::Expected<RoundingCheckpoint> RoundingCheckpoint::open(StringRef folder,
                                                            const Fingerprint &follows) {
  if (std::error_code code = llvm::sys::fs::create_directories(folder))
    return makeFileError(folder, code);
  SmallString<128> probe(folder);
  llvm::sys::path::append(probe, "probe");
  llvm::Expected<::halftone::AtomicFile> file = ::halftone::AtomicFile::create(probe);
  if (!file)
    return file.takeError();
  return RoundingCheckpoint(folder, follows);
}

/// Those whose rounding depends on the input, and on nothing else that does.
static SmallVector<Operation *> findRounded(const GramInput &input) {
  return llvm::filter_to_vector(input.layers, [](Operation *layer) {
    const ::halftone::WeightScheme scheme = getScheme(layer)->weights;
    return scheme.roundsByInputs() && !scheme.isChosenByInputs();
  });
}

static void addElements(Fingerprint &fingerprint, ElementsAttr elements) {
  if (std::optional<ArrayRef<char>> bytes = getRawBytes(elements))
    fingerprint.add(StringRef(bytes->data(), bytes->size()));
  else if (std::optional<std::vector<char>> copy = copyRawBytes(elements))
    fingerprint.add(StringRef(copy->data(), copy->size()));
  releasePages(elements);
}

/// What the layer's rounded weights follow from. Its name is not among it: layers that share
/// weights share what they become.
static void addLayer(Fingerprint &fingerprint, const GramInput &input, Operation *layer) {
  WeightContraction contraction = *matchWeightContraction(layer);
  std::string text;
  llvm::raw_string_ostream stream(text);
  ObserveOp observer = input.observer;
  stream << observer.getTensor() << "\n"
         << input.size << " " << input.groups << " " << input.holdsBack << " "
         << contraction.channelAxis;
  if (input.windows) {
    for (ArrayRef<int64_t> part :
         {ArrayRef<int64_t>(input.windows->kernel), ArrayRef<int64_t>(input.windows->strides),
          ArrayRef<int64_t>(input.windows->dilations), ArrayRef<int64_t>(input.windows->pads)})
      stream << " ["
             << llvm::join(llvm::map_range(part, [](int64_t each) { return std::to_string(each); }),
                           ",")
             << "]";
  }
  stream << "\n" << contraction.getWeightsType() << "\n" << getWeightSchemeAttr(layer);
  fingerprint.add(text);
  addElements(fingerprint, contraction.getWeights());
}

void RoundingCheckpoint::assignFiles(const GramInput &input) const {
  for (Operation *layer : findRounded(input)) {
    Fingerprint fingerprint = follows;
    addLayer(fingerprint, input, layer);
    SmallString<128> path(folder);
    llvm::sys::path::append(path, fingerprint.getText() + ".rounded");
    setRoundedFile(layer, path);
  }
}

void RoundingCheckpoint::addRounded(const GramInput &input) {
  for (Operation *layer : input.layers)
    addLayer(follows, input, layer);
}

bool RoundingCheckpoint::hasFiles(const GramInput &input) {
  return llvm::any_of(input.layers,
                      [](Operation *layer) { return !getRoundedFile(layer).empty(); });
}

bool RoundingCheckpoint::isComplete(const GramInput &input) {
  bool complete = true;
  for (Operation *layer : input.layers) {
    StringRef path = getRoundedFile(layer);
    if (path.empty() || !llvm::sys::fs::exists(path)) {
      complete = false;
    } else if (llvm::Error error = checkRoundedFile(path)) {
      layer->emitWarning("its weights are rounded again: ") << llvm::toString(std::move(error));
      complete = false;
    }
  }
  return complete;
}

//===--- Shares ---===//

/// About in proportion to the operations that rounding takes: of factorizing the matrices, and of
/// multiplying them with the weights.
static double estimateWork(const GramInput &input) {
  double square = double(input.size) * double(input.size);
  double work = double(input.groups) * square * double(input.size) / 3;
  for (Operation *layer : input.layers) {
    WeightContraction contraction = *matchWeightContraction(layer);
    work += square * double(contraction.getWeightsType().getDimSize(contraction.channelAxis));
  }
  return work;
}

std::vector<GramInput> mlir::halftone::takeShare(ArrayRef<GramInput> inputs, Share share) {
  std::vector<std::pair<double, size_t>> byWork;
  for (auto [i, input] : llvm::enumerate(inputs))
    byWork.emplace_back(estimateWork(input), i);
  llvm::sort(byWork, [](const auto &a, const auto &b) {
    return std::tuple(-a.first, a.second) < std::tuple(-b.first, b.second);
  });
  // The largest first, each to who has least.
  std::vector<double> loads(std::min(size_t(share.count), inputs.size()), 0);
  std::vector<size_t> mine;
  for (auto [work, i] : byWork) {
    auto least = std::min_element(loads.begin(), loads.end());
    *least += work;
    if (least - loads.begin() == share.index - 1)
      mine.push_back(i);
  }
  llvm::sort(mine);
  std::vector<GramInput> result;
  result.reserve(mine.size());
  for (size_t i : mine)
    result.push_back(inputs[i]);
  return result;
}
