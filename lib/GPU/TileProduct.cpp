// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TileProduct.h"
#include "TileStaging.h"

#include "mlir/Dialect/NVGPU/IR/NVGPUDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::halftone;

// mma.sync multiplies 16 rows with 8 columns; two of its steps along the terms are a row of shared
// memory.
static constexpr int64_t fragmentRows = 16;
static constexpr int64_t fragmentColumns = 8;
static constexpr int64_t fragmentSums = 4;
static constexpr int64_t fragmentChunks = 2;

// How many columns of threads there are where each multiplies for itself.
static constexpr int64_t threadColumns = 16;

TileProduct::TileProduct(OpBuilder &builder, Location loc, const Tile &tile,
                         std::optional<TensorInstruction> instruction, ArrayRef<Value> shared,
                         Value thread)
    : builder(builder), loc(loc), tile(tile), instruction(instruction), shared(shared),
      thread(thread) {
  if (instruction)
    placeFragments();
  else
    placeElements();
}

Value TileProduct::constant(int64_t value) const {
  return arith::ConstantIndexOp::create(builder, loc, value);
}

Value TileProduct::add(Value value, int64_t number) {
  return builder.createOrFold<arith::AddIOp>(loc, value, constant(number));
}

/// Of the 16 x 8 sums of a fragment, a lane has two neighbours in a row and two eight rows below.
void TileProduct::placeFragments() {
  auto divide = [&](Value value, int64_t by) {
    return arith::DivUIOp::create(builder, loc, value, constant(by)).getResult();
  };
  auto modulo = [&](Value value, int64_t by) {
    return arith::RemUIOp::create(builder, loc, value, constant(by)).getResult();
  };
  auto times = [&](Value value, int64_t by) {
    return arith::MulIOp::create(builder, loc, value, constant(by)).getResult();
  };
  int64_t ownRows = tile.rows / tile.warpRows, ownColumns = tile.columns / tile.warpColumns;
  lane = modulo(thread, Tile::warpSize);
  Value warp = divide(thread, Tile::warpSize);
  warpRow = times(divide(warp, tile.warpColumns), ownRows);
  warpColumn = times(modulo(warp, tile.warpColumns), ownColumns);
  rowParts = ownRows / fragmentRows;
  columnParts = ownColumns / fragmentColumns;
  Value row = arith::AddIOp::create(builder, loc, warpRow, divide(lane, 4));
  Value column = arith::AddIOp::create(builder, loc, warpColumn, times(modulo(lane, 4), 2));
  for (int64_t i = 0; i < rowParts; ++i)
    for (int64_t j = 0; j < columnParts; ++j)
      for (int64_t k = 0; k < fragmentSums; ++k)
        places.push_back({add(row, i * fragmentRows + k / 2 * fragmentRows / 2),
                          add(column, j * fragmentColumns + k % 2)});
}

void TileProduct::placeElements() {
  int64_t threadRows = tile.getThreads() / threadColumns;
  warpRow = arith::DivUIOp::create(builder, loc, thread, constant(threadColumns));
  warpColumn = arith::RemUIOp::create(builder, loc, thread, constant(threadColumns));
  rowParts = tile.rows / threadRows;
  columnParts = tile.columns / threadColumns;
  for (int64_t i = 0; i < rowParts; ++i)
    for (int64_t j = 0; j < columnParts; ++j)
      places.push_back({add(warpRow, i * threadRows), add(warpColumn, j * threadColumns)});
}

void TileProduct::addColumnSums() { hasColumnSums = true; }
void TileProduct::addRowSums() { hasRowSums = true; }

SmallVector<Value> TileProduct::emitNeutralSums() const {
  int64_t fragments = (hasColumnSums ? columnParts : 0) + (hasRowSums ? rowParts : 0);
  if (fragments == 0)
    return {};
  Value zero = arith::ConstantIntOp::create(builder, loc, 0, 32);
  return SmallVector<Value>(fragments * fragmentSums, zero);
}

