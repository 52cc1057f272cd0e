// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every row of the instruction table that this machine can run, against the naive loops of the
// reference mode, over shapes that leave tails in every dimension. Integers bit for bit.
#include "CompiledProgram.h"

#include "llvm/ADT/StringExtras.h"

#include <cmath>
#include <random>

using namespace halftone_test;

namespace {

struct Target {
  const char *name;
  /// The kernels that the programs below have to choose.
  std::set<std::string> kernels;
};

const Target targets[] = {
    {"x86-64", {"f32-generic", "f32s8-generic", "u8s8-generic"}},
    {"x86-64-v2", {"f32-generic", "f32s8-generic", "u8s8-generic"}},
    {"x86-64-v3", {"f32-fma-avx2", "f32s8-fma-avx2", "u8s8-pmaddwd-avx2"}},
    {"x86-64-v3+avxvnni", {"f32-fma-avx2", "f32s8-fma-avx2", "u8s8-vnni-avx2"}},
    {"x86-64-v4", {"f32-fma-avx512", "f32s8-fma-avx512", "u8s8-pmaddwd-avx512"}},
    {"znver4", {"f32-fma-avx512", "f32s8-fma-avx512", "u8s8-vnni-avx512"}},
    {"sapphirerapids", {"f32-fma-avx512", "f32s8-fma-avx512", "u8s8-vnni-avx512", "u8s8-amx"}},
};

constexpr int64_t kDynamic = -1;

struct MatmulShape {
  int64_t rows, depth, columns;
};

// Tails of rows (tiles have up to 32), of depth (steps of 4 and 64) and of columns (panels of up to
// 64), and one of many tasks.
const MatmulShape matmulShapes[] = {{1, 1, 1},       {1, 64, 40},        {2, 7, 3},
                                    {5, 33, 17},     {17, 64, 5},        {33, 68, 70},
                                    {131, 520, 104}, {kDynamic, 19, 37}, {kDynamic, 64, 32}};

struct ConvShape {
  int64_t size, channels, outputs, kernel, stride, dilation, pad;
  bool isDepthwise() const { return outputs == 0; }
  int64_t outputSize() const { return (size + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1; }
};

const ConvShape convShapes[] = {
    {7, 3, 5, 3, 1, 1, 1},   {9, 16, 33, 1, 1, 1, 0},  {11, 5, 17, 3, 2, 1, 1},
    {10, 8, 20, 3, 1, 2, 2}, {21, 64, 40, 3, 1, 1, 1}, {7, 3, 0, 3, 1, 1, 1},
    {9, 19, 0, 3, 2, 1, 1},  {11, 70, 0, 5, 1, 1, 2},  {10, 33, 0, 3, 1, 2, 2}};

struct Operands {
  const char *input, *weights;

  bool isFloat() const { return input == std::string("f32"); }
  /// Constant codes that are dequantized before the product.
  bool areCodes() const { return isFloat() && weights == std::string("i8"); }
};

constexpr Operands floats32 = {"f32", "f32"}, floatsAndCodes = {"f32", "i8"};
constexpr Operands unsignedCodes = {"ui8", "i8"}, signedCodes = {"i8", "i8"};

/// One function of the program and the shape of its input for each run.
struct Case {
  std::string name;
  Operands operands;
  std::vector<std::vector<int64_t>> inputShapes;
};

/// Graph ops as text, with constants of random bytes.
class ProgramText {
public:
  void addMatmul(const MatmulShape &shape, const Operands &operands);
  void addConv(const ConvShape &shape, const Operands &operands);

  std::string text;
  std::vector<Case> cases;

private:
  std::string weights(std::vector<int64_t> shape, const Operands &operands, int channelAxis);
  void add(const std::string &op, const std::string &attributes, const Operands &operands,
           std::vector<int64_t> inputShape, std::vector<int64_t> filterShape,
           std::vector<int64_t> resultShape, std::vector<std::vector<int64_t>> inputShapes);

