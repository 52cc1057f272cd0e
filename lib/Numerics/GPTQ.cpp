// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/GPTQ.h"

#include "GridRounding.h"
#include "ScaleLayout.h"

#include "halftone/Numerics/OutputError.h"
#include "halftone/Numerics/QuantizeTensor.h"

#include <Eigen/Core>

#include <algorithm>
#include <cassert>

using namespace halftone;

namespace {
using RowMajorMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// Inputs that errors are carried to together, as one matrix product. Also a bound that Eigen does
// not divide sums at, whatever the caches of the machine: codes are the same everywhere.
constexpr int64_t kDepth = 128;
// Channels are independent of each other: memory holds the errors of so many.
constexpr int64_t kChannels = 512;

// Rounds numbers with a scale each to codes.
class RowRounding {
public:
  RowRounding(const Format &format, bool symmetric)
      : format(format), mask(format.codec.numCodes() - 1) {
    if (format.isInteger()) // The codes of a grid do not depend on its range.
      grid = fitGrid({}, format, symmetric);
  }

  // Returns the number of the code.
  float round(float value, float scale, float zeroPoint, uint8_t &code) const {
    if (!format.isInteger()) {
      code = uint8_t(format.codec.encode(value / scale));
      return format.codec.decode(code) * scale;
    }
    float number = quantizeToFloat(value, scale, zeroPoint, float(grid.qmin), float(grid.qmax));
    code = uint8_t(uint32_t(int32_t(number)) & mask);
    return (number - zeroPoint) * scale;
  }

private:
  const Format &format;
  const uint32_t mask;
  AffineGrid grid;
};

class Rounding {
public:
  Rounding(llvm::ArrayRef<float> values, const Granularity &granularity, const Format &format,
           const EncodeOptions &options, const GramFactor &factor, bool staticGroups)
      : values(values), granularity(granularity), format(format), options(options), factor(factor),
        matrix(WeightMatrix::get(granularity.getShape(), options.channelAxis)),
        layout(granularity, options.channelAxis), rounding(format, options.symmetric),
        fitsInTurn(options.granularity == GranularityKind::Group && !staticGroups &&
                   factor.isInOrder()) {
    assert(factor.getSize() == matrix.reduction && "the factor is of this layer's inputs");
    planBlocks();
  }

  llvm::Expected<EncodedTensor> run();

private:
  // Inputs [begin, end) in the factor's order.
  struct Block {
    int64_t begin, end;
    int64_t size() const { return end - begin; }
  };

  void planBlocks();
  int64_t findGroupEnd(int64_t begin) const;
  llvm::Error fitBeforehand();
  llvm::Error roundPanel();
  llvm::Error roundBlock(Block block);
  void loadTargets(Block block);
  llvm::Error fitGroup(Block block, Block group);
  void roundRow(Block block, int64_t position);

  int64_t inputAt(int64_t position) const { return factor.getOrder()[position]; }
  // R_ij / R_jj for j in the block.
  float carried(Block block, int64_t i, int64_t j) const {
    return columns[(j - block.begin) * block.end + i];
  }

  const llvm::ArrayRef<float> values;
  const Granularity &granularity;
  const Format &format;
  const EncodeOptions &options;
  const GramFactor &factor;
  const WeightMatrix matrix;
  const ScaleLayout layout;
  const RowRounding rounding;
  const bool fitsInTurn;
  std::vector<Block> blocks;

  EncodedTensor result;
  BlockScales fitted;

  // The panel: channels [firstChannel, firstChannel + width).
  int64_t firstChannel = 0, width = 0;
  // The errors of all inputs; of the block's inputs the weights, and where they should be.
  RowMajorMatrix errors, weights, targets;
  // Of the factor, for the block.
  std::vector<float> columns;
};
} // namespace

int64_t Rounding::findGroupEnd(int64_t begin) const {
  int64_t end = begin + 1;
  while (end != matrix.reduction && layout.sharesScales(begin, end))
    ++end;
  return end;
}

// A group that is fitted in turn lies in one block.
void Rounding::planBlocks() {
  for (int64_t begin = 0; begin != matrix.reduction;) {
    int64_t end = std::min(begin + kDepth, matrix.reduction);
    if (fitsInTurn) {
      end = findGroupEnd(begin);
      while (end != matrix.reduction && findGroupEnd(end) - begin <= kDepth)
        end = findGroupEnd(end);
    }
    blocks.push_back({begin, end});
    begin = end;
  }
}

llvm::Error Rounding::fitBeforehand() {
  if (fitsInTurn) {
    fitted.scales.resize(granularity.getNumScales());
    fitted.zeroPoints.resize(granularity.getNumScales());
    return llvm::Error::success();
  }
  llvm::Expected<BlockScales> all =
      fitScales(values, granularity, format, options.symmetric, options.fit);
  if (!all)
    return all.takeError();
  fitted = std::move(*all);
  return llvm::Error::success();
}

