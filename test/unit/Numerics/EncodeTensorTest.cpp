// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

#include "halftone/Numerics/EncodeTensor.h"
#include "halftone/Numerics/ErrorMetrics.h"

#include "Random.h"

#include "gtest/gtest.h"

#include <cmath>
#include <limits>

using namespace halftone;
using halftone::testing::Random;

static EncodeOptions groups(int64_t group, unsigned channelAxis = 1, bool symmetric = true) {
  return {GranularityKind::Group, group, channelAxis, symmetric};
}

static EncodeOptions defaultsOf(const Format &format, unsigned channelAxis = 1) {
  return {format.granularity, format.group, channelAxis, true};
}

static std::vector<float> roundTrip(llvm::ArrayRef<float> values, llvm::ArrayRef<int64_t> shape,
                                    llvm::StringRef name, const EncodeOptions &options) {
  const Format &format = *findFormat(name);
  return decodeTensor(llvm::cantFail(encodeTensor(values, shape, format, options)), format);
}

static double sqnr(llvm::ArrayRef<float> values, llvm::ArrayRef<int64_t> shape,
                   llvm::StringRef name, const EncodeOptions &options) {
  return measureError(values, roundTrip(values, shape, name, options)).sqnr();
}

// A matrix [200, 24] and a filter [8, 6, 3, 3]: no group of 16, 32, 64 or 128 divides them.
TEST(EncodeTensor, EveryFormatTakesRaggedShapes) {
  Random random(1);
  for (const Format &format : allFormats()) {
    std::vector<float> matrix = random.gaussian(200 * 24), filter = random.gaussian(8 * 6 * 9);
    double matrixSqnr = sqnr(matrix, {200, 24}, format.name, defaultsOf(format, 1));
    double filterSqnr = sqnr(filter, {8, 6, 3, 3}, format.name, defaultsOf(format, 0));
    // Symmetric int2 with the scale of the largest number is the least: most numbers become zero.
    EXPECT_GT(matrixSqnr, 2) << format.name.str();
    EXPECT_GT(filterSqnr, 2) << format.name.str();
  }
}

// More bits of one kind, less error.
TEST(EncodeTensor, FormatsOfOneKindAreInTheOrderOfTheirBits) {
  std::vector<float> values = Random(2).gaussian(256 * 32);
  for (const std::vector<const char *> &names :
       {std::vector<const char *>{"int2", "int3", "int4", "int5", "int6", "int7", "int8"},
        {"uint2", "uint3", "uint4", "uint5", "uint6", "uint7", "uint8"},
        {"kmeans2", "kmeans3", "kmeans4", "kmeans5", "kmeans6", "kmeans7", "kmeans8"},
        {"bcq1", "bcq2", "bcq3", "bcq4"},
        {"mx4", "mx6", "mx9"},
        // e2m3 and e4m3 have the same mantissa, so mxfp8 buys range, not precision.
        {"mxfp4", "mxfp6"},
        {"mxfp4", "mxfp8", "mxint8"},
        {"vsq4", "vsq8"},
        {"bf16", "f16"}}) {
    double previous = 0;
    for (const char *name : names) {
      double now = sqnr(values, {256, 32}, name, defaultsOf(*findFormat(name)));
      EXPECT_GT(now, previous + 1) << name;
      previous = now;
    }
  }
}