  std::mt19937 random{7};
};

std::string tensor(llvm::ArrayRef<int64_t> shape, const std::string &element) {
  std::string text = "tensor<";
  for (int64_t size : shape)
    text += (size == kDynamic ? "?" : std::to_string(size)) + "x";
  return text + element + ">";
}

/// `%w`, as the op reads it.
std::string ProgramText::weights(std::vector<int64_t> shape, const Operands &operands,
                                 int channelAxis) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  std::string bytes;
  for (int64_t i = 0; i < count; ++i) {
    float value = std::uniform_real_distribution<float>(-1, 1)(random);
    if (operands.weights == std::string("f32"))
      bytes.append(reinterpret_cast<const char *>(&value), sizeof(value));
    else
      bytes.push_back(char(random()));
  }
  std::string type = tensor(shape, operands.weights);
  std::string constant = " = halftone.constant dense<\"0x" + llvm::toHex(bytes) + "\"> : " + type;
  if (!operands.areCodes())
    return "  %w" + constant + "\n";
  std::string scales = tensor(shape[channelAxis], "f32");
  return "  %q" + constant + "\n  %s = halftone.constant dense<0.0078> : " + scales +
         "\n  %z = halftone.constant dense<0> : tensor<i8>\n  %w = halftone.dequantize %q, %s, %z "
         "{axis = " +
         std::to_string(channelAxis) + " : i64} : (" + type + ", " + scales + ", tensor<i8>) -> " +
         tensor(shape, "f32") + "\n";
}

/// The zero points of integer operands.
std::string zeroPoints(const Operands &operands) {
  std::string input = operands.input;
  return "  %zx = halftone.constant dense<" + std::string(input == "i8" ? "-3" : "131") +
         "> : tensor<" + input + ">\n  %zw = halftone.constant dense<0> : tensor<i8>\n";
}

void ProgramText::add(const std::string &op, const std::string &attributes,
                      const Operands &operands, std::vector<int64_t> inputShape,
                      std::vector<int64_t> filterShape, std::vector<int64_t> resultShape,
                      std::vector<std::vector<int64_t>> inputShapes) {
  std::string name = op + "_" + operands.input + operands.weights + std::to_string(cases.size());
  std::string input = tensor(inputShape, operands.input);
  std::string types = input + ", " + tensor(filterShape, operands.isFloat() ? "f32" : "i8");
  std::string result = tensor(resultShape, operands.isFloat() ? "f32" : "i32");
  text += "func.func @" + name + "(%x: " + input + ") -> " + result + " {\n" +
          weights(filterShape, operands, op == "matmul" ? 1 : 0);
  if (operands.isFloat())
    text += "  %p = halftone." + op + " %x, %w" + attributes + " : (" + types + ") -> " + result +
            "\n  %y = halftone.relu %p : (" + result + ") -> " + result + "\n";
  else
    text += zeroPoints(operands) + "  %y = halftone." + op + "_integer %x, %w, %zx, %zw" +
            attributes + " : (" + types + ", tensor<" + operands.input + ">, tensor<i8>) -> " +
            result + "\n";
  text += "  return %y : " + result + "\n}\n";
  cases.push_back({name, operands, std::move(inputShapes)});
}

void ProgramText::addMatmul(const MatmulShape &shape, const Operands &operands) {
  auto [rows, depth, columns] = shape;
  std::vector<std::vector<int64_t>> inputShapes = {{rows, depth}};
  if (rows == kDynamic)
    inputShapes = {{1, depth}, {0, depth}, {16, depth}, {45, depth}};
  add("matmul", "", operands, {rows, depth}, {depth, columns}, {rows, columns}, inputShapes);
}

void ProgramText::addConv(const ConvShape &shape, const Operands &operands) {
  int64_t outputs = shape.isDepthwise() ? shape.channels : shape.outputs;
  int64_t inputs = shape.isDepthwise() ? 1 : shape.channels;
  auto twice = [](int64_t value) { return std::to_string(value) + ", " + std::to_string(value); };
  std::string attributes =
      " {strides = array<i64: " + twice(shape.stride) +
      ">, dilations = array<i64: " + twice(shape.dilation) +
      ">, pads = array<i64: " + twice(shape.pad) + ", " + twice(shape.pad) +
      ">, group = " + std::to_string(shape.isDepthwise() ? shape.channels : 1) + " : i64}";
  std::vector<int64_t> image = {2, shape.channels, shape.size, shape.size};
  add("conv", attributes, operands, image, {outputs, inputs, shape.kernel, shape.kernel},
      {2, outputs, shape.outputSize(), shape.outputSize()}, {image});
}

ProgramText makeProgram() {
  ProgramText program;
  for (const Operands &operands : {floats32, unsignedCodes}) {
    for (const MatmulShape &shape : matmulShapes)
      program.addMatmul(shape, operands);
    for (const ConvShape &shape : convShapes)
      program.addConv(shape, operands);
  }
  // These differ from the others in how operands reach the kernel only.
  for (const Operands &operands : {signedCodes, floatsAndCodes}) {
    program.addMatmul({5, 33, 17}, operands);
    program.addMatmul({kDynamic, 19, 37}, operands);
    program.addConv({7, 3, 5, 3, 1, 1, 1}, operands);
    program.addConv({9, 19, 0, 3, 2, 1, 1}, operands);
  }
  return program;
}

struct Input {
  std::vector<float> floats;
  std::vector<uint8_t> codes;
  halftone_tensor tensor;
};

void fillInput(Input &input, const Case &tested, const std::vector<int64_t> &shape) {
  std::mt19937 random(11);
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  if (tested.operands.isFloat()) {
    input.floats.resize(std::max<int64_t>(count, 1));
    for (float &value : input.floats)
      value = std::uniform_real_distribution<float>(-1, 1)(random);
    input.tensor = tensorOf(input.floats, HALFTONE_DTYPE_F32, shape);
    return;
  }
  input.codes.resize(std::max<int64_t>(count, 1));
  for (uint8_t &code : input.codes)
    code = uint8_t(random());
  // The extremes meet those of the weights.
  std::fill_n(input.codes.begin(), input.codes.size() / 3,
              tested.operands.input[0] == 'u' ? 255 : 128);
  input.tensor = tensorOf(
      input.codes, tested.operands.input[0] == 'u' ? HALFTONE_DTYPE_U8 : HALFTONE_DTYPE_I8, shape);
}

void expectClose(const std::vector<float> &values, const std::vector<float> &expected) {
  ASSERT_EQ(values.size(), expected.size());
  for (size_t i = 0; i < values.size(); ++i)
    // Sums of up to 577 products of at most 1, in another order.
    ASSERT_NEAR(values[i], expected[i], 2e-5 * std::max(1.0f, std::fabs(expected[i]))) << i;
}

class KernelsTest : public testing::TestWithParam<Target> {};

} // namespace

