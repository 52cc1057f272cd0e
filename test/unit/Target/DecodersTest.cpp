// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Products with weights that stay codes, against products with the same weights as floats, computed
// here: bit for bit, on every target, over sizes that leave tails in every dimension.
#include "CompiledProgram.h"
#include "halftone/Numerics/ElementCodec.h"

#include "llvm/ADT/StringExtras.h"

#include <cmath>
#include <cstring>
#include <functional>
#include <random>

using namespace halftone_test;
using halftone::ElementCodec;

namespace {

/// An element type as text, and the numbers of its codes.
struct CodeType {
  std::string name;
  ElementCodec codec;

  static CodeType integer(unsigned bits, bool isSigned) {
    return {(isSigned ? "i" : "ui") + std::to_string(bits),
            isSigned ? ElementCodec::signedInteger(bits) : ElementCodec::unsignedInteger(bits)};
  }
  static CodeType f4e2m1() {
    return {"f4E2M1FN", ElementCodec::floating(2, 1, 1, ElementCodec::Special::None)};
  }
  static CodeType f6e2m3() {
    return {"f6E2M3FN", ElementCodec::floating(2, 3, 1, ElementCodec::Special::None)};
  }
  static CodeType f6e3m2() {
    return {"f6E3M2FN", ElementCodec::floating(3, 2, 3, ElementCodec::Special::None)};
  }
  static CodeType f8e4m3() {
    return {"f8E4M3FN", ElementCodec::floating(4, 3, 7, ElementCodec::Special::AllOnesNaN)};
  }
  static CodeType f8e5m2() {
    return {"f8E5M2", ElementCodec::floating(5, 2, 15, ElementCodec::Special::IEEE)};
  }
  static CodeType powerOfTwo() { return {"f8E8M0FNU", ElementCodec::powerOfTwo()}; }
};

std::string tensorType(llvm::ArrayRef<int64_t> shape, llvm::StringRef element) {
  std::string text = "tensor<";
  for (int64_t size : shape)
    text += (size < 0 ? "?" : std::to_string(size)) + "x";
  return text + element.str() + ">";
}

int64_t countOf(llvm::ArrayRef<int64_t> shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

/// A value of the program and its elements.
struct Value {
  std::string name;
  std::vector<int64_t> shape;
  std::string element;
  std::vector<float> numbers;

  std::string type() const { return tensorType(shape, element); }
};

int64_t divideUp(int64_t value, int64_t block) { return (value + block - 1) / block; }

/// Ops that compute weights from constants, and what they must compute.
class WeightText {
public:
  explicit WeightText(unsigned seed) : random(seed) {}

  std::string text;

  /// Random finite codes of numbers that are no larger than `largest`.
  Value codes(const CodeType &type, std::vector<int64_t> shape, float largest = INFINITY) {
    std::string bytes;
    Value value{newName(), shape, type.name, {}};
    while (int64_t(bytes.size()) < countOf(shape)) {
      uint32_t code = uint32_t(random()) & (type.codec.numCodes() - 1);
      if (!type.codec.isFinite(code) || std::fabs(type.codec.decode(code)) > largest)
        continue;
      bytes.push_back(char(code));
      value.numbers.push_back(type.codec.decode(code));
    }
    return addConstant(std::move(value), bytes);
  }

  Value floats(std::vector<int64_t> shape) {
    std::vector<float> numbers(countOf(shape));
    for (float &number : numbers)
      number = std::uniform_real_distribution<float>(0.5f, 2)(random);
    return constant(std::move(shape), std::move(numbers));
  }

  Value constant(std::vector<int64_t> shape, std::vector<float> numbers) {
    std::string bytes(reinterpret_cast<const char *>(numbers.data()), numbers.size() * 4);
    return addConstant({newName(), std::move(shape), "f32", std::move(numbers)}, bytes);
  }

  /// bf16 numbers, converted to f32 or as they are.
  Value bfloats(std::vector<int64_t> shape, bool isConverted = true) {
    Value narrow{newName(), shape, "bf16", {}};
    std::string bytes;
    for (int64_t i = 0; i < countOf(shape); ++i) {
      uint32_t bits = (0x3f00u + uint32_t(random()) % 0x100) << 16;
      bytes.append({char(bits >> 16), char(bits >> 24)});
      float number;
      std::memcpy(&number, &bits, 4);
      narrow.numbers.push_back(number);
    }
    addConstant(narrow, bytes);
    if (!isConverted)
      return narrow;
    Value wide{newName(), shape, "f32", narrow.numbers};
    text += "  " + wide.name + " = halftone.cast " + narrow.name + " {to = f32} : (" +
            narrow.type() + ") -> " + wide.type() + "\n";
    return wide;
  }

  Value zero(llvm::StringRef element, std::string literal = "0") {
    // Powers of two have no zero.
    if (element[0] == 'f')
      literal = element == "f8E8M0FNU" ? "1.0" : "0.0";
    else if (element[0] == 'b')
      literal = "0.0";
    Value value{newName(), {}, element.str(), {element[0] == 'f' ? 0.0f : std::stof(literal)}};
    text +=
        "  " + value.name + " = halftone.constant dense<" + literal + "> : " + value.type() + "\n";
    return value;
  }

  /// `blocks` as the attribute has them; empty for one scale.
  Value dequantize(const Value &codes, const Value &scale, const Value &zeroPoint,
                   std::vector<int64_t> blocks) {
    Value result{newName(), codes.shape, "f32", {}};
    text += "  " + result.name + " = halftone.dequantize " + codes.name + ", " + scale.name + ", " +
            zeroPoint.name + blocksText(blocks) + " : (" + codes.type() + ", " + scale.type() +
            ", " + zeroPoint.type() + ") -> " + result.type() + "\n";
    for (int64_t i = 0; i < countOf(codes.shape); ++i)
      result.numbers.push_back((codes.numbers[i] - at(zeroPoint, codes.shape, i, blocks)) *
                               at(scale, codes.shape, i, blocks));
    return result;
  }

  /// Without blocks `table` is [2^bits].
  Value lookup(const Value &codes, const Value &table, std::vector<int64_t> blocks) {
    Value result{newName(), codes.shape, "f32", {}};
    text += "  " + result.name + " = halftone.lookup " + codes.name + ", " + table.name +
            blocksText(blocks) + " : (" + codes.type() + ", " + table.type() + ") -> " +
            result.type() + "\n";
    int64_t size = table.shape.back();
    for (int64_t i = 0; i < countOf(codes.shape); ++i) {
      int64_t book = blocks.empty() ? 0 : blockOf(codes.shape, i, blocks);
      result.numbers.push_back(table.numbers[book * size + int64_t(codes.numbers[i])]);
    }
    return result;
  }

  Value binaryDecode(int64_t numPlanes, std::vector<int64_t> shape, std::vector<int64_t> blocks) {
    std::vector<int64_t> grid = gridOf(shape, blocks), planeShape = shape, scaleShape = grid;
    planeShape.insert(planeShape.begin(), numPlanes);
    scaleShape.insert(scaleShape.begin(), numPlanes);
    Value scales = floats(scaleShape), offset = floats(grid),
          planes{newName(), planeShape, "i1", {}};
    std::string bits;
    for (int64_t i = 0; i < countOf(planeShape); ++i) {
      planes.numbers.push_back(float(random() % 2));
      bits += planes.numbers.back() != 0 ? "true," : "false,";
    }
    bits.pop_back();
    // As one dimension: a list of lists is not worth its brackets.
    Value flat{newName(), {countOf(planeShape)}, "i1", {}};
    text += "  " + planes.name + " = halftone.constant dense<" + nested(bits, planeShape) +
            "> : " + planes.type() + "\n";
    Value result{newName(), shape, "f32", {}};
    text += "  " + result.name + " = halftone.binary_decode " + planes.name + ", " + scales.name +
            ", " + offset.name + blocksText(blocks) + " : (" + planes.type() + ", " +
            scales.type() + ", " + offset.type() + ") -> " + result.type() + "\n";
    for (int64_t i = 0; i < countOf(shape); ++i) {
      int64_t block = blockOf(shape, i, blocks);
      float sum = offset.numbers[block];
      for (int64_t plane = 0; plane < numPlanes; ++plane) {
        float scale = scales.numbers[plane * countOf(grid) + block];
        sum += planes.numbers[plane * countOf(shape) + i] != 0 ? scale : -scale;
      }
      result.numbers.push_back(sum);
    }
    return result;
  }

  Value transpose(const Value &value) {
    int64_t rows = value.shape[0], columns = value.shape[1];
    Value result{newName(), {columns, rows}, "f32", {}};
    for (int64_t i = 0; i < rows * columns; ++i)
      result.numbers.push_back(value.numbers[i % rows * columns + i / rows]);
    text += "  " + result.name + " = halftone.transpose " + value.name +
            " {permutation = array<i64: 1, 0>} : (" + value.type() + ") -> " + result.type() + "\n";
    return result;
  }

  static std::vector<int64_t> gridOf(const std::vector<int64_t> &shape,
                                     const std::vector<int64_t> &blocks) {
    std::vector<int64_t> grid(shape.size());
    for (size_t dim = 0; dim < shape.size(); ++dim)
      grid[dim] = divideUp(shape[dim], blocks[dim]);
    return grid;
  }

private:
  std::string newName() { return "%v" + std::to_string(numNames++); }

  Value addConstant(Value value, llvm::StringRef bytes) {
    text += "  " + value.name + " = halftone.constant dense<\"0x" + llvm::toHex(bytes) +
            "\"> : " + value.type() + "\n";
    return value;
  }

  /// A list of elements in the brackets of its shape.
  static std::string nested(llvm::StringRef elements, llvm::ArrayRef<int64_t> shape) {
    llvm::SmallVector<llvm::StringRef> parts;
    elements.split(parts, ',');
    std::string result;
    std::function<void(size_t, size_t, size_t)> add = [&](size_t dim, size_t begin, size_t end) {
      if (dim == shape.size()) {
        result += parts[begin].str();
        return;
      }
      result += "[";
      size_t step = (end - begin) / size_t(shape[dim]);
      for (int64_t i = 0; i < shape[dim]; ++i) {
        result += i ? ", " : "";
        add(dim + 1, begin + size_t(i) * step, begin + size_t(i + 1) * step);
      }
      result += "]";
    };
    add(0, 0, parts.size());
    return result;
  }

  static std::string blocksText(llvm::ArrayRef<int64_t> blocks) {
    if (blocks.empty())
      return "";
    std::string list = llvm::join(
        llvm::map_range(blocks, [](int64_t block) { return std::to_string(block); }), ", ");
    return " {blocks = array<i64: " + list + ">}";
  }

  static int64_t blockOf(llvm::ArrayRef<int64_t> shape, int64_t position,
                         llvm::ArrayRef<int64_t> blocks) {
    int64_t block = 0, stride = 1;
    for (size_t dim = shape.size(); dim-- > 0; position /= shape[dim]) {
      block += position % shape[dim] / blocks[dim] * stride;
      stride *= divideUp(shape[dim], blocks[dim]);
    }
    return block;
  }

  /// The scale or zero point of an element.
  static float at(const Value &parameter, llvm::ArrayRef<int64_t> shape, int64_t position,
                  llvm::ArrayRef<int64_t> blocks) {
    if (parameter.numbers.size() == 1)
      return parameter.numbers.front();
    return parameter.numbers[blockOf(shape, position, blocks)];
  }

  std::mt19937 random;
  int numNames = 0;
};

constexpr int64_t kDynamic = -1;

struct Shape {
  int64_t rows, depth, columns;
};

/// One row and a tile; depths that end within bytes and within groups; columns that end within
/// registers and panels.
const Shape fixedShapes[] = {{1, 70, 75}, {13, 16, 16}};
/// Remainders of tiles.
const Shape dynamicShape = {kDynamic, 53, 37};
/// Whole registers of codes along k, which tables and planes of single columns can have, and some
/// that are filled up.
const Shape wholeShapes[] = {{1, 128, 75}, {13, 64, 16}, {kDynamic, 189, 21}};

using MakeWeights = std::function<Value(WeightText &, const Shape &)>;

struct NamedWeights {
  std::string name;
  MakeWeights make;
};

MakeWeights grouped(const CodeType &type, int64_t group, bool hasZeroPoint = false,
                    int64_t columns = 1) {
  return [=](WeightText &w, const Shape &shape) {
    std::vector<int64_t> size = {shape.depth, shape.columns};
    std::vector<int64_t> blocks = {std::min(group, shape.depth), columns};
    std::vector<int64_t> grid = WeightText::gridOf(size, blocks);
    Value codes = w.codes(type, size), scale = w.floats(grid);
    Value zeroPoint = hasZeroPoint ? w.codes(type, grid) : w.zero(type.name);
    return w.dequantize(codes, scale, zeroPoint, blocks);
  };
}

/// As [N, K], transposed on the way.
MakeWeights transposed(const CodeType &type, int64_t group) {
  return [=](WeightText &w, const Shape &shape) {
    std::vector<int64_t> size = {shape.columns, shape.depth}, blocks = {1, group};
    std::vector<int64_t> grid = WeightText::gridOf(size, blocks);
    Value codes = w.codes(type, size), scale = w.floats(grid), zeroPoint = w.codes(type, grid);
    return w.transpose(w.dequantize(codes, scale, zeroPoint, blocks));
  };
}

/// Scales that are codes of `scaleType`, with a scale each `outer` of them and column.
MakeWeights twoLevels(const CodeType &type, const CodeType &scaleType, int64_t group, int64_t outer,
                      int64_t outerColumns) {
  return [=](WeightText &w, const Shape &shape) {
    std::vector<int64_t> size = {shape.depth, shape.columns}, blocks = {group, 1};
    std::vector<int64_t> grid = WeightText::gridOf(size, blocks),
                         outerBlocks = {outer, outerColumns};
    Value codes = w.codes(type, size), inner = w.codes(scaleType, grid, 0x1p10f);
    Value gamma = w.floats(WeightText::gridOf(grid, outerBlocks));
    Value scale = w.dequantize(inner, gamma, w.zero(scaleType.name), outerBlocks);
    return w.dequantize(codes, scale, w.zero(type.name), blocks);
  };
}

MakeWeights codebook(unsigned bits, std::vector<int64_t> blocks) {
  return [=](WeightText &w, const Shape &shape) {
    std::vector<int64_t> size = {shape.depth, shape.columns}, own = blocks, grid;
    for (size_t dim = 0; dim < own.size(); ++dim)
      own[dim] = own[dim] ? own[dim] : size[dim];
    if (!own.empty())
      grid = WeightText::gridOf(size, own);
    grid.push_back(int64_t(1) << bits);
    Value codes = w.codes(CodeType::integer(bits, false), size);
    return w.lookup(codes, w.floats(grid), own);
  };
}

/// A table for all, and scales: NF4 and its like.
MakeWeights scaledCodebook(unsigned bits, int64_t group) {
  return [=](WeightText &w, const Shape &shape) {
    std::vector<int64_t> size = {shape.depth, shape.columns}, blocks = {group, 1};
    Value codes = w.codes(CodeType::integer(bits, false), size);
    Value looked = w.lookup(codes, w.floats({int64_t(1) << bits}), {});
    Value scale = w.floats(WeightText::gridOf(size, blocks));
    return w.dequantize(looked, scale, w.zero("f32"), blocks);
  };
}

MakeWeights binary(int64_t planes) {
  return [=](WeightText &w, const Shape &shape) {
    return w.binaryDecode(planes, {shape.depth, shape.columns}, {16, 1});
  };
}

/// Weights that some targets multiply along k, where a column has whole registers of codes.
std::vector<NamedWeights> makeWeightsOfColumns() {
  std::vector<NamedWeights> all;
  for (unsigned bits : {2u, 3u, 4u, 5u})
    all.push_back({"codebook" + std::to_string(bits) + "_per_channel", codebook(bits, {0, 1})});
  // Larger than their weights, these would be decoded by the compiler.
  all.push_back({"codebook8_per_16_channels", codebook(8, {0, 16})});
  all.push_back({"codebook4_g32", codebook(4, {32, 1})});
  all.push_back({"codebook8_g64", codebook(8, {64, 16})});
  all.push_back({"codebook8", codebook(8, {})});
  for (int64_t planes : {2, 3, 4})
    all.push_back({"bcq" + std::to_string(planes), binary(planes)});
  return all;
}

/// Weights whose products add in the order of the float kernel.
std::vector<NamedWeights> makeAllWeights() {
  std::vector<NamedWeights> all;
  for (unsigned bits = 2; bits <= 8; ++bits)
    for (bool isSigned : {true, false}) {
      CodeType type = CodeType::integer(bits, isSigned);
      // Not 16, which may be all rows: another kernel takes i8 with one scale per column.
      all.push_back({type.name + "_g8", grouped(type, 8)});
      all.push_back({type.name + "_zero_points_g32", grouped(type, 32, /*hasZeroPoint=*/true)});
    }
  for (const CodeType &type : {CodeType::f4e2m1(), CodeType::f6e2m3(), CodeType::f6e3m2(),
                               CodeType::f8e4m3(), CodeType::f8e5m2()})
    all.push_back({type.name + "_g32", grouped(type, 32)});

  CodeType i4 = CodeType::integer(4, true), ui3 = CodeType::integer(3, false);
  CodeType ui4 = CodeType::integer(4, false), i3 = CodeType::integer(3, true);
  // Groups that end within a byte, and one for all rows.
  all.push_back({"i4_g5", grouped(i4, 5, true)});
  all.push_back({"ui3_g12", grouped(ui3, 12, true)});
  all.push_back({"i4_per_channel", grouped(i4, 1000, true)});
  all.push_back({"i4_rows_of_16_columns", grouped(i4, 8, true, 16)});
  all.push_back({"ui4_blocks_of_3_columns", grouped(ui4, 16, true, 3)});
  all.push_back({"i4_one_scale_per_group", grouped(i4, 16, true, 1000)});
  all.push_back({"ui4_centered", [=](WeightText &w, const Shape &shape) {
                   std::vector<int64_t> size = {shape.depth, shape.columns}, blocks = {32, 1};
                   Value codes = w.codes(ui4, size),
                         scale = w.floats(WeightText::gridOf(size, blocks));
                   return w.dequantize(codes, scale, w.zero("ui4", "8"), blocks);
                 }});
  all.push_back({"i4_transposed", transposed(i4, 32)});
  all.push_back({"i3_transposed", transposed(i3, 8)});

  all.push_back({"mxfp4", twoLevels(CodeType::f4e2m1(), CodeType::powerOfTwo(), 32, 1000, 1000)});
  all.push_back({"mxfp8", twoLevels(CodeType::f8e4m3(), CodeType::powerOfTwo(), 32, 1000, 1000)});
  all.push_back({"vsq", twoLevels(i4, ui4, 16, 1000, 1)});
  all.push_back({"f8_scales", twoLevels(ui4, CodeType::f8e4m3(), 16, 3, 1)});
  all.push_back({"ui3_scales", twoLevels(i3, ui3, 2, 2, 16)});
  all.push_back({"bf16_scales", [=](WeightText &w, const Shape &shape) {
                   std::vector<int64_t> size = {shape.depth, shape.columns}, blocks = {32, 1};
                   Value codes = w.codes(i4, size);
                   Value scale = w.bfloats(WeightText::gridOf(size, blocks));
                   return w.dequantize(codes, scale, w.zero("i4"), blocks);
                 }});

  for (int64_t group : {2, 4})
    all.push_back({"mx6_" + std::to_string(group), [=](WeightText &w, const Shape &shape) {
                     std::vector<int64_t> size = {shape.depth, shape.columns};
                     std::vector<int64_t> blocks = {group, 1}, outerBlocks = {16 / group, 1};
                     std::vector<int64_t> grid = WeightText::gridOf(size, blocks);
                     Value codes = w.codes(CodeType::integer(5, true), size);
                     Value choice = w.codes(CodeType::integer(2, false), grid);
                     Value fine = w.lookup(choice, w.floats({4}), {});
                     Value outer = w.floats(WeightText::gridOf(grid, outerBlocks));
                     Value scale = w.dequantize(fine, outer, w.zero("f32"), outerBlocks);
                     return w.dequantize(codes, scale, w.zero("i5"), blocks);
                   }});
  all.push_back({"bf16", [](WeightText &w, const Shape &shape) {
                   Value wide = w.bfloats({shape.depth, shape.columns}, /*isConverted=*/false);
                   return w.dequantize(wide, w.constant({}, {1}), w.zero("bf16"), {});
                 }});

  for (unsigned bits : {2u, 3u, 4u, 5u, 8u})
    all.push_back({"codebook" + std::to_string(bits), codebook(bits, {})});
  all.push_back({"codebook4_per_rows", codebook(4, {16, 0})});
  all.push_back({"codebook6_blocks", codebook(6, {32, 8})});
  all.push_back({"nf4_g64", scaledCodebook(4, 64)});
  all.push_back({"table2_g8", scaledCodebook(2, 8)});

  all.push_back({"bcq1", binary(1)});
  all.push_back({"bcq5_blocks", [](WeightText &w, const Shape &shape) {
                   return w.binaryDecode(5, {shape.depth, shape.columns}, {24, 2});
                 }});
  return all;
}

/// Two functions for each: with codes, and with the floats that they stand for.
struct Program {
  std::string text;
  std::vector<std::string> names;
  std::vector<Shape> shapes;
  std::vector<std::vector<float>> weights;

  void addFunction(const std::string &name, const Shape &shape, const std::string &weights,
                   const Value &weight) {
    std::string input = tensorType({shape.rows, shape.depth}, "f32");
    std::string result = tensorType({shape.rows, shape.columns}, "f32");
    text += "func.func @" + name + "(%x: " + input + ") -> " + result + " {\n" + weights +
            "  %y = halftone.matmul %x, " + weight.name + " : (" + input + ", " + weight.type() +
            ") -> " + result + "\n  return %y : " + result + "\n}\n";
  }

  void add(const NamedWeights &named, const Shape &shape) {
    WeightText coded(unsigned(names.size()) + 1), plain(0);
    Value result = named.make(coded, shape);
    ASSERT_EQ(result.shape, (std::vector<int64_t>{shape.depth, shape.columns}));
    Value expected = plain.constant(result.shape, result.numbers);
    std::string name = named.name + "_" + std::to_string(names.size());
    addFunction(name, shape, coded.text, result);
    addFunction(name + "_plain", shape, plain.text, expected);
    names.push_back(name);
    shapes.push_back(shape);
    weights.push_back(result.numbers);
  }
};

std::vector<uint32_t> bitsOf(llvm::ArrayRef<float> values) {
  std::vector<uint32_t> bits(values.size());
  if (!bits.empty())
    std::memcpy(bits.data(), values.data(), bits.size() * sizeof(float));
  return bits;
}

struct Target {
  const char *name;
  /// Over all targets, weights of every kind meet every shape.
  size_t turn;
};

class DecodersTest : public testing::TestWithParam<Target> {
protected:
  void SetUp() override {
    auto target = llvm::cantFail(mlir::halftone::CPUTarget::get(GetParam().name));
    if (target.requiredFeatures & ~halftone_cpu_features())
      GTEST_SKIP() << "this machine is no " << GetParam().name;
  }

  /// No product may fall back to weights that are decoded before it.
  void compile(const Program &program) {
    size_t numDecoders = 0;
    compiled.emplace(program.text, 2, halftone_session_options(),
                     ProgramOptions{GetParam().name, true, false, nullptr, &numDecoders});
    EXPECT_EQ(numDecoders, program.names.size());
  }

  std::vector<float> run(size_t function, std::vector<float> &x, int64_t rows, int64_t depth) {
    return valuesOf<float>(compiled->run({floats(x, {rows, depth})}, uint32_t(function))[0]);
  }

  std::vector<float> makeInput(size_t count) {
    std::vector<float> x(std::max<size_t>(count, 1));
    for (float &value : x)
      value = std::uniform_real_distribution<float>(-1, 1)(random);
    return x;
  }

  std::optional<CompiledProgram> compiled;
  std::mt19937 random{unsigned(GetParam().turn)};
};

std::vector<int64_t> getRowCounts(const Shape &shape) {
  if (shape.rows == kDynamic)
    return {1, 4, 23, 0};
  return {shape.rows};
}

/// Every weight, as products with rows that are zero but for a single one.
void expectDecoded(
    const Program &program, size_t index,
    llvm::function_ref<std::vector<float>(size_t, std::vector<float> &, int64_t)> run) {
  const Shape &shape = program.shapes[index];
  const std::vector<float> &weights = program.weights[index];
  int64_t rows = shape.rows == kDynamic ? 5 : shape.rows;
  for (int64_t first = 0; first < shape.depth; first += rows) {
    std::vector<float> x(rows * shape.depth, 0);
    for (int64_t row = 0; row < rows && first + row < shape.depth; ++row)
      x[row * shape.depth + first + row] = 1;
    std::vector<float> y = run(2 * index, x, rows);
    for (int64_t row = 0; row < rows && first + row < shape.depth; ++row)
      for (int64_t column = 0; column < shape.columns; ++column)
        ASSERT_EQ(y[row * shape.columns + column], weights[(first + row) * shape.columns + column])
            << "weight " << first + row << ", " << column;
  }
}

/// The sums of `depth` products in any order: each addition and product rounds once.
void expectSums(const Shape &shape, int64_t rows, llvm::ArrayRef<float> x,
                llvm::ArrayRef<float> weights, llvm::ArrayRef<float> y) {
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < shape.columns; ++column) {
      double sum = 0, magnitude = 0;
      for (int64_t k = 0; k < shape.depth; ++k) {
        double product = double(x[row * shape.depth + k]) * weights[k * shape.columns + column];
        sum += product;
        magnitude += std::abs(product);
      }
      ASSERT_NEAR(y[row * shape.columns + column], sum, magnitude * double(shape.depth) * 0x1p-24)
          << row << ", " << column << " of " << rows << " rows";
    }
}

} // namespace

