// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// quantize, dequantize, lookup and binary_decode in compiled code, by both ways of compiling,
// against the arithmetic of their definition. Every code of every type; blocks that fit and blocks
// that do not; sizes known to the compiler and sizes that are not.
#include "CompiledProgram.h"

#include "halftone/Numerics/ElementCodec.h"
#include "halftone/Numerics/Format.h"
#include "llvm/ADT/StringExtras.h"

#include <cmath>
#include <random>

using namespace halftone_test;
using halftone::ElementCodec;

namespace {

struct CodeType {
  const char *name;
  ElementCodec codec;
};

std::vector<CodeType> codeTypes() {
  auto codec = [](const char *format) { return halftone::findFormat(format)->codec; };
  return {{"i2", codec("int2")},           {"i3", codec("int3")},
          {"i4", codec("int4")},           {"i5", codec("int5")},
          {"i6", codec("int6")},           {"i7", codec("int7")},
          {"i8", codec("int8")},           {"ui2", codec("uint2")},
          {"ui3", codec("uint3")},         {"ui4", codec("uint4")},
          {"ui5", codec("uint5")},         {"ui6", codec("uint6")},
          {"ui7", codec("uint7")},         {"ui8", codec("uint8")},
          {"f8E4M3FN", codec("fp8_e4m3")}, {"f8E5M2", codec("fp8_e5m2")},
          {"f6E2M3FN", codec("fp6_e2m3")}, {"f6E3M2FN", codec("fp6_e3m2")},
          {"f4E2M1FN", codec("fp4_e2m1")}, {"f8E8M0FNU", ElementCodec::powerOfTwo()}};
}

bool isInteger(const CodeType &type) { return type.codec.kind == ElementCodec::Kind::Integer; }

/// One shape of a 2-D tensor and its blocks.
struct Blocks {
  int64_t rows, columns, blockRows, blockColumns;

  int64_t gridRows() const { return (rows + blockRows - 1) / blockRows; }
  int64_t gridColumns() const { return (columns + blockColumns - 1) / blockColumns; }
  int64_t blockOf(int64_t row, int64_t column) const {
    return row / blockRows * gridColumns() + column / blockColumns;
  }
  std::string attribute() const {
    return "blocks = array<i64: " + std::to_string(blockRows) + ", " +
           std::to_string(blockColumns) + ">";
  }
};

// Groups along the rows, even and ragged; along the columns; 2-D; one block for all; one per
// element.
const Blocks allBlocks[] = {{64, 8, 32, 1}, {50, 7, 16, 1}, {12, 40, 1, 16},  {9, 64, 1, 32},
                            {10, 30, 4, 8}, {16, 16, 4, 4}, {6, 22, 100, 22}, {3, 70, 1, 1}};

std::string tensor(int64_t rows, int64_t columns, const std::string &element) {
  auto size = [](int64_t value) { return (value < 0 ? "?" : std::to_string(value)) + "x"; };
  return "tensor<" + size(rows) + size(columns) + element + ">";
}

template <typename T> std::string hex(const std::vector<T> &values) {
  return "dense<\"0x" +
         llvm::toHex(llvm::StringRef(reinterpret_cast<const char *>(values.data()),
                                     values.size() * sizeof(T))) +
         "\">";
}

/// All codes of the type over and over, one to a byte.
std::vector<uint8_t> countCodes(int64_t count, const ElementCodec &codec) {
  std::vector<uint8_t> codes(count);
  for (int64_t i = 0; i < count; ++i)
    codes[i] = uint8_t(i % codec.numCodes());
  return codes;
}

std::vector<float> randomScales(int64_t count) {
  std::mt19937 random(3);
  std::vector<float> scales(count);
  for (float &scale : scales)
    scale = std::uniform_real_distribution<float>(0.01f, 2.0f)(random);
  return scales;
}

/// Equal bits, or both not a number.
void expectSame(const std::vector<float> &actual, const std::vector<float> &expected,
                const std::string &what) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  for (size_t i = 0; i < actual.size(); ++i)
    if (actual[i] != expected[i] && !(std::isnan(actual[i]) && std::isnan(expected[i])))
      FAIL() << what << " at " << i << ": " << actual[i] << " instead of " << expected[i];
}

std::string zeroConstant(const CodeType &type) {
  std::string literal = isInteger(type)                         ? "1"
                        : type.name == std::string("f8E8M0FNU") ? "1.0"
                                                                : "0.0";
  return "  %z = halftone.constant dense<" + literal + "> : tensor<" + type.name + ">\n";
}