TEST_P(KernelsTest, EqualTheReference) {
  auto target = llvm::cantFail(mlir::halftone::CPUTarget::get(GetParam().name));
  if (target.requiredFeatures & ~halftone_cpu_features())
    GTEST_SKIP() << "this machine is no " << GetParam().name;
  ProgramText text = makeProgram();
  std::set<std::string> kernels;
  CompiledProgram fast(text.text, 3, {}, {GetParam().name, true, false, &kernels});
  CompiledProgram naive(text.text, 1, {}, {"x86-64", true, true});
  EXPECT_EQ(kernels, GetParam().kernels);
  for (auto [entry, tested] : llvm::enumerate(text.cases))
    for (const std::vector<int64_t> &shape : tested.inputShapes) {
      SCOPED_TRACE(tested.name + " on " + tensor(shape, tested.operands.input));
      Input input;
      fillInput(input, tested, shape);
      const halftone_tensor &result = fast.run({input.tensor}, entry)[0];
      const halftone_tensor &expected = naive.run({input.tensor}, entry)[0];
      if (result.dtype == HALFTONE_DTYPE_F32)
        expectClose(valuesOf<float>(result), valuesOf<float>(expected));
      else
        ASSERT_EQ(valuesOf<int32_t>(result), valuesOf<int32_t>(expected));
    }
}

INSTANTIATE_TEST_SUITE_P(Targets, KernelsTest, testing::ValuesIn(targets),
                         [](const testing::TestParamInfo<Target> &info) {
                           std::string name = info.param.name;
                           for (char &letter : name)
                             letter = llvm::isAlnum(letter) ? letter : '_';
                           return name;
                         });
