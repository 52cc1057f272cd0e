// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Layers to round, and the oracle of rounding by inputs.
#ifndef HALFTONE_TEST_UNIT_NUMERICS_CORRELATEDLAYER_H
#define HALFTONE_TEST_UNIT_NUMERICS_CORRELATEDLAYER_H

#include "halftone/Numerics/EncodeTensor.h"
#include "halftone/Numerics/GramMatrix.h"
#include "halftone/Numerics/OutputError.h"
#include "halftone/Numerics/QuantizeTensor.h"

#include "Random.h"

#include <cmath>
#include <limits>
#include <numeric>

namespace halftone::testing {

using Square = std::vector<std::vector<double>>;

// A layer: weights [reduction, channels] and the Gram matrix of inputs that are an autoregressive
// process along the reduction, x_j = rho x_(j-1) + noise.
struct Layer {
  int64_t reduction, channels;
  std::vector<float> weights, gram;

  Layer(uint64_t seed, int64_t reduction, int64_t channels, int64_t vectors, double rho)
      : reduction(reduction), channels(channels) {
    Random random(seed);
    weights = random.gaussian(size_t(reduction * channels));
    std::vector<float> inputs;
    for (int64_t vector = 0; vector != vectors; ++vector) {
      double x = random.gauss();
      for (int64_t k = 0; k != reduction; ++k) {
        inputs.push_back(float(x));
        x = rho * x + std::sqrt(1 - rho * rho) * random.gauss();
      }
    }
    GramMatrix sums(reduction);
    llvm::cantFail(sums.add(inputs));
    gram = sums.takeFloats();
  }

  // Inputs of different power that never go together: a diagonal Gram matrix.
  void separateInputs() {
    for (int64_t i = 0; i != reduction; ++i)
      for (int64_t j = 0; j != reduction; ++j)
        gram[i * reduction + j] = i == j ? float(1 + i % 7) : 0.0f;
  }

  std::vector<int64_t> shape() const { return {reduction, channels}; }

  double outputError(llvm::ArrayRef<float> restored) const {
    std::vector<float> difference;
    for (size_t i = 0; i != weights.size(); ++i)
      difference.push_back(weights[i] - restored[i]);
    return measureOutputPower(difference, WeightMatrix::get(shape(), 1), gram);
  }

  // The damped matrix, in some order.
  Square hessian(llvm::ArrayRef<int64_t> order, double damping = 0.01) const {
    double mean = 0;
    for (int64_t i = 0; i != reduction; ++i)
      mean += gram[i * reduction + i] / double(reduction);
    Square result(reduction, std::vector<double>(reduction));
    for (int64_t i = 0; i != reduction; ++i)
      for (int64_t j = 0; j != reduction; ++j)
        result[i][j] = gram[order[i] * reduction + order[j]] + (i == j ? damping * mean : 0);
    return result;
  }
};

inline EncodeOptions perChannel(bool symmetric = true) {
  return {GranularityKind::Channel, 0, /*channelAxis=*/1, symmetric};
}

inline EncodeOptions perGroup(int64_t group, bool symmetric = true) {
  return {GranularityKind::Group, group, /*channelAxis=*/1, symmetric};
}

inline EncodedTensor nearest(const Layer &layer, const Format &format,
                             const EncodeOptions &options) {
  return llvm::cantFail(encodeTensor(layer.weights, layer.shape(), format, options));
}

inline Square invert(Square matrix) {
  size_t size = matrix.size();
  Square inverse(size, std::vector<double>(size));
  for (size_t i = 0; i != size; ++i)
    inverse[i][i] = 1;
  for (size_t pivot = 0; pivot != size; ++pivot) {
    double scale = 1 / matrix[pivot][pivot];
    for (size_t j = 0; j != size; ++j)
      matrix[pivot][j] *= scale, inverse[pivot][j] *= scale;
    for (size_t i = 0; i != size; ++i) {
      double factor = i == pivot ? 0 : matrix[i][pivot];
      for (size_t j = 0; j != size && factor != 0; ++j)
        matrix[i][j] -= factor * matrix[pivot][j], inverse[i][j] -= factor * inverse[pivot][j];
    }
  }
  return inverse;
}

inline std::vector<int64_t> naturalOrder(int64_t size) {
  std::vector<int64_t> order(size);
  std::iota(order.begin(), order.end(), 0);
  return order;
}

// Optimal Brain Quantization (arXiv 2208.11580) of one channel: round one weight, let all others
// take up the error, leave the weight's row and column out of the inverse.
struct OBQ {
  Square inverse;
  std::vector<double> weights;
  AffineGrid grid;
  std::vector<int32_t> codes;
  std::vector<bool> isDone;

  OBQ(Square hessian, std::vector<double> weights, AffineGrid grid)
      : inverse(invert(std::move(hessian))), weights(std::move(weights)), grid(grid),
        codes(inverse.size()), isDone(inverse.size()) {}

  double errorOf(size_t i) const {
    return weights[i] - double(grid.dequantize(grid.quantize(float(weights[i]))));
  }

  void round(size_t i) {
    codes[i] = grid.quantize(float(weights[i]));
    double error = errorOf(i) / inverse[i][i];
    for (size_t j = 0; j != weights.size(); ++j)
      weights[j] -= isDone[j] ? 0 : error * inverse[i][j];
    std::vector<double> row = inverse[i];
    for (size_t j = 0; j != weights.size(); ++j)
      for (size_t k = 0; k != weights.size(); ++k)
        inverse[j][k] -= row[j] * row[k] / row[i];
    isDone[i] = true;
  }

  void roundInOrder() {
    for (size_t i = 0; i != weights.size(); ++i)
      round(i);
  }

  // The weight whose rounding costs least comes first.
  void roundGreedily() {
    for (size_t step = 0; step != weights.size(); ++step) {
      size_t best = weights.size();
      double least = std::numeric_limits<double>::infinity();
      for (size_t i = 0; i != weights.size(); ++i) {
        double cost = isDone[i] ? least : errorOf(i) * errorOf(i) / inverse[i][i];
        if (cost < least)
          least = cost, best = i;
      }
      round(best);
    }
  }
};

inline AffineGrid gridOf(const EncodedTensor &tensor, const Format &format, size_t scale) {
  AffineGrid grid = fitGrid({}, format, tensor.zeroPoints[scale] == 0);
  grid.scale = tensor.scales.front().values[scale];
  grid.zeroPoint = tensor.zeroPoints[scale];
  return grid;
}

inline OBQ makeOBQ(const Layer &layer, const Format &format, const EncodedTensor &tensor,
                   int64_t channel) {
  std::vector<double> weights;
  for (int64_t k = 0; k != layer.reduction; ++k)
    weights.push_back(layer.weights[k * layer.channels + channel]);
  return OBQ(layer.hessian(naturalOrder(layer.reduction)), weights,
             gridOf(tensor, format, size_t(channel)));
}

} // namespace halftone::testing

#endif // HALFTONE_TEST_UNIT_NUMERICS_CORRELATEDLAYER_H