TEST_P(DecodersTest, EqualTheFloatKernelBitForBit) {
  Program program;
  // Many rows of any number are long to compile: a fifth of the weights have them on each target.
  for (auto [index, weights] : llvm::enumerate(makeAllWeights())) {
    size_t place = index + GetParam().turn;
    program.add(weights, place % 5 == 0 ? dynamicShape : fixedShapes[place % 2]);
  }
  compile(program);
  for (auto [index, name] : llvm::enumerate(program.names)) {
    SCOPED_TRACE(name);
    const Shape &shape = program.shapes[index];
    for (int64_t rows : getRowCounts(shape)) {
      std::vector<float> x = makeInput(rows * shape.depth);
      std::vector<float> coded = run(2 * index, x, rows, shape.depth);
      std::vector<float> plain = run(2 * index + 1, x, rows, shape.depth);
      ASSERT_EQ(bitsOf(coded), bitsOf(plain)) << rows << " rows";
    }
  }
}

TEST_P(DecodersTest, AreExactForWeightsOfColumns) {
  Program program;
  for (auto [index, weights] : llvm::enumerate(makeWeightsOfColumns())) {
    program.add(weights, wholeShapes[(index + GetParam().turn) % std::size(wholeShapes)]);
    program.add(weights, index % 2 ? dynamicShape : fixedShapes[0]);
  }
  compile(program);
  for (auto [index, name] : llvm::enumerate(program.names)) {
    SCOPED_TRACE(name);
    const Shape &shape = program.shapes[index];
    ASSERT_NO_FATAL_FAILURE(expectDecoded(
        program, index,
        [&, depth = shape.depth](size_t function, std::vector<float> &x, int64_t rows) {
          return run(function, x, rows, depth);
        }));
    for (int64_t rows : getRowCounts(shape)) {
      std::vector<float> x = makeInput(rows * shape.depth);
      ASSERT_NO_FATAL_FAILURE(
          expectSums(shape, rows, x, program.weights[index], run(2 * index, x, rows, shape.depth)));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, DecodersTest,
                         testing::Values(Target{"x86-64", 0}, Target{"x86-64-v3", 1},
                                         Target{"znver4", 2}),
                         [](const testing::TestParamInfo<Target> &info) {
                           std::string name = info.param.name;
                           for (char &letter : name)
                             letter = llvm::isAlnum(letter) ? letter : '_';
                           return name;
                         });
