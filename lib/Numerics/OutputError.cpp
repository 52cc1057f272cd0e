// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/OutputError.h"

#include "ScaleLayout.h"

#include <Eigen/Core>

#include <algorithm>
#include <cassert>

using namespace halftone;

namespace {
using RowMajorMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// Up to this depth Eigen does not divide sums, whatever the caches of the machine: results are the
// same everywhere.
constexpr int64_t kDepth = 128;
constexpr int64_t kTile = 256;
constexpr int64_t kChannels = 512;
} // namespace

WeightMatrix WeightMatrix::get(llvm::ArrayRef<int64_t> shape, unsigned channelAxis) {
  assert((channelAxis == 0 || channelAxis + 1 == shape.size()) &&
         "the channels are the first or the last dimension");
  int64_t channels = shape[channelAxis], reduction = 1;
  for (size_t d = 0; d != shape.size(); ++d)
    reduction *= d == channelAxis ? 1 : shape[d];
  if (channelAxis == 0)
    return {reduction, channels, 1, reduction, channelAxis};
  return {reduction, channels, channels, 1, channelAxis};
}

// tr(D^T G D) of the columns D of a panel. G is symmetric: what is right of the diagonal blocks
// counts for what is below them, too.
static double measurePower(const RowMajorMatrix &panel, llvm::ArrayRef<float> gram) {
  int64_t size = panel.rows();
  Eigen::Map<const RowMajorMatrix> products(gram.data(), size, size);
  double power = 0;
  for (int64_t row = 0; row < size; row += kTile) {
    int64_t height = std::min(kTile, size - row);
    RowMajorMatrix sums = RowMajorMatrix::Zero(height, panel.cols());
    for (int64_t depth = row; depth < size; depth += kDepth) {
      int64_t length = std::min(kDepth, size - depth);
      float factor = depth < row + height ? 1.0f : 2.0f;
      sums.noalias() +=
          factor * products.block(row, depth, height, length) * panel.middleRows(depth, length);
    }
    power +=
        (sums.cast<double>().array() * panel.middleRows(row, height).cast<double>().array()).sum();
  }
  // Sums that cancel may end a little below zero.
  return std::max(power, 0.0);
}

template <typename Element>
static double measurePanels(const WeightMatrix &matrix, llvm::ArrayRef<float> gram,
                            Element element) {
  assert(int64_t(gram.size()) == matrix.reduction * matrix.reduction &&
         "the vectors are as long as the reduction");
  double power = 0;
  RowMajorMatrix panel;
  for (int64_t first = 0; first < matrix.channels; first += kChannels) {
    panel.resize(matrix.reduction, std::min(kChannels, matrix.channels - first));
    for (int64_t input = 0; input != panel.rows(); ++input)
      for (int64_t channel = 0; channel != panel.cols(); ++channel)
        panel(input, channel) = element(input, first + channel);
    power += measurePower(panel, gram);
  }
  return power;
}

double halftone::measureOutputPower(llvm::ArrayRef<float> weights, const WeightMatrix &matrix,
                                    llvm::ArrayRef<float> gram) {
  return measurePanels(matrix, gram, [&](int64_t input, int64_t channel) {
    return weights[matrix.at(input, channel)];
  });
}

double halftone::measureOutputError(llvm::ArrayRef<float> weights, const EncodedTensor &tensor,
                                    const Format &format, const WeightMatrix &matrix,
                                    llvm::ArrayRef<float> gram) {
  if (format.coding == Format::Coding::Codebook) {
    ScaleLayout layout(*tensor.blocks, matrix.channelAxis);
    return measurePanels(matrix, gram, [&](int64_t input, int64_t channel) {
      int64_t element = matrix.at(input, channel);
      size_t first = layout.at(input, channel) * format.codec.numCodes();
      return weights[element] - tensor.values[first + tensor.codes[element]];
    });
  }
  assert(format.hasFreeScales() && tensor.scales.size() == 1 && "one level of scales");
  const EncodedScales &scales = tensor.scales.front();
  ScaleLayout layout(scales.granularity, matrix.channelAxis);
  return measurePanels(matrix, gram, [&](int64_t input, int64_t channel) {
    int64_t element = matrix.at(input, channel);
    size_t scale = layout.at(input, channel);
    float number = format.codec.decode(tensor.codes[element]) - float(tensor.zeroPoints[scale]);
    return weights[element] - number * scales.values[scale];
  });
}
