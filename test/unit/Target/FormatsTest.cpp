// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Weights in every format, by recipe, in a product, a convolution and an embedding of odd shapes:
// compiled both ways, against float arithmetic on the numbers that the format's definition gives.
#include "CompiledProgram.h"

#include "halftone/Numerics/EncodeTensor.h"
#include "halftone/Numerics/Format.h"
#include "halftone/Pipelines/GraphPipeline.h"
#include "llvm/ADT/StringExtras.h"

#include <cmath>
#include <random>

using namespace halftone_test;
using namespace halftone;

namespace {

constexpr int64_t rows = 5, depth = 50, columns = 7;
constexpr int64_t outputs = 8, channels = 6, size = 7, kernel = 3;
constexpr int64_t words = 20, width = 22;
constexpr int64_t lanes = 19, taps = 5;

std::vector<float> randomValues(int64_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> values(count);
  for (float &value : values)
    value = std::normal_distribution<float>()(random);
  return values;
}

std::vector<float> matrix() { return randomValues(depth * columns, 1); }
std::vector<float> filter() { return randomValues(outputs * channels * kernel * kernel, 2); }
std::vector<float> embedding() { return randomValues(words * width, 3); }

std::vector<float> tapsOfChannels() { return randomValues(lanes * taps, 6); }
std::vector<float> signalFilter() { return randomValues(outputs * channels * taps, 7); }

std::string hex(const std::vector<float> &values) {
  return "dense<\"0x" +
         llvm::toHex(llvm::StringRef(reinterpret_cast<const char *>(values.data()),
                                     values.size() * sizeof(float))) +
         "\">";
}

/// Functions before they are quantized.
std::string floatProgram() {
  return R"(
func.func @product(%x: tensor<5x50xf32>) -> tensor<5x7xf32> {
  %w = halftone.constant )" +
         hex(matrix()) + R"( : tensor<50x7xf32>
  %y = halftone.matmul %x, %w : (tensor<5x50xf32>, tensor<50x7xf32>) -> tensor<5x7xf32> loc("fc")
  return %y : tensor<5x7xf32>
}
func.func @convolution(%x: tensor<1x6x7x7xf32>) -> tensor<1x8x5x5xf32> {
  %w = halftone.constant )" +
         hex(filter()) + R"( : tensor<8x6x3x3xf32>
  %y = halftone.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>}
      : (tensor<1x6x7x7xf32>, tensor<8x6x3x3xf32>) -> tensor<1x8x5x5xf32> loc("conv")
  return %y : tensor<1x8x5x5xf32>
}
func.func @embed(%i: tensor<?xi64>) -> tensor<?x22xf32> {
  %w = halftone.constant )" +
         hex(embedding()) + R"( : tensor<20x22xf32>
  %y = halftone.gather %w, %i {axis = 0 : i64} : (tensor<20x22xf32>, tensor<?xi64>) -> tensor<?x22xf32> loc("emb")
  return %y : tensor<?x22xf32>
}
func.func @depthwise(%x: tensor<1x19x7x1xf32>) -> tensor<1x19x3x1xf32> {
  %w = halftone.constant )" +
         hex(tapsOfChannels()) + R"( : tensor<19x1x5x1xf32>
  %y = halftone.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, group = 19 : i64}
      : (tensor<1x19x7x1xf32>, tensor<19x1x5x1xf32>) -> tensor<1x19x3x1xf32> loc("taps")
  return %y : tensor<1x19x3x1xf32>
}
func.func @signal(%x: tensor<1x6x11xf32>) -> tensor<1x8x4xf32> {
  %w = halftone.constant )" +
         hex(signalFilter()) + R"( : tensor<8x6x5xf32>
  %y = halftone.conv %x, %w {strides = array<i64: 2>, dilations = array<i64: 1>, pads = array<i64: 0, 0>}
      : (tensor<1x6x11xf32>, tensor<8x6x5xf32>) -> tensor<1x8x4xf32> loc("signal")
  return %y : tensor<1x8x4xf32>
})";
}

