// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The file: `kMagic`, then in little-endian 8 bytes each the length of the content and its XXH3-64,
// then the content. An array in it is its number of elements in 8 bytes and these.
#include "RoundedFile.h"

#include "halftone/IO/FileError.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace mlir::halftone;
using ::halftone::EncodedScales;
using ::halftone::EncodedTensor;
using ::halftone::Format;
using ::halftone::makeFileError;

static_assert(llvm::endianness::native == llvm::endianness::little,
              "arrays are written as they are");

static constexpr llvm::StringLiteral kRoundedFileName = "halftone.rounded_file";
static constexpr llvm::StringLiteral kMagic = "halftone-rounded 1\n";
static constexpr size_t kHeaderSize = kMagic.size() + 2 * sizeof(uint64_t);

StringRef mlir::halftone::getRoundedFile(Operation *layer) {
  auto path = layer->getAttrOfType<StringAttr>(kRoundedFileName);
  return path ? path.getValue() : StringRef();
}

void mlir::halftone::setRoundedFile(Operation *layer, StringRef path) {
  layer->setAttr(kRoundedFileName, StringAttr::get(layer->getContext(), path));
}

void mlir::halftone::removeRoundedFile(Operation *layer) { layer->removeAttr(kRoundedFileName); }

//===--- Content ---===//

namespace {
class Writer {
public:
  template <typename T> void add(ArrayRef<T> elements) {
    uint64_t count = elements.size();
    content.append(reinterpret_cast<const char *>(&count), sizeof(count));
    content.append(reinterpret_cast<const char *>(elements.data()), elements.size() * sizeof(T));
  }
  template <typename T> void add(const std::vector<T> &elements) { add(ArrayRef<T>(elements)); }

  std::string content;
};

/// False after the content has ended too early.
class Reader {
public:
  explicit Reader(StringRef content) : rest(content) {}

  template <typename T> bool read(std::vector<T> &elements) {
    if (rest.size() < sizeof(uint64_t))
      return false;
    uint64_t count = llvm::support::endian::read64le(rest.data());
    rest = rest.drop_front(sizeof(uint64_t));
    if (count > rest.size() / sizeof(T))
      return false;
    elements.resize(count);
    if (count != 0)
      std::memcpy(elements.data(), rest.bytes_begin(), count * sizeof(T));
    rest = rest.drop_front(count * sizeof(T));
    return true;
  }
  bool isAtEnd() const { return rest.empty(); }

private:
  StringRef rest;
};
} // namespace

/// What is after the header of a file that is complete and as it was written.
static llvm::Expected<StringRef> getContent(StringRef path, StringRef file) {
  if (!file.starts_with(kMagic))
    return makeFileError(path, "is no file of rounded weights");
  if (file.size() < kHeaderSize)
    return makeFileError(path, "ends too early");
  uint64_t size = llvm::support::endian::read64le(file.data() + kMagic.size());
  uint64_t checksum = llvm::support::endian::read64le(file.data() + kMagic.size() + 8);
  StringRef content = file.drop_front(kHeaderSize);
  if (content.size() != size)
    return makeFileError(path, "has " + llvm::Twine(content.size()) +
                                   " bytes of rounded weights, " + "expected " + llvm::Twine(size));
  if (llvm::xxh3_64bits(content) != checksum)
    return makeFileError(path, "is damaged: its checksum is not that of its content");
  return content;
}

static llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> open(StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return makeFileError(path, buffer.getError());
  return std::move(*buffer);
}

llvm::Error mlir::halftone::checkRoundedFile(StringRef path) {
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> file = open(path);
  return file ? getContent(path, (*file)->getBuffer()).takeError() : file.takeError();
}