llvm::Expected<EncodedTensor> Rounding::run() {
  uint64_t numNonFinite = 0;
  findRange(values, &numNonFinite);
  if (numNonFinite != 0)
    return llvm::createStringError(
        "cannot quantize a tensor with %llu elements that are not finite",
        (unsigned long long)numNonFinite);
  if (llvm::Error error = fitBeforehand())
    return error;
  result.codes.resize(values.size());
  for (firstChannel = 0; firstChannel < matrix.channels; firstChannel += kChannels) {
    width = std::min(kChannels, matrix.channels - firstChannel);
    if (llvm::Error error = roundPanel())
      return error;
  }
  result.zeroPoints = std::move(fitted.zeroPoints);
  result.scales.push_back({granularity, std::move(fitted.scales), {}, options.fit.scaleCodec});
  return std::move(result);
}

llvm::Error Rounding::roundPanel() {
  errors.resize(matrix.reduction, width);
  for (Block block : blocks)
    if (llvm::Error error = roundBlock(block))
      return error;
  if (!errors.allFinite())
    return llvm::createStringError(
        "the rounding errors that are carried on grow beyond f32: give more damping");
  return llvm::Error::success();
}

// Where the block's weights should be, as far as the blocks before it decide that.
void Rounding::loadTargets(Block block) {
  weights.resize(block.size(), width);
  for (int64_t row = 0; row != block.size(); ++row) {
    const float *from = &values[inputAt(block.begin + row) * matrix.reductionStride +
                                firstChannel * matrix.channelStride];
    for (int64_t channel = 0; channel != width; ++channel)
      weights(row, channel) = from[channel * matrix.channelStride];
  }
  columns.resize(size_t(block.size() * block.end));
  factor.copyColumns(block.begin, block.end, columns);
  Eigen::Map<const RowMajorMatrix> transposed(columns.data(), block.size(), block.end);
  targets = weights;
  for (int64_t depth = 0; depth < block.begin; depth += kDepth) {
    int64_t length = std::min(kDepth, block.begin - depth);
    targets.noalias() += transposed.middleCols(depth, length) * errors.middleRows(depth, length);
  }
}

llvm::Error Rounding::roundBlock(Block block) {
  loadTargets(block);
  int64_t groupEnd = block.begin;
  for (int64_t position = block.begin; position != block.end; ++position) {
    if (fitsInTurn && position == groupEnd) {
      groupEnd = findGroupEnd(position);
      if (llvm::Error error = fitGroup(block, {position, groupEnd}))
        return error;
    }
    roundRow(block, position);
    for (int64_t later = position + 1; later != block.end; ++later)
      targets.row(later - block.begin) += carried(block, position, later) * errors.row(position);
  }
  return llvm::Error::success();
}

// The weights of the group are now what they would become if nothing of it were rounded.
llvm::Error Rounding::fitGroup(Block block, Block group) {
  int64_t first = group.begin - block.begin;
  RowMajorMatrix current = targets.middleRows(first, group.size());
  for (int64_t i = 0; i != group.size(); ++i)
    for (int64_t j = i + 1; j != group.size(); ++j)
      current.row(j) -= carried(block, group.begin + i, group.begin + j) *
                        (current.row(i) - weights.row(first + i));
  int64_t shape[] = {group.size(), width};
  llvm::Expected<BlockScales> scales =
      fitScales({current.data(), size_t(current.size())}, Granularity::perChannel(shape, 1), format,
                options.symmetric, options.fit);
  if (!scales)
    return scales.takeError();
  for (int64_t channel = 0; channel != width; ++channel) {
    size_t scale = layout.at(group.begin, firstChannel + channel);
    fitted.scales[scale] = scales->scales[channel];
    fitted.zeroPoints[scale] = scales->zeroPoints[channel];
  }
  return llvm::Error::success();
}

void Rounding::roundRow(Block block, int64_t position) {
  int64_t row = position - block.begin, input = inputAt(position);
  for (int64_t channel = 0; channel != width; ++channel) {
    size_t scale = layout.at(input, firstChannel + channel);
    uint8_t &code = result.codes[input * matrix.reductionStride +
                                 (firstChannel + channel) * matrix.channelStride];
    float number = rounding.round(targets(row, channel), fitted.scales[scale],
                                  float(fitted.zeroPoints[scale]), code);
    errors(position, channel) = weights(row, channel) - number;
  }
}

llvm::Expected<EncodedTensor> halftone::encodeByGPTQ(llvm::ArrayRef<float> values,
                                                     llvm::ArrayRef<int64_t> shape,
                                                     const Format &format,
                                                     const EncodeOptions &options,
                                                     const GramFactor &factor, bool staticGroups) {
  assert(format.coding == Format::Coding::Scaled && format.hasFreeScales() &&
         "a format with one level of f32 scales");
  Granularity granularity = makeGranularity(shape, options);
  return Rounding(values, granularity, format, options, factor, staticGroups).run();
}