/// The program as the recipe quantizes it, as text.
std::string quantize(const std::string &weights) {
  mlir::DialectRegistry registry;
  mlir::halftone::registerAllDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  auto module = mlir::parseSourceString<mlir::ModuleOp>(floatProgram(), &context);
  llvm::Expected<Recipe> recipe =
      Recipe::parse("weights: {" + weights + "}\nembeddings: true\n", "test.yaml");
  EXPECT_TRUE(bool(recipe)) << llvm::toString(recipe.takeError());
  mlir::PassManager passes(&context);
  mlir::halftone::populateQuantizePipeline(
      passes, {std::make_shared<const Recipe>(std::move(*recipe)), ""});
  EXPECT_TRUE(module && mlir::succeeded(passes.run(*module))) << weights;
  std::string text;
  llvm::raw_string_ostream stream(text);
  module->print(stream); // Unlike <<, with the resources.
  return text;
}

std::vector<float> restored(const std::vector<float> &values, llvm::ArrayRef<int64_t> shape,
                            unsigned channelAxis, const Format &format, EncodeOptions options) {
  options.channelAxis = channelAxis;
  return decodeTensor(llvm::cantFail(encodeTensor(values, shape, format, options)), format);
}

std::vector<float> multiply(const std::vector<float> &x, const std::vector<float> &w) {
  std::vector<float> y;
  for (int64_t m = 0; m < rows; ++m)
    for (int64_t n = 0; n < columns; ++n) {
      double sum = 0;
      for (int64_t k = 0; k < depth; ++k)
        sum += double(x[m * depth + k]) * w[k * columns + n];
      y.push_back(float(sum));
    }
  return y;
}

std::vector<float> convolve(const std::vector<float> &x, const std::vector<float> &w) {
  constexpr int64_t out = size - kernel + 1;
  std::vector<float> y;
  for (int64_t o = 0; o < outputs; ++o)
    for (int64_t i = 0; i < out; ++i)
      for (int64_t j = 0; j < out; ++j) {
        double sum = 0;
        for (int64_t c = 0; c < channels; ++c)
          for (int64_t a = 0; a < kernel; ++a)
            for (int64_t b = 0; b < kernel; ++b)
              sum += double(x[(c * size + i + a) * size + j + b]) *
                     w[((o * channels + c) * kernel + a) * kernel + b];
        y.push_back(float(sum));
      }
  return y;
}

/// One filter of `taps` for each channel, or for each output over all channels of a signal.
std::vector<float> convolveLines(const std::vector<float> &x, const std::vector<float> &w,
                                 int64_t numOutputs, int64_t inputs, int64_t length,
                                 int64_t stride) {
  std::vector<float> y;
  for (int64_t o = 0; o < numOutputs; ++o)
    for (int64_t i = 0; i + taps <= length; i += stride) {
      double sum = 0;
      for (int64_t c = 0; c < inputs; ++c)
        for (int64_t t = 0; t < taps; ++t)
          sum += double(x[(inputs == 1 ? o : c) * length + i + t]) * w[(o * inputs + c) * taps + t];
      y.push_back(float(sum));
    }
  return y;
}

void expectNear(const std::vector<float> &actual, const std::vector<float> &expected,
                const std::string &what) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  for (size_t i = 0; i < actual.size(); ++i)
    ASSERT_NEAR(actual[i], expected[i], 2e-5 * (1 + std::fabs(expected[i]))) << what << " at " << i;
}

struct Variant {
  std::string recipe;
  EncodeOptions options;
  bool isFullRange = false;
};