// Whatever shares a codebook: evenly spaced values from the least of its weights to the largest.
TEST(EncodeTensor, CodebooksAreNeverWorseThanTheGridTheyStartFrom) {
  Random random(20);
  std::vector<float> values;
  for (int i = 0; i != 150 * 12; ++i) // Most near zero, some far off, more above than below.
    values.push_back(float(std::exp(random.gauss()) - 0.7));
  for (const char *name : {"kmeans2", "kmeans3", "kmeans4", "kmeans6"})
    for (EncodeOptions options : {EncodeOptions{GranularityKind::Tensor, 0, 1},
                                  EncodeOptions{GranularityKind::Channel, 0, 1}, groups(40)}) {
      const Format &format = *findFormat(name);
      std::vector<float> restored = roundTrip(values, {150, 12}, name, options);
      Granularity::Members members = makeGranularity({150, 12}, options).getMembers();
      double all = 0, allOnGrid = 0;
      for (size_t block = 0; block != members.size(); ++block) {
        double min = values[members[block][0]], max = min, error = 0, onGrid = 0;
        for (int64_t i : members[block])
          min = std::min(min, double(values[i])), max = std::max(max, double(values[i]));
        double step = (max - min) / (format.codec.numCodes() - 1);
        for (int64_t i : members[block]) {
          error += std::pow(values[i] - restored[i], 2);
          onGrid += std::pow(values[i] - (min + step * std::round((values[i] - min) / step)), 2);
        }
        EXPECT_LE(error, onGrid * (1 + 1e-6) + 1e-9) << name << " " << block;
        all += error, allOnGrid += onGrid;
      }
      EXPECT_LT(all, 0.8 * allOnGrid) << name;
    }
}

// What asymmetric integers make of weights, whatever their scale and zero point: binary planes of
// as many bits with an offset lose nothing but the rounding of their own scales.
TEST(EncodeTensor, BinaryPlanesWithAnOffsetHoldEveryUniformGrid) {
  std::vector<float> values;
  for (float value : Random(21).gaussian(256 * 6))
    values.push_back(value + 0.4f);
  for (auto [integers, planes] :
       {std::pair("uint2", "bcq2"), {"uint3", "bcq3"}, {"uint4", "bcq4"}}) {
    std::vector<float> grid =
        roundTrip(values, {256, 6}, integers, groups(128, 1, /*symmetric=*/false));
    EXPECT_GT(sqnr(grid, {256, 6}, planes, groups(128, 1, /*symmetric=*/false)), 120) << planes;
    EXPECT_LT(sqnr(grid, {256, 6}, planes, groups(128)), 60) << planes;
  }
}

// OCP Microscaling 1.0, 6.3: the shared scale is 2^(floor(log2(max)) - emax), elements are rounded
// and saturate.
TEST(EncodeTensor, MicroscalingIsThatOfTheStandard) {
  std::vector<float> values = Random(3).gaussian(96 * 4, 10);
  struct {
    const char *name;
    int emax;
  } cases[] = {{"mxfp8", 8},      {"mxfp8_e5m2", 15}, {"mxfp6", 2},
               {"mxfp6_e3m2", 4}, {"mxfp4", 2},       {"mxint8", 6}};
  for (auto [name, emax] : cases) {
    const Format &format = *findFormat(name);
    EncodedTensor tensor =
        llvm::cantFail(encodeTensor(values, {96, 4}, format, defaultsOf(format)));
    std::vector<float> restored = decodeTensor(tensor, format);
    ASSERT_EQ(tensor.scales.size(), 1u);
    ASSERT_EQ(tensor.scales[0].codes.size(), 12u);
    for (int column = 0; column != 4; ++column)
      for (int block = 0; block != 3; ++block) {
        float absmax = 0;
        for (int k = 0; k != 32; ++k)
          absmax = std::max(absmax, std::fabs(values[(block * 32 + k) * 4 + column]));
        float scale = std::exp2(std::floor(std::log2(absmax)) - float(emax));
        EXPECT_EQ(tensor.scales[0].values[block * 4 + column], scale) << name;
        EXPECT_EQ(tensor.scales[0].codes[block * 4 + column], 127 + std::ilogb(scale)) << name;
        for (int k = 0; k != 32; ++k) {
          int at = (block * 32 + k) * 4 + column;
          float limit = format.maxMagnitude();
          float element = std::clamp(values[at] / scale, -limit, limit);
          EXPECT_EQ(restored[at], format.codec.decode(format.codec.encode(element)) * scale);
        }
      }
  }
}

