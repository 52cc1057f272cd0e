// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/CentroidFit.h"

#include "ScaleLayout.h"
#include "halftone/Numerics/OutputError.h"

#include "llvm/Support/Parallel.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include <algorithm>
#include <cassert>
#include <cmath>

using namespace halftone;

namespace {
using RowMajorMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// H d = b for the steps d of the centroids.
struct NormalEquations {
  Eigen::MatrixXd products;
  Eigen::VectorXd target;
};

class CentroidFit {
public:
  CentroidFit(llvm::ArrayRef<float> values, const WeightMatrix &matrix, llvm::ArrayRef<float> gram,
              unsigned numCentroids, double damping, EncodedTensor &tensor)
      : values(values), matrix(matrix), gram(gram), numCentroids(int64_t(numCentroids)),
        damping(damping), tensor(tensor), layout(*tensor.blocks, matrix.channelAxis) {}

  void fit();

private:
  int64_t centroidOf(int64_t input, int64_t channel) const {
    return int64_t(layout.at(input, channel)) * numCentroids +
           tensor.codes[matrix.at(input, channel)];
  }
  NormalEquations buildEquations(int64_t channel, llvm::ArrayRef<int64_t> centroids) const;
  void step(const NormalEquations &equations, llvm::ArrayRef<int64_t> centroids);
  void fitShared();
  void fitChannel(int64_t channel);

  llvm::ArrayRef<float> values;
  const WeightMatrix &matrix;
  llvm::ArrayRef<float> gram;
  int64_t numCentroids;
  double damping;
  EncodedTensor &tensor;
  ScaleLayout layout;
};
} // namespace

// `centroids`, ascending, are all that the channel has. Sums run in the order of the inputs: the
// products of Eigen would divide them by the caches of the machine.
NormalEquations CentroidFit::buildEquations(int64_t channel,
                                            llvm::ArrayRef<int64_t> centroids) const {
  int64_t size = matrix.reduction;
  auto count = Eigen::Index(centroids.size());
  std::vector<Eigen::Index> rows;
  std::vector<double> errors;
  RowMajorMatrix sums = RowMajorMatrix::Zero(count, size); // A^T G
  for (int64_t input = 0; input != size; ++input) {
    const int64_t *found = llvm::lower_bound(centroids, centroidOf(input, channel));
    rows.push_back(found - centroids.begin());
    errors.push_back(double(values[matrix.at(input, channel)]) -
                     double(tensor.values[size_t(*found)]));
    Eigen::Map<const Eigen::RowVectorXf> inputs(gram.data() + input * size, size);
    sums.row(rows.back()) += inputs.cast<double>();
  }
  NormalEquations result{Eigen::MatrixXd::Zero(count, count), Eigen::VectorXd::Zero(count)};
  for (Eigen::Index row = 0; row != count; ++row)
    for (int64_t input = 0; input != size; ++input) {
      result.products(row, rows[input]) += sums(row, input);
      result.target(row) += sums(row, input) * errors[input];
    }
  return result;
}

// What the error of the output loses by the steps.
static double findGain(const NormalEquations &equations, const Eigen::VectorXd &steps) {
  double gain = 0;
  for (Eigen::Index i = 0; i != steps.size(); ++i) {
    double product = 0;
    for (Eigen::Index j = 0; j != steps.size(); ++j)
      product += equations.products(i, j) * steps(j);
    gain += steps(i) * (2 * equations.target(i) - product);
  }
  return gain;
}

// A centroid whose inputs were always 0 has nothing but zeros in its row.
void CentroidFit::step(const NormalEquations &equations, llvm::ArrayRef<int64_t> centroids) {
  Eigen::MatrixXd damped = equations.products;
  for (Eigen::Index i = 0; i != damped.rows(); ++i)
    damped(i, i) = damped(i, i) > 0 ? damped(i, i) * (1 + damping) : 1;
  Eigen::VectorXd steps = damped.ldlt().solve(equations.target);
  std::vector<float> moved;
  for (auto [i, centroid] : llvm::enumerate(centroids)) {
    float before = tensor.values[size_t(centroid)];
    moved.push_back(float(double(before) + steps(Eigen::Index(i))));
    steps(Eigen::Index(i)) = double(moved.back()) - double(before);
  }
  double gain = findGain(equations, steps);
  if (!std::isfinite(gain) || gain <= 0)
    return;
  for (auto [centroid, value] : llvm::zip_equal(centroids, moved))
    tensor.values[size_t(centroid)] = value;
}

void CentroidFit::fitChannel(int64_t channel) {
  std::vector<int64_t> centroids;
  for (int64_t input = 0; input != matrix.reduction; ++input)
    centroids.push_back(centroidOf(input, channel));
  llvm::sort(centroids);
  centroids.erase(std::unique(centroids.begin(), centroids.end()), centroids.end());
  step(buildEquations(channel, centroids), centroids);
}

// The sum over channels is that of their order, whichever thread is done first.
void CentroidFit::fitShared() {
  constexpr int64_t numTogether = 32;
  std::vector<int64_t> centroids;
  for (int64_t centroid = 0; centroid != numCentroids; ++centroid)
    centroids.push_back(centroid);
  NormalEquations sum{Eigen::MatrixXd::Zero(numCentroids, numCentroids),
                      Eigen::VectorXd::Zero(numCentroids)};
  for (int64_t first = 0; first < matrix.channels; first += numTogether) {
    std::vector<NormalEquations> parts(size_t(std::min(numTogether, matrix.channels - first)));
    llvm::parallelFor(0, parts.size(),
                      [&](size_t i) { parts[i] = buildEquations(first + int64_t(i), centroids); });
    for (const NormalEquations &part : parts) {
      sum.products += part.products;
      sum.target += part.target;
    }
  }
  step(sum, centroids);
}

void CentroidFit::fit() {
  if (tensor.blocks->getNumScales() == 1)
    return fitShared();
  llvm::parallelFor(0, size_t(matrix.channels),
                    [&](size_t channel) { fitChannel(int64_t(channel)); });
}

llvm::Expected<EncodedTensor>
halftone::encodeByCentroids(llvm::ArrayRef<float> values, llvm::ArrayRef<int64_t> shape,
                            const Format &format, const EncodeOptions &options,
                            llvm::ArrayRef<float> gram, double damping) {
  assert(format.coding == Format::Coding::Codebook && "centroids are those of codebooks");
  if (!llvm::all_of(gram, [](float value) { return std::isfinite(value); }))
    return llvm::createStringError(
        "the Gram matrix of the inputs has elements that are not finite");
  llvm::Expected<EncodedTensor> tensor = encodeTensor(values, shape, format, options);
  if (!tensor)
    return tensor.takeError();
  WeightMatrix matrix = WeightMatrix::get(shape, options.channelAxis);
  CentroidFit(values, matrix, gram, format.codec.numCodes(), damping, *tensor).fit();
  return tensor;
}