llvm::Error mlir::halftone::writeRoundedFile(StringRef path, const RoundedWeights &rounded) {
  const EncodedTensor &tensor = rounded.tensor;
  Writer writer;
  writer.add(tensor.codes);
  for (const EncodedScales &scales : tensor.scales)
    writer.add(scales.values);
  writer.add(tensor.zeroPoints);
  writer.add(tensor.values);
  writer.add(rounded.weakInputs);
  writer.add(rounded.kept);
  writer.add(ArrayRef<double>({rounded.power, rounded.error, rounded.nearestError}));
  char sizes[2 * sizeof(uint64_t)];
  llvm::support::endian::write64le(sizes, writer.content.size());
  llvm::support::endian::write64le(sizes + 8, llvm::xxh3_64bits(writer.content));
  llvm::Expected<::halftone::AtomicFile> file = ::halftone::AtomicFile::create(path);
  if (!file)
    return file.takeError();
  for (StringRef part :
       {StringRef(kMagic), StringRef(sizes, sizeof(sizes)), StringRef(writer.content)})
    if (llvm::Error error = file->write(part))
      return error;
  return file->commit();
}

//===--- Reading ---===//

/// Whether the parts are those of weights of this format.
static bool fits(const RoundedWeights &rounded, const WeightContraction &contraction,
                 const Format &format, const ::halftone::Granularity &blocks) {
  const EncodedTensor &tensor = rounded.tensor;
  auto numBlocks = size_t(blocks.getNumScales());
  bool isScaled = format.coding == Format::Coding::Scaled;
  if (isScaled ? tensor.scales.front().values.size() != numBlocks ||
                     tensor.zeroPoints.size() != numBlocks || !tensor.values.empty()
               : tensor.values.size() != numBlocks * format.codec.numCodes())
    return false;
  if (tensor.codes.size() != size_t(blocks.getNumElements()) ||
      llvm::any_of(tensor.codes, [&](uint8_t code) { return code >= format.codec.numCodes(); }))
    return false;
  int64_t previous = -1;
  for (int64_t input : rounded.weakInputs) {
    if (input <= previous || input >= contraction.reduction)
      return false;
    previous = input;
  }
  int64_t channels = contraction.getWeightsType().getDimSize(contraction.channelAxis);
  return rounded.kept.size() == rounded.weakInputs.size() * size_t(channels) &&
         (rounded.weakInputs.empty() || llvm::isa<MatMulOp>(contraction.op));
}

/// `rounded` has as many levels of scales as the file.
static bool readParts(Reader reader, RoundedWeights &rounded) {
  EncodedTensor &tensor = rounded.tensor;
  std::vector<double> powers;
  if (!reader.read(tensor.codes))
    return false;
  for (EncodedScales &scales : tensor.scales)
    if (!reader.read(scales.values))
      return false;
  if (!reader.read(tensor.zeroPoints) || !reader.read(tensor.values) ||
      !reader.read(rounded.weakInputs) || !reader.read(rounded.kept) || !reader.read(powers) ||
      powers.size() != 3 || !reader.isAtEnd())
    return false;
  rounded.power = powers[0];
  rounded.error = powers[1];
  rounded.nearestError = powers[2];
  return true;
}

llvm::Expected<RoundedWeights>
mlir::halftone::readRoundedFile(StringRef path, const WeightContraction &contraction,
                                const Format &format, const ::halftone::EncodeOptions &options) {
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> file = open(path);
  if (!file)
    return file.takeError();
  llvm::Expected<StringRef> content = getContent(path, (*file)->getBuffer());
  if (!content)
    return content.takeError();
  ::halftone::Granularity blocks =
      ::halftone::makeGranularity(contraction.getWeightsType().getShape(), options);
  RoundedWeights rounded;
  if (format.coding == Format::Coding::Scaled)
    rounded.tensor.scales.push_back({blocks, {}, {}, options.fit.scaleCodec});
  if (!readParts(Reader(*content), rounded) || !fits(rounded, contraction, format, blocks))
    return makeFileError(path, "holds weights of another shape or format");
  rounded.complete(contraction, format, blocks);
  return rounded;
}