// arXiv 2302.08007: sixteen elements share an exponent, two of them a shift by one more.
TEST(EncodeTensor, SharedMicroexponentsAreNeverWorseThanTheirDefinition) {
  std::vector<float> values = Random(4).gaussian(64 * 8);
  for (auto [name, bits] : {std::pair{"mx9", 7}, {"mx6", 4}, {"mx4", 2}}) {
    std::vector<float> expected(values.size());
    for (int column = 0; column != 8; ++column)
      for (int block = 0; block != 4; ++block) {
        auto at = [&](int k) { return (block * 16 + k) * 8 + column; };
        int exponent = -200;
        for (int k = 0; k != 16; ++k)
          exponent = std::max(exponent, std::ilogb(values[at(k)]));
        for (int k = 0; k != 16; ++k) {
          int pair = std::max(std::ilogb(values[at(k & ~1)]), std::ilogb(values[at(k | 1)]));
          float unit = std::ldexp(1.0f, exponent - (pair < exponent ? 1 : 0) - bits + 1);
          float largest = float((1 << bits) - 1);
          expected[at(k)] =
              std::clamp(std::nearbyint(values[at(k)] / unit), -largest, largest) * unit;
        }
      }
    double definition = measureError(values, expected).errorPower;
    std::vector<float> actual = roundTrip(values, {64, 8}, name, groups(0));
    double error = measureError(values, actual).errorPower;
    EXPECT_LE(error, definition) << name;
    EXPECT_GT(error, 0.8 * definition) << name;
  }
}

// VS-Quant (arXiv 2102.04503): what a second level buys over one scale per channel, at a quarter
// of a bit.
TEST(EncodeTensor, ScalesPerVectorFollowVectorsOfDifferentSize) {
  Random random(5);
  std::vector<float> values;
  for (int vector = 0; vector != 64; ++vector)
    for (float value : random.gaussian(16, std::exp(random.gauss())))
      values.push_back(value);
  EncodeOptions channel = {GranularityKind::Channel, 0, 0, true};
  double plain = sqnr(values, {1, 1024}, "int4", channel);
  double vectors = sqnr(values, {1, 1024}, "vsq4", channel);
  double ideal = sqnr(values, {1, 1024}, "int4", groups(16, 0));
  EXPECT_GT(vectors, plain + 6);
  EXPECT_LT(vectors, ideal + 1);
  EXPECT_GT(vectors, ideal - 3);
}

// Bits of all that is stored, counted, are those of the formula.
TEST(EncodeTensor, TakesTheBitsOfTheFormula) {
  constexpr int64_t rows = 512, columns = 64;
  std::vector<float> values = Random(6).gaussian(rows * columns);
  for (const Format &format : allFormats()) {
    EncodedTensor tensor =
        llvm::cantFail(encodeTensor(values, {rows, columns}, format, defaultsOf(format)));
    double bits = double(values.size()) * format.packedBits;
    for (auto [level, scales] : llvm::zip_equal(format.scales, tensor.scales))
      bits += double(scales.values.size()) * level.bits();
    bits += 32.0 * double(tensor.values.size());
    Granularity blocks = makeGranularity({rows, columns}, defaultsOf(format));
    int64_t blockSize = rows * columns / blocks.getNumScales();
    EXPECT_DOUBLE_EQ(effectiveBits(format, blockSize), bits / double(values.size()))
        << format.name.str();
  }
}

TEST(EncodeTensor, EffectiveBitsAreThoseOfThePapers) {
  EXPECT_EQ(effectiveBits(*findFormat("mx4"), 1), 4);
  EXPECT_EQ(effectiveBits(*findFormat("mx6"), 1), 6);
  EXPECT_EQ(effectiveBits(*findFormat("mx9"), 1), 9);
  EXPECT_EQ(effectiveBits(*findFormat("mxfp8"), 1), 8.25);
  EXPECT_EQ(effectiveBits(*findFormat("mxfp4"), 1), 4.25);
  EXPECT_EQ(effectiveBits(*findFormat("mxint8"), 1), 8.25);
  EXPECT_NEAR(effectiveBits(*findFormat("vsq4"), 4096), 4.25, 0.01);
  EXPECT_EQ(effectiveBits(*findFormat("int4"), 128), 4.25);
  EXPECT_EQ(effectiveBits(*findFormat("uint4"), 128, /*asymmetric=*/true), 4.28125);
  EXPECT_EQ(effectiveBits(*findFormat("nf4"), 64), 4.5);
  EXPECT_EQ(effectiveBits(*findFormat("bcq3"), 128), 3.75);
  EXPECT_EQ(effectiveBits(*findFormat("bcq3"), 128, /*asymmetric=*/true), 4);
  EXPECT_EQ(effectiveBits(*findFormat("f16"), 1), 16);
}