/// A program with one function per case, run in both modes.
class Program {
public:
  explicit Program(const std::string &text)
      : fast(text, 1, {}, {"native", /*isGraph=*/true, /*reference=*/false}),
        naive(text, 1, {}, {"native", /*isGraph=*/true, /*reference=*/true}) {}

  template <typename T>
  void check(uint32_t entry, std::vector<halftone_tensor> inputs, const std::vector<T> &expected,
             const std::string &what) {
    for (auto [mode, program] : {std::pair{"fast", &fast}, std::pair{"reference", &naive}}) {
      std::vector<T> actual = valuesOf<T>(program->run(inputs, entry)[0]);
      if constexpr (std::is_same_v<T, float>)
        expectSame(actual, expected, what + ", " + mode);
      else
        EXPECT_EQ(actual, expected) << what << ", " << mode;
    }
  }

private:
  CompiledProgram fast, naive;
};

std::vector<float> dequantized(const CodeType &type, const Blocks &blocks,
                               const std::vector<uint8_t> &codes,
                               const std::vector<float> &scales) {
  std::vector<float> values;
  for (int64_t row = 0; row < blocks.rows; ++row)
    for (int64_t column = 0; column < blocks.columns; ++column) {
      float code = type.codec.decode(codes[row * blocks.columns + column]);
      values.push_back((code - (isInteger(type) ? 1.0f : 0.0f)) *
                       scales[blocks.blockOf(row, column)]);
    }
  return values;
}

} // namespace

// The codes and scales are constants, as weights are.
TEST(CodesTest, DequantizesEveryCodeOfEveryType) {
  for (const CodeType &type : codeTypes()) {
    std::string text;
    for (size_t index = 0; index < std::size(allBlocks); ++index) {
      const Blocks &blocks = allBlocks[index];
      std::string codes = tensor(blocks.rows, blocks.columns, type.name);
      std::string scales = tensor(blocks.gridRows(), blocks.gridColumns(), "f32");
      std::string result = tensor(blocks.rows, blocks.columns, "f32");
      text += "func.func @f" + std::to_string(index) + "() -> " + result + " {\n" +
              "  %q = halftone.constant " +
              hex(countCodes(blocks.rows * blocks.columns, type.codec)) + " : " + codes +
              "\n  %s = halftone.constant " +
              hex(randomScales(blocks.gridRows() * blocks.gridColumns())) + " : " + scales + "\n" +
              zeroConstant(type) + "  %x = halftone.dequantize %q, %s, %z {" + blocks.attribute() +
              "} : (" + codes + ", " + scales + ", tensor<" + type.name + ">) -> " + result +
              "\n  return %x : " + result + "\n}\n";
    }
    Program program(text);
    for (auto [index, blocks] : llvm::enumerate(allBlocks))
      program.check(index, {},
                    dequantized(type, blocks, countCodes(blocks.rows * blocks.columns, type.codec),
                                randomScales(blocks.gridRows() * blocks.gridColumns())),
                    std::string(type.name) + " case " + std::to_string(index));
  }
}

// Nothing is known to the compiler but the sizes of the blocks.
TEST(CodesTest, DequantizesTensorsOfAnySize) {
  std::string text;
  for (auto [index, blocks] : llvm::enumerate(allBlocks))
    text += "func.func @f" + std::to_string(index) +
            "(%q: tensor<?x?xi8>, %s: tensor<?x?xf32>) -> tensor<?x?xf32> {\n"
            "  %z = halftone.constant dense<1> : tensor<i8>\n"
            "  %x = halftone.dequantize %q, %s, %z {" +
            blocks.attribute() +
            "} : (tensor<?x?xi8>, tensor<?x?xf32>, tensor<i8>) -> tensor<?x?xf32>\n"
            "  return %x : tensor<?x?xf32>\n}\n";
  Program program(text);
  CodeType type = {"i8", ElementCodec::signedInteger(8)};
  for (size_t index = 0; index < std::size(allBlocks); ++index) {
    const Blocks &blocks = allBlocks[index];
    std::vector<uint8_t> codes = countCodes(blocks.rows * blocks.columns, type.codec);
    std::vector<float> scales = randomScales(blocks.gridRows() * blocks.gridColumns());
    program.check(index,
                  {tensorOf(codes, HALFTONE_DTYPE_I8, {blocks.rows, blocks.columns}),
                   floats(scales, {blocks.gridRows(), blocks.gridColumns()})},
                  dequantized(type, blocks, codes, scales), "case " + std::to_string(index));
  }
}