/// The granularities that a format has; the last group of each dimension is shorter.
std::vector<Variant> variantsOf(const Format &format) {
  std::string name = "format: " + format.name.str();
  EncodeOptions own{format.granularity, format.group};
  if (format.hasFixedGroups() || format.coding == Format::Coding::Plain)
    return {{name, own}};
  std::vector<Variant> variants = {{name + ", group: 16", {GranularityKind::Group, 16}}};
  if (format.packedBits != 4) // The others differ in their codes only.
    return variants;
  EncodeOptions block{GranularityKind::Block, 16};
  block.channels = 3;
  variants.push_back({name + ", block: [3, 16]", block});
  variants.push_back({name + ", granularity: tensor", {GranularityKind::Tensor}});
  variants.push_back({name + ", granularity: channel", {GranularityKind::Channel}});
  if (format.hasFreeScales()) {
    EncodeOptions half{GranularityKind::Group, 16};
    half.fit.scaleCodec = findFormat("f16")->codec;
    variants.push_back({name + ", group: 16, scales: f16", half});
    EncodeOptions fixed{GranularityKind::Group, 16};
    fixed.fit.scaleCodec = ElementCodec::powerOfTwo();
    variants.push_back({name + ", group: 16, scales: power-of-two", fixed});
    EncodeOptions clipped{GranularityKind::Channel};
    clipped.fit.range.method = RangeMethod::Percentile;
    clipped.fit.range.percentile = 97;
    variants.push_back({name + ", granularity: channel, range: 'percentile:97'", clipped});
  }
  if (format.isInteger() && format.codec.isSigned && format.hasFreeScales())
    variants.push_back({name + ", group: 16, symmetric: full-range",
                        {GranularityKind::Group, 16},
                        /*isFullRange=*/true});
  if (format.isInteger() || format.coding == Format::Coding::BinaryPlanes)
    variants.push_back(
        {name + ", group: 16, symmetric: false", {GranularityKind::Group, 16, 0, false}});
  return variants;
}

void check(const Format &format, const Variant &variant) {
  std::string text = quantize(variant.recipe);
  std::vector<float> x = randomValues(rows * depth, 4);
  std::vector<float> image = randomValues(channels * size * size, 5);
  std::vector<int64_t> indices = {3, 0, 19, -1, 3};
  std::vector<float> product =
      multiply(x, restored(matrix(), {depth, columns}, 1, format, variant.options));
  std::vector<float> convolution = convolve(
      image, restored(filter(), {outputs, channels, kernel, kernel}, 0, format, variant.options));
  std::vector<float> table = restored(embedding(), {words, width}, 0, format, variant.options);
  std::vector<float> embedded;
  for (int64_t index : indices)
    for (int64_t i = 0; i < width; ++i)
      embedded.push_back(table[((index + words) % words) * width + i]);

  std::vector<float> line = randomValues(lanes * size, 8), signal = randomValues(channels * 11, 9);
  std::vector<float> depthwise = convolveLines(
      line, restored(tapsOfChannels(), {lanes, 1, taps, 1}, 0, format, variant.options), lanes, 1,
      size, 1);
  std::vector<float> filtered = convolveLines(
      signal, restored(signalFilter(), {outputs, channels, taps}, 0, format, variant.options),
      outputs, channels, 11, 2);

  for (bool reference : {false, true}) {
    std::string what = variant.recipe + (reference ? ", reference" : ", fast");
    CompiledProgram program(text, 1, {}, {"native", /*isGraph=*/true, reference});
    expectNear(valuesOf<float>(program.run({floats(x, {rows, depth})}, 0)[0]), product,
               what + ", product");
    expectNear(valuesOf<float>(program.run({floats(image, {1, channels, size, size})}, 1)[0]),
               convolution, what + ", convolution");
    EXPECT_EQ(valuesOf<float>(program.run({tensorOf(indices, HALFTONE_DTYPE_I64, {5})}, 2)[0]),
              embedded)
        << what << ", embedding";
    expectNear(valuesOf<float>(program.run({floats(line, {1, lanes, size, 1})}, 3)[0]), depthwise,
               what + ", depthwise");
    expectNear(valuesOf<float>(program.run({floats(signal, {1, channels, 11})}, 4)[0]), filtered,
               what + ", one dimension");
  }
}

class FormatsTest : public ::testing::TestWithParam<std::string> {};

} // namespace

TEST_P(FormatsTest, ComputesWithTheNumbersOfItsDefinition) {
  const Format &format = *findFormat(GetParam());
  for (const Variant &variant : variantsOf(format))
    check(variant.isFullRange ? format.withFullRange() : format, variant);
}

static std::vector<std::string> formatNames() {
  std::vector<std::string> names;
  for (const Format &format : allFormats())
    names.push_back(format.name.str());
  return names;
}
INSTANTIATE_TEST_SUITE_P(Formats, FormatsTest, ::testing::ValuesIn(formatNames()),
                         [](const auto &info) { return info.param; });