size_t TileProduct::getColumnSum(size_t element) const {
  size_t fragment = element / fragmentSums % columnParts;
  return places.size() + fragment * fragmentSums + element % fragmentSums;
}

size_t TileProduct::getRowSum(size_t element) const {
  size_t fragment = element / fragmentSums / columnParts;
  return places.size() + (hasColumnSums ? columnParts * fragmentSums : 0) +
         fragment * fragmentSums + element % fragmentSums;
}

/// A register of 32 bits of a piece of a vector.
static Value getRegister(OpBuilder &builder, Location loc, Value piece) {
  auto type = llvm::cast<VectorType>(piece.getType());
  if (type.getElementType().isF16())
    return piece;
  auto word = VectorType::get(1, builder.getI32Type());
  Value bits = vector::BitCastOp::create(builder, loc, word, piece);
  return vector::ExtractOp::create(builder, loc, bits, 0);
}

/// The fragments of the left (0) or right (1) operand that start at `chunk`, each loaded four
/// matrices of 8 rows and 16 bytes at a time. Lane l has the address of row l % 8 of matrix l / 8.
/// The left side's are two by two: rows 8 on are the second, terms 16 bytes on the third and
/// fourth. The right side's are those of two fragments, terms first.
SmallVector<TileProduct::Fragment> TileProduct::loadFragments(unsigned side, Value stage,
                                                              int64_t chunk) {
  constexpr int64_t matrices = 4;
  auto type = llvm::cast<MemRefType>(shared[side].getType()).getElementType();
  int64_t perRegister = 32 / type.getIntOrFloatBitWidth();
  auto bits = [&](Value value, int64_t shift, int64_t mask) {
    Value low = arith::ShRUIOp::create(builder, loc, value, constant(shift));
    return arith::AndIOp::create(builder, loc, low, constant(mask)).getResult();
  };
  Value first = side == 0 ? warpRow : warpColumn;
  Value inRow =
      side == 0
          ? bits(lane, 0, 15)
          : arith::OrIOp::create(builder, loc, bits(lane, 0, 7),
                                 arith::ShLIOp::create(builder, loc, bits(lane, 4, 1), constant(3)))
                .getResult();
  Value ownChunk = add(side == 0 ? bits(lane, 4, 1) : bits(lane, 3, 1), chunk);
  int64_t loads = side == 0 ? rowParts : columnParts / 2;
  SmallVector<Fragment> fragments;
  for (int64_t i = 0; i < loads; ++i) {
    Value row = add(arith::AddIOp::create(builder, loc, first, inRow), i * 16);
    Value place = arith::MulIOp::create(builder, loc, swizzleChunk(builder, loc, row, ownChunk),
                                        constant(matrices * perRegister));
    auto loaded = nvgpu::LdMatrixOp::create(
        builder, loc, VectorType::get({matrices, perRegister}, type), shared[side],
        ValueRange{stage, row, place}, /*transpose=*/false, uint32_t(matrices));
    SmallVector<Value> registers;
    for (int64_t k = 0; k < matrices; ++k)
      registers.push_back(
          getRegister(builder, loc, vector::ExtractOp::create(builder, loc, loaded, k)));
    if (side == 0) {
      fragments.push_back(registers);
      continue;
    }
    fragments.push_back({registers[0], registers[1]});
    fragments.push_back({registers[2], registers[3]});
  }
  return fragments;
}

void TileProduct::multiply(MutableArrayRef<Value> sums, const Fragment &lhs, const Fragment &rhs,
                           std::array<NVVM::MMATypes, 2> types) {
  Type sum = sums.front().getType();
  auto result =
      LLVM::LLVMStructType::getLiteral(builder.getContext(), SmallVector<Type>(fragmentSums, sum));
  bool isInteger = sum.isInteger();
  bool isHalf = types[0] == NVVM::MMATypes::f16;
  auto product = NVVM::MmaOp::create(
      builder, loc, result, lhs, rhs, ValueRange(sums),
      ArrayRef<int64_t>{fragmentRows, fragmentColumns, instruction->terms}, std::nullopt,
      isInteger ? std::optional(NVVM::MMAIntOverflow::wrapped) : std::nullopt,
      isHalf ? std::nullopt : std::optional(types),
      std::array{NVVM::MMALayout::row, NVVM::MMALayout::col});
  for (auto [i, value] : llvm::enumerate(sums))
    value = LLVM::ExtractValueOp::create(builder, loc, product, int64_t(i));
}