// A zero point of its own for every block.
TEST(CodesTest, QuantizesByBlocksToTheNearestCode) {
  std::string text;
  for (size_t index = 0; index < std::size(allBlocks); ++index) {
    const Blocks &blocks = allBlocks[index];
    auto typed = [&](const char *element) {
      return tensor(blocks.gridRows(), blocks.gridColumns(), element);
    };
    std::string input = tensor(blocks.rows, index % 2 == 0 ? blocks.columns : -1, "f32");
    std::string result = tensor(blocks.rows, index % 2 == 0 ? blocks.columns : -1, "ui8");
    text += "func.func @f" + std::to_string(index) + "(%x: " + input + ", %s: " + typed("f32") +
            ", %z: " + typed("ui8") + ") -> " + result +
            " {\n  %q = halftone.quantize %x, %s, %z {" + blocks.attribute() + "} : (" + input +
            ", " + typed("f32") + ", " + typed("ui8") + ") -> " + result +
            "\n  return %q : " + result + "\n}\n";
  }
  Program program(text);
  for (size_t index = 0; index < std::size(allBlocks); ++index) {
    const Blocks &blocks = allBlocks[index];
    int64_t numBlocks = blocks.gridRows() * blocks.gridColumns();
    std::vector<float> scales = randomScales(numBlocks);
    std::vector<uint8_t> zeroPoints(numBlocks);
    for (int64_t i = 0; i < numBlocks; ++i)
      zeroPoints[i] = uint8_t(i * 37);
    std::mt19937 random(9);
    std::vector<float> x(blocks.rows * blocks.columns);
    std::vector<uint8_t> expected;
    for (int64_t i = 0; i < int64_t(x.size()); ++i) {
      x[i] = std::normal_distribution<float>(0, 40)(random);
      int64_t block = blocks.blockOf(i / blocks.columns, i % blocks.columns);
      float code = std::nearbyint(x[i] / scales[block]) + float(zeroPoints[block]);
      expected.push_back(uint8_t(std::clamp(code, 0.0f, 255.0f)));
    }
    program.check(
        index,
        {floats(x, {blocks.rows, blocks.columns}),
         floats(scales, {blocks.gridRows(), blocks.gridColumns()}),
         tensorOf(zeroPoints, HALFTONE_DTYPE_U8, {blocks.gridRows(), blocks.gridColumns()})},
        expected, "case " + std::to_string(index));
  }
}

// One codebook for each block, and one for all.
TEST(CodesTest, LooksUpEveryIndex) {
  for (int bits = 1; bits <= 8; ++bits) {
    std::string type = "ui" + std::to_string(bits), text;
    int64_t numValues = int64_t(1) << bits;
    for (size_t index = 0; index < std::size(allBlocks); ++index) {
      const Blocks &blocks = allBlocks[index];
      std::string codes = tensor(blocks.rows, blocks.columns, type);
      std::string result = tensor(blocks.rows, blocks.columns, "f32");
      std::vector<uint8_t> values =
          countCodes(blocks.rows * blocks.columns, ElementCodec::unsignedInteger(bits));
      // An attribute holds i1 packed, so they are spelled out.
      std::string constant = hex(values);
      if (bits == 1)
        constant = "dense<1>";
      std::string tables = "tensor<" + std::to_string(blocks.gridRows()) + "x" +
                           std::to_string(blocks.gridColumns()) + "x" + std::to_string(numValues) +
                           "xf32>";
      std::string one = "tensor<" + std::to_string(numValues) + "xf32>";
      text += "func.func @f" + std::to_string(index) + "(%t: " + tables + ", %u: " + one +
              ") -> (" + result + ", " + result + ") {\n  %q = halftone.constant " + constant +
              " : " + codes + "\n  %x = halftone.lookup %q, %t {" + blocks.attribute() + "} : (" +
              codes + ", " + tables + ") -> " + result + "\n  %y = halftone.lookup %q, %u : (" +
              codes + ", " + one + ") -> " + result + "\n  return %x, %y : " + result + ", " +
              result + "\n}\n";
    }
    for (bool reference : {false, true}) {
      CompiledProgram program(text, 1, {}, {"native", /*isGraph=*/true, reference});
      for (size_t index = 0; index < std::size(allBlocks); ++index) {
        const Blocks &blocks = allBlocks[index];
        std::vector<float> tables =
            randomScales(blocks.gridRows() * blocks.gridColumns() * numValues);
        std::vector<float> one = randomScales(numValues), expected, expectedOne;
        for (int64_t i = 0; i < blocks.rows * blocks.columns; ++i) {
          int64_t code = bits == 1 ? 1 : i % numValues;
          int64_t block = blocks.blockOf(i / blocks.columns, i % blocks.columns);
          expected.push_back(tables[block * numValues + code]);
          expectedOne.push_back(one[code]);
        }
        const auto &outputs =
            program.run({floats(tables, {blocks.gridRows(), blocks.gridColumns(), numValues}),
                         floats(one, {numValues})},
                        index);
        expectSame(valuesOf<float>(outputs[0]), expected, type);
        expectSame(valuesOf<float>(outputs[1]), expectedOne, type);
      }
    }
  }
}