// Restricted grids have no code that its negative lacks.
TEST(EncodeTensor, SymmetricIntegersLeaveTheLowestCodeOut) {
  std::vector<float> values = Random(7).gaussian(64 * 16);
  for (const char *name : {"int8", "int4", "int3", "mxint8", "mx9", "mx6", "mx4", "vsq4"}) {
    const Format &format = *findFormat(name);
    EncodedTensor tensor =
        llvm::cantFail(encodeTensor(values, {64, 16}, format, defaultsOf(format)));
    for (uint8_t code : tensor.codes)
      ASSERT_NE(code, 1u << (format.codec.bits - 1)) << name;
  }
}

TEST(EncodeTensor, ZerosAreExactInEveryFormat) {
  std::vector<float> values(200 * 4, 0.0f);
  for (const Format &format : allFormats())
    EXPECT_EQ(roundTrip(values, {200, 4}, format.name, defaultsOf(format)), values)
        << format.name.str();
}

// The least numbers have scales that are still normal, the largest do not overflow.
TEST(EncodeTensor, TakesTheEndsOfTheFloatRange) {
  for (const Format &format : allFormats()) {
    if (format.coding == Format::Coding::Plain)
      continue;
    for (float magnitude : {1e-38f, 1e-30f, 1e30f}) {
      std::vector<float> values = Random(8).gaussian(64 * 2);
      for (float &value : values)
        value *= magnitude;
      for (float value : roundTrip(values, {64, 2}, format.name, defaultsOf(format)))
        ASSERT_TRUE(std::isfinite(value)) << format.name.str() << " " << magnitude;
    }
  }
}

TEST(EncodeTensor, RefusesWhatCannotBeStored) {
  for (float bad : {std::numeric_limits<float>::infinity(), std::nanf("")})
    for (const Format &format : allFormats()) {
      llvm::Expected<EncodedTensor> tensor =
          encodeTensor({1.0f, bad}, {2, 1}, format, defaultsOf(format));
      ASSERT_FALSE(bool(tensor)) << format.name.str();
      llvm::consumeError(tensor.takeError());
    }
  llvm::Expected<EncodedTensor> tensor =
      encodeTensor({1e5f}, {1, 1}, *findFormat("f16"), defaultsOf(*findFormat("f16")));
  ASSERT_FALSE(bool(tensor));
  EXPECT_EQ(llvm::toString(tensor.takeError()),
            "100000 is beyond the largest number of f16, 65504");
}

// Groups of a filter are cut from its taps inward: whole kernels as long as they fit.
TEST(EncodeTensor, GroupsOfAFilterHoldAtMostTheirSize) {
  auto blocks = [](llvm::ArrayRef<int64_t> shape, unsigned axis, int64_t group) {
    return llvm::SmallVector<int64_t>(
        Granularity::perReductionGroup(shape, axis, group).getBlocks());
  };
  using Blocks = llvm::SmallVector<int64_t>;
  EXPECT_EQ(blocks({64, 10}, 1, 32), Blocks({32, 1}));
  EXPECT_EQ(blocks({10, 64}, 0, 32), Blocks({1, 32}));
  EXPECT_EQ(blocks({8, 16, 3, 3}, 0, 32), Blocks({1, 3, 3, 3}));
  EXPECT_EQ(blocks({8, 16, 3, 3}, 0, 8), Blocks({1, 1, 2, 3}));
  EXPECT_EQ(blocks({8, 16, 3, 3}, 0, 2), Blocks({1, 1, 1, 2}));
  EXPECT_EQ(blocks({8, 1, 3, 3}, 0, 128), Blocks({1, 1, 3, 3}));
  EXPECT_EQ(blocks({8, 256, 1, 1}, 0, 128), Blocks({1, 128, 1, 1}));
}