TileProduct::Fragment TileProduct::getOnes(int64_t registers) {
  return Fragment(registers, arith::ConstantIntOp::create(builder, loc, 0x01010101, 32));
}

/// Sums of codes are products with ones: all rows, or all columns, of such a fragment are equal.
void TileProduct::emitInstructions(Value stage, MutableArrayRef<Value> sums) {
  std::array types = {instruction->lhs, instruction->rhs};
  for (int64_t chunk = 0; chunk < Tile::chunks; chunk += fragmentChunks) {
    SmallVector<Fragment> lhs = loadFragments(0, stage, chunk);
    SmallVector<Fragment> rhs = loadFragments(1, stage, chunk);
    for (int64_t i = 0; i < rowParts; ++i)
      for (int64_t j = 0; j < columnParts; ++j)
        multiply(sums.slice((i * columnParts + j) * fragmentSums, fragmentSums), lhs[i], rhs[j],
                 types);
    size_t last = places.size();
    for (int64_t j = 0; hasColumnSums && j < columnParts; ++j, last += fragmentSums)
      multiply(sums.slice(last, fragmentSums), getOnes(4), rhs[j],
               {NVVM::MMATypes::s8, instruction->rhs});
    for (int64_t i = 0; hasRowSums && i < rowParts; ++i, last += fragmentSums)
      multiply(sums.slice(last, fragmentSums), lhs[i], getOnes(2),
               {instruction->lhs, NVVM::MMATypes::s8});
  }
}

Value TileProduct::loadChunk(unsigned side, Value stage, Value row, Value chunk) {
  Type type = llvm::cast<MemRefType>(shared[side].getType()).getElementType();
  int64_t elements = Tile::chunkBytes * 8 / type.getIntOrFloatBitWidth();
  Value place = arith::MulIOp::create(builder, loc, swizzleChunk(builder, loc, row, chunk),
                                      constant(elements));
  return vector::LoadOp::create(builder, loc, VectorType::get(elements, type), shared[side],
                                ValueRange{stage, row, place}, /*nontemporal=*/false,
                                llvm::Align(Tile::chunkBytes));
}

/// One term after the other, as a loop on a CPU adds them.
void TileProduct::emitPlainSums(Value stage, MutableArrayRef<Value> sums) {
  for (int64_t chunk = 0; chunk < Tile::chunks; ++chunk) {
    SmallVector<Value> lhs, rhs;
    for (int64_t i = 0; i < rowParts; ++i)
      lhs.push_back(loadChunk(0, stage, places[i * columnParts].row, constant(chunk)));
    for (int64_t j = 0; j < columnParts; ++j)
      rhs.push_back(loadChunk(1, stage, places[j].column, constant(chunk)));
    int64_t elements = llvm::cast<VectorType>(lhs.front().getType()).getNumElements();
    for (int64_t k = 0; k < elements; ++k)
      for (int64_t i = 0; i < rowParts; ++i)
        for (int64_t j = 0; j < columnParts; ++j) {
          Value left = vector::ExtractOp::create(builder, loc, lhs[i], k);
          Value right = vector::ExtractOp::create(builder, loc, rhs[j], k);
          Value product = arith::MulFOp::create(builder, loc, left, right);
          Value &sum = sums[i * columnParts + j];
          sum = arith::AddFOp::create(builder, loc, sum, product);
        }
  }
}

SmallVector<Value> TileProduct::emitStep(Value stage, ValueRange sums) {
  SmallVector<Value> results(sums);
  if (instruction)
    emitInstructions(stage, results);
  else
    emitPlainSums(stage, results);
  return results;
}