// The planes are added in their order to the offset, also where their number is not known.
TEST(CodesTest, AddsBinaryPlanesInTheirOrder) {
  constexpr int64_t numPlanes = 3;
  std::string text;
  for (size_t index = 0; index < std::size(allBlocks); ++index) {
    const Blocks &blocks = allBlocks[index];
    bool isStatic = index % 2 == 0;
    auto typed = [&](int64_t rows, int64_t columns, const char *element) {
      std::string plain = tensor(rows, columns, element);
      return "tensor<" + std::string(isStatic ? "3" : "?") + "x" + plain.substr(7);
    };
    std::string planes = typed(blocks.rows, blocks.columns, "i1");
    std::string scales = typed(blocks.gridRows(), blocks.gridColumns(), "f32");
    std::string offset = tensor(blocks.gridRows(), blocks.gridColumns(), "f32");
    std::string result = tensor(blocks.rows, blocks.columns, "f32");
    text += "func.func @f" + std::to_string(index) + "(%p: " + planes + ", %s: " + scales +
            ", %o: " + offset + ") -> " + result +
            " {\n  %x = halftone.binary_decode %p, %s, %o {" + blocks.attribute() + "} : (" +
            planes + ", " + scales + ", " + offset + ") -> " + result +
            "\n  return %x : " + result + "\n}\n";
  }
  Program program(text);
  for (size_t index = 0; index < std::size(allBlocks); ++index) {
    const Blocks &blocks = allBlocks[index];
    int64_t count = blocks.rows * blocks.columns;
    int64_t numBlocks = blocks.gridRows() * blocks.gridColumns();
    std::vector<float> scales = randomScales(numPlanes * numBlocks),
                       offset = randomScales(numBlocks);
    std::vector<uint8_t> planes(numPlanes * count);
    std::mt19937 random(11);
    for (uint8_t &bit : planes)
      bit = random() & 1;
    std::vector<float> expected(count);
    for (int64_t i = 0; i < count; ++i) {
      int64_t block = blocks.blockOf(i / blocks.columns, i % blocks.columns);
      expected[i] = offset[block];
      for (int64_t plane = 0; plane < numPlanes; ++plane) {
        float scale = scales[plane * numBlocks + block];
        expected[i] += planes[plane * count + i] ? scale : -scale;
      }
    }
    program.check(index,
                  {tensorOf(planes, HALFTONE_DTYPE_BOOL, {numPlanes, blocks.rows, blocks.columns}),
                   floats(scales, {numPlanes, blocks.gridRows(), blocks.gridColumns()}),
                   floats(offset, {blocks.gridRows(), blocks.gridColumns()})},
                  expected, "case " + std::to_string(index));
  }
}

// Scales that do not cover the tensor would be read beyond their end.
TEST(CodesTest, RefusesScalesThatDoNotCoverTheTensor) {
  CompiledProgram program(R"(
func.func @main(%q: tensor<?x8xi8>, %s: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %z = halftone.constant dense<0> : tensor<i8>
  %x = halftone.dequantize %q, %s, %z {blocks = array<i64: 4, 1>} : (tensor<?x8xi8>, tensor<?x8xf32>, tensor<i8>) -> tensor<?x8xf32>
  return %x : tensor<?x8xf32>
})",
                          1, {}, {"native", /*isGraph=*/true});
  std::vector<int8_t> codes(9 * 8);
  std::vector<float> scales(3 * 8);
  EXPECT_EQ(program.tryRun({tensorOf(codes, HALFTONE_DTYPE_I8, {9, 8}), floats(scales, {3, 8})}),
            HALFTONE_STATUS_OK);
  EXPECT_NE(program.tryRun({tensorOf(codes, HALFTONE_DTYPE_I8, {9, 8}), floats(scales, {2, 8})}),
            HALFTONE_STATUS_OK);
  EXPECT_NE(program.getMessage().find("one parameter per block"), std::string::npos);
}
