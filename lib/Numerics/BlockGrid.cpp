// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/BlockGrid.h"

#include <algorithm>
#include <cmath>

using namespace halftone;

static int64_t findLargest(llvm::ArrayRef<float> values) {
  auto isSmaller = [](float lhs, float rhs) { return std::fabs(lhs) < std::fabs(rhs); };
  return std::max_element(values.begin(), values.end(), isSmaller) - values.begin();
}

static int64_t findBlock(const Granularity &granularity, int64_t position) {
  int64_t block = 0;
  granularity.forEachRun([&](const Granularity::Run &run) {
    int64_t offset = position - run.firstElement;
    if (offset >= 0 && offset < run.numElements)
      block = run.firstScale + (run.sharesScale ? 0 : offset);
  });
  return block;
}

static std::vector<float> scaledGrid(const EncodedTensor &tensor, const Format &format,
                                     bool symmetric, int64_t position) {
  float scale = 1.0f;
  for (const EncodedScales &level : llvm::reverse(tensor.scales))
    scale *= level.values[findBlock(level.granularity, position)];
  auto zeroPoint = float(tensor.zeroPoints[findBlock(tensor.scales.front().granularity, position)]);
  std::vector<float> grid;
  for (uint32_t code = 0; code != format.codec.numCodes(); ++code) {
    float number = format.codec.decode(code) - zeroPoint;
    bool isLeftOut = symmetric && format.restrictedSymmetric && number < -format.maxMagnitude();
    if (format.codec.isFinite(code) && !isLeftOut)
      grid.push_back(number * scale);
  }
  return grid;
}

static std::vector<float> codebookGrid(const EncodedTensor &tensor, const Format &format,
                                       int64_t position) {
  size_t size = format.codec.numCodes();
  return llvm::ArrayRef<float>(tensor.values)
      .slice(size_t(findBlock(*tensor.blocks, position)) * size, size);
}

// One number for each choice of signs.
static std::vector<float> planesGrid(const EncodedTensor &tensor, const Format &format,
                                     int64_t position) {
  int64_t block = findBlock(*tensor.blocks, position), numBlocks = tensor.offsets.size();
  std::vector<float> grid = {tensor.offsets[block]};
  for (unsigned plane = 0; plane != format.packedBits; ++plane) {
    float scale = tensor.values[plane * numBlocks + block];
    for (size_t i = 0, e = grid.size(); i != e; ++i) {
      grid.push_back(grid[i] + scale);
      grid[i] -= scale;
    }
  }
  return grid;
}

std::vector<float> halftone::findWidestGrid(const EncodedTensor &tensor, const Format &format,
                                            bool symmetric, llvm::ArrayRef<float> values) {
  if (format.packedBits > 8 || values.empty())
    return {};
  int64_t position = findLargest(values);
  std::vector<float> grid;
  switch (format.coding) {
  case Format::Coding::Scaled:
    grid = scaledGrid(tensor, format, symmetric, position);
    break;
  case Format::Coding::Plain:
    break;
  case Format::Coding::Codebook:
    grid = codebookGrid(tensor, format, position);
    break;
  case Format::Coding::BinaryPlanes:
    grid = planesGrid(tensor, format, position);
    break;
  }
  llvm::sort(grid);
  grid.erase(std::unique(grid.begin(), grid.end()), grid.end());
  return grid;
}
