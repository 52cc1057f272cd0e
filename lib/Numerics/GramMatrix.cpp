// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/GramMatrix.h"

#include "halftone/Numerics/AffineGrid.h"

#include <Eigen/Core>

#include <algorithm>
#include <cassert>

using namespace halftone;

namespace {
using RowMajorMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using ConstMatrix = Eigen::Map<const RowMajorMatrix>;

// How many products are added up in f32. Also a bound that Eigen does not divide sums at, whatever
// the caches of the machine: results are the same everywhere.
constexpr int64_t kDepth = 128;
constexpr int64_t kTile = 256;
} // namespace

GramMatrix::GramMatrix(int64_t size) : size(size), sums(size_t(size * size)) {
  assert(size > 0 && "vectors have elements");
}

static llvm::Error checkFinite(llvm::ArrayRef<float> values) {
  uint64_t numNonFinite = 0;
  findRange(values, &numNonFinite);
  if (numNonFinite == 0)
    return llvm::Error::success();
  return llvm::createStringError("%llu of its elements are not finite",
                                 (unsigned long long)numNonFinite);
}

llvm::Error GramMatrix::add(llvm::ArrayRef<float> values) {
  if (values.size() % size_t(size) != 0)
    return llvm::createStringError("%zu elements are no vectors of %lld", values.size(),
                                   (long long)size);
  if (llvm::Error error = checkFinite(values))
    return error;
  int64_t count = int64_t(values.size()) / size;
  ConstMatrix vectors(values.data(), count, size);
  RowMajorMatrix part;
  for (int64_t first = 0; first < count; first += kDepth) {
    auto rows = vectors.middleRows(first, std::min(kDepth, count - first));
    for (int64_t i = 0; i < size; i += kTile)
      for (int64_t j = 0; j <= i; j += kTile) {
        int64_t height = std::min(kTile, size - i), width = std::min(kTile, size - j);
        part.noalias() = rows.middleCols(i, height).transpose() * rows.middleCols(j, width);
        for (int64_t row = 0; row != height; ++row)
          for (int64_t column = 0; column != width; ++column)
            sums[(i + row) * size + j + column] += double(part(row, column));
      }
  }
  numVectors += uint64_t(count);
  return llvm::Error::success();
}

std::vector<float> GramMatrix::takeFloats() {
  std::vector<float> result(sums.size());
  for (int64_t row = 0; row != size; ++row)
    for (int64_t column = 0; column <= row; ++column)
      result[row * size + column] = result[column * size + row] = float(sums[row * size + column]);
  sums = std::vector<double>();
  numVectors = 0;
  return result;
}

//===--- Windows of convolutions ---===//

namespace {
// Counts through `bounds`, the last one fastest; false when it is at zeros again.
bool advance(llvm::MutableArrayRef<int64_t> counters, llvm::ArrayRef<int64_t> bounds) {
  for (size_t i = counters.size(); i-- > 0;) {
    if (++counters[i] != bounds[i])
      return true;
    counters[i] = 0;
  }
  return false;
}

int64_t product(llvm::ArrayRef<int64_t> sizes) {
  int64_t result = 1;
  for (int64_t size : sizes)
    result *= size;
  return result;
}

// Copies windows out of one image [C, spatial...].
class WindowReader {
public:
  WindowReader(llvm::ArrayRef<int64_t> spatial, const ConvolutionWindows &windows)
      : spatial(spatial), windows(windows) {}

  // The window at output position `at` of one channel.
  void read(llvm::ArrayRef<float> channel, llvm::ArrayRef<int64_t> at, float *to) const {
    llvm::SmallVector<int64_t, 3> tap(spatial.size(), 0);
    do {
      int64_t position = 0;
      bool isInside = true;
      for (size_t d = 0; d != spatial.size(); ++d) {
        int64_t index =
            at[d] * windows.strides[d] + tap[d] * windows.dilations[d] - windows.pads[d];
        isInside &= index >= 0 && index < spatial[d];
        position = position * spatial[d] + index;
      }
      *to++ = isInside ? channel[position] : 0.0f;
    } while (advance(tap, windows.kernel));
  }

  // How many positions a window has along each dimension; an error if one has none.
  llvm::Expected<llvm::SmallVector<int64_t, 3>> countPositions() const {
    llvm::SmallVector<int64_t, 3> counts;
    for (size_t d = 0; d != spatial.size(); ++d) {
      int64_t free = spatial[d] + windows.pads[d] + windows.pads[spatial.size() + d] -
                     ((windows.kernel[d] - 1) * windows.dilations[d] + 1);
      if (free < 0)
        return llvm::createStringError("an input of %lld elements has no window of %lld",
                                       (long long)spatial[d], (long long)windows.kernel[d]);
      counts.push_back(free / windows.strides[d] + 1);
    }
    return counts;
  }

private:
  llvm::ArrayRef<int64_t> spatial;
  const ConvolutionWindows &windows;
};
} // namespace

llvm::Error GramMatrix::addWindows(llvm::ArrayRef<float> values, llvm::ArrayRef<int64_t> dims,
                                   const ConvolutionWindows &windows) {
  size_t rank = windows.kernel.size();
  if (dims.size() != rank + 2 || dims[1] * product(windows.kernel) != size)
    return llvm::createStringError("its shape is not that of the convolution's input");
  llvm::ArrayRef<int64_t> spatial = dims.drop_front(2);
  WindowReader reader(spatial, windows);
  auto counts = reader.countPositions();
  if (!counts)
    return counts.takeError();
  int64_t area = product(spatial), taps = product(windows.kernel);
  std::vector<float> vectors;
  for (int64_t image = 0; image != dims[0]; ++image) {
    llvm::SmallVector<int64_t, 3> at(rank, 0);
    bool isLast = false;
    while (!isLast) {
      size_t begin = vectors.size();
      vectors.resize(begin + size_t(size));
      for (int64_t channel = 0; channel != dims[1]; ++channel)
        reader.read(values.slice((image * dims[1] + channel) * area, area), at,
                    &vectors[begin + size_t(channel * taps)]);
      isLast = !advance(at, *counts);
      if (!isLast && int64_t(vectors.size()) < kDepth * size)
        continue;
      if (llvm::Error error = add(vectors))
        return error;
      vectors.clear();
    }
  }
  return llvm::Error::success();
}
