// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/CentroidFit.h"

#include "CorrelatedLayer.h"

#include "llvm/Support/Parallel.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <functional>

using namespace halftone;
using namespace halftone::testing;

static EncodeOptions perTensor() { return {GranularityKind::Tensor, 0, /*channelAxis=*/1}; }

static EncodedTensor fit(const Layer &layer, const Format &format, const EncodeOptions &options,
                         double damping = 1e-3) {
  return llvm::cantFail(
      encodeByCentroids(layer.weights, layer.shape(), format, options, layer.gram, damping));
}

static double errorOf(const Layer &layer, const EncodedTensor &tensor, const Format &format) {
  return layer.outputError(decodeTensor(tensor, format));
}

// The x with the least ||D x - y||, by orthogonalizing the columns of D one after the other.
static std::vector<double> solveDense(Square columns, std::vector<double> target) {
  auto dot = [](const std::vector<double> &lhs, const std::vector<double> &rhs) {
    return std::inner_product(lhs.begin(), lhs.end(), rhs.begin(), 0.0);
  };
  size_t count = columns.size();
  Square upper(count, std::vector<double>(count));
  std::vector<double> solution(count);
  for (size_t i = 0; i != count; ++i) {
    upper[i][i] = std::sqrt(dot(columns[i], columns[i]));
    for (double &element : columns[i])
      element /= upper[i][i];
    for (size_t j = i + 1; j != count; ++j) {
      upper[i][j] = dot(columns[i], columns[j]);
      for (size_t row = 0; row != target.size(); ++row)
        columns[j][row] -= upper[i][j] * columns[i][row];
    }
    solution[i] = dot(columns[i], target);
  }
  for (size_t i = count; i-- > 0;) {
    for (size_t j = i + 1; j != count; ++j)
      solution[i] -= upper[i][j] * solution[j];
    solution[i] /= upper[i][i];
  }
  return solution;
}

// Inputs that are kept, as a layer's Gram matrix is all that the others have.
struct SmallLayer : Layer {
  std::vector<float> inputs;
  int64_t vectors;

  SmallLayer(uint64_t seed, int64_t reduction, int64_t channels, int64_t vectors)
      : Layer(seed, reduction, channels, 1, 0), vectors(vectors) {
    inputs = Random(seed + 100).gaussian(size_t(vectors * reduction));
    GramMatrix sums(reduction);
    llvm::cantFail(sums.add(inputs));
    gram = sums.takeFloats();
  }

  // All outputs of all channels, one equation each; `centroids[k * channels + c]` is the unknown
  // that stands for weight (k, c).
  std::vector<double> fitDense(llvm::ArrayRef<size_t> centroids, size_t numCentroids) const {
    Square columns(numCentroids, std::vector<double>(size_t(vectors * channels)));
    std::vector<double> target(size_t(vectors * channels));
    for (int64_t vector = 0; vector != vectors; ++vector)
      for (int64_t channel = 0; channel != channels; ++channel)
        for (int64_t k = 0; k != reduction; ++k) {
          auto row = size_t(vector * channels + channel);
          double x = inputs[size_t(vector * reduction + k)];
          auto weight = size_t(k * channels + channel);
          columns[centroids[weight]][row] += x;
          target[row] += x * double(weights[weight]);
        }
    return solveDense(std::move(columns), std::move(target));
  }
};

// The normal equations of the Gram matrix have the solution of the equations of all outputs.
TEST(CentroidFit, IsDenseLeastSquaresOverAllOutputs) {
  const Format &format = *findFormat("kmeans2");
  SmallLayer layer(1, 48, 3, 200);
  struct {
    EncodeOptions options;
    std::function<size_t(size_t k, size_t channel)> block;
  } cases[] = {
      {perTensor(), [](size_t, size_t) { return size_t(0); }},
      {perChannel(), [](size_t, size_t channel) { return channel; }},
      // The third group is ragged.
      {perGroup(20), [](size_t k, size_t channel) { return k / 20 * 3 + channel; }},
  };
  for (const auto &[options, block] : cases) {
    EncodedTensor fitted = fit(layer, format, options, /*damping=*/0);
    std::vector<size_t> centroids;
    for (size_t k = 0; k != 48; ++k)
      for (size_t channel = 0; channel != 3; ++channel)
        centroids.push_back(block(k, channel) * 4 + fitted.codes[k * 3 + channel]);
    std::vector<double> expected = layer.fitDense(centroids, fitted.values.size());
    for (size_t i = 0; i != expected.size(); ++i)
      EXPECT_NEAR(fitted.values[i], expected[i], 2e-5) << i << " of " << expected.size();
  }
}

// Codes stay, the error does not grow, and where inputs go together it falls far.
TEST(CentroidFit, IsNeverWorseThanTheCentroidsItStartsFrom) {
  for (uint64_t seed = 0; seed != 5; ++seed)
    for (const char *name : {"kmeans2", "kmeans3", "kmeans4", "kmeans8"})
      for (const EncodeOptions &options : {perTensor(), perChannel(), perGroup(32)}) {
        const Format &format = *findFormat(name);
        // Fewer vectors than inputs, and more.
        Layer layer(seed, 75, 10, seed % 2 == 0 ? 30 : 400, 0.9);
        EncodedTensor plain = nearest(layer, format, options);
        EncodedTensor fitted = fit(layer, format, options);
        EXPECT_EQ(fitted.codes, plain.codes);
        // The measured power has rounding errors of its own, of f32 sums.
        double before = errorOf(layer, plain, format), after = errorOf(layer, fitted, format);
        EXPECT_LE(after, before * (1 + 1e-5) + 1e-9) << name << " " << seed;
        if (name == llvm::StringRef("kmeans3") && options.granularity == GranularityKind::Channel)
          EXPECT_LT(after, 0.8 * before) << seed;
      }
}

// Orthogonal inputs of one power: the mean of its weights is the best centroid already.
TEST(CentroidFit, LeavesCentroidsOfEqualInputsWhereTheyAre) {
  Layer layer(3, 64, 4, 10, 0);
  for (int64_t i = 0; i != 64; ++i)
    for (int64_t j = 0; j != 64; ++j)
      layer.gram[i * 64 + j] = i == j ? 2.0f : 0.0f;
  const Format &format = *findFormat("kmeans3");
  EncodedTensor plain = nearest(layer, format, perChannel());
  EncodedTensor fitted = fit(layer, format, perChannel());
  for (size_t i = 0; i != plain.values.size(); ++i)
    EXPECT_NEAR(fitted.values[i], plain.values[i], 1e-6) << i;
}

// Two inputs that were always equal leave the difference of their centroids free, and one that was
// always 0 its centroid: what is not determined stays.
TEST(CentroidFit, MovesOnlyWhatTheInputsDetermine) {
  Layer layer(4, 3, 1, 1, 0);
  layer.weights = {-1, 0.2f, 5};
  layer.gram = {1, 1, 0, 1, 1, 0, 0, 0, 0};
  const Format &format = *findFormat("kmeans2");
  EncodedTensor plain = nearest(layer, format, perTensor());
  for (double damping : {1e-3, 1e-6}) {
    EncodedTensor fitted = fit(layer, format, perTensor(), damping);
    // Each weight has a centroid of its own, so that nothing is left to gain: no step is taken.
    EXPECT_EQ(fitted.values, plain.values);
  }
  // Three weights that share two centroids: the sum of the first two is met, by equal steps of the
  // centroid that both of them have.
  layer.weights = {-1, -0.9f, 5};
  layer.gram = {1, 3, 0, 3, 9, 0, 0, 0, 0};
  plain = nearest(layer, format, perTensor());
  EncodedTensor fitted = fit(layer, format, perTensor());
  EXPECT_EQ(plain.codes[0], plain.codes[1]);
  EXPECT_NEAR(fitted.values[fitted.codes[0]], (-1 + 3 * -0.9) / 4, 1e-3);
  EXPECT_EQ(fitted.values[fitted.codes[2]], plain.values[plain.codes[2]]);
  EXPECT_LT(errorOf(layer, fitted, format), 1e-4 * errorOf(layer, plain, format));
}

// All inputs the same: a matrix of rank 1 and hundreds of unknowns.
TEST(CentroidFit, TakesMatricesWithoutFullRank) {
  Layer layer(5, 96, 6, 1, 0.5);
  for (const EncodeOptions &options : {perTensor(), perChannel(), perGroup(16)}) {
    const Format &format = *findFormat("kmeans3");
    EncodedTensor plain = nearest(layer, format, options);
    EncodedTensor fitted = fit(layer, format, options);
    for (float value : fitted.values)
      EXPECT_TRUE(std::isfinite(value) && std::fabs(value) < 10) << value;
    EXPECT_LT(errorOf(layer, fitted, format), errorOf(layer, plain, format));
  }
}

TEST(CentroidFit, DoesNotDependOnTheNumberOfThreads) {
  Layer layer(6, 80, 70, 300, 0.7);
  const Format &format = *findFormat("kmeans4");
  for (const EncodeOptions &options : {perTensor(), perChannel()}) {
    llvm::ThreadPoolStrategy before = llvm::parallel::strategy;
    llvm::parallel::strategy = llvm::hardware_concurrency(1);
    EncodedTensor one = fit(layer, format, options);
    llvm::parallel::strategy = before;
    EXPECT_EQ(fit(layer, format, options).values, one.values);
  }
}

// A filter's channels come first; it is the same layer.
TEST(CentroidFit, TakesChannelsFirst) {
  Layer layer(7, 60, 8, 200, 0.8);
  std::vector<float> transposed(layer.weights.size());
  for (int64_t k = 0; k != 60; ++k)
    for (int64_t channel = 0; channel != 8; ++channel)
      transposed[channel * 60 + k] = layer.weights[k * 8 + channel];
  const Format &format = *findFormat("kmeans3");
  EncodeOptions options = perChannel();
  options.channelAxis = 0;
  EncodedTensor fitted =
      llvm::cantFail(encodeByCentroids(transposed, {8, 60}, format, options, layer.gram));
  EXPECT_EQ(fitted.values, fit(layer, format, perChannel()).values);
}

TEST(CentroidFit, RefusesWhatIsNoNumber) {
  Layer layer(8, 6, 2, 10, 0);
  layer.gram[3] = std::numeric_limits<float>::quiet_NaN();
  llvm::Expected<EncodedTensor> fitted = encodeByCentroids(
      layer.weights, layer.shape(), *findFormat("kmeans2"), perChannel(), layer.gram);
  ASSERT_FALSE(bool(fitted));
  EXPECT_EQ(llvm::toString(fitted.takeError()),
            "the Gram matrix of the inputs has elements that are not finite");
}
