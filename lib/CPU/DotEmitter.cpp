// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "DotEmitter.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::halftone;

VectorType DotEmitter::getAccumulatorType() const {
  OpBuilder &builder = math.builder;
  Type element = row.isInteger() ? Type(builder.getI32Type()) : Type(builder.getF32Type());
  return VectorType::get({row.lanes}, element);
}

Value DotEmitter::zeroAccumulator() {
  OpBuilder &builder = math.builder;
  return arith::ConstantOp::create(builder, math.loc, builder.getZeroAttr(getAccumulatorType()));
}

/// Words of four u8 as the instruction takes them.
Value DotEmitter::flipSigns(Value words) {
  if (!row.isLhsSigned)
    return words;
  OpBuilder &builder = math.builder;
  auto type = llvm::cast<VectorType>(words.getType());
  auto signs = DenseElementsAttr::get(type, int32_t(0x80808080));
  Value mask = arith::ConstantOp::create(builder, math.loc, signs);
  return arith::XOrIOp::create(builder, math.loc, words, mask);
}

/// bf16 or f16 as f32: exact.
Value DotEmitter::widenHalves(Value halves) {
  Type f32 = math.builder.getF32Type();
  if (auto type = llvm::dyn_cast<VectorType>(halves.getType()))
    return arith::ExtFOp::create(math.builder, math.loc, type.clone(f32), halves);
  return arith::ExtFOp::create(math.builder, math.loc, f32, halves);
}

/// An i32 that holds `kr` elements, in every lane.
Value DotEmitter::repeatWord(Value word) {
  OpBuilder &builder = math.builder;
  Value words = vector::BroadcastOp::create(
      builder, math.loc, VectorType::get({row.lanes}, builder.getI32Type()), word);
  words = flipSigns(words);
  Type element = row.kr == 4 ? Type(builder.getI8Type()) : Type(builder.getI16Type());
  if (row.elements == KernelElements::BF16)
    element = builder.getBF16Type();
  return vector::BitCastOp::create(builder, math.loc,
                                   VectorType::get({row.lanes * row.kr}, element), words);
}

Value DotEmitter::loadLhs(Value memref, ArrayRef<Value> indices) {
  OpBuilder &builder = math.builder;
  if (row.kr == 1) {
    Value scalar = memref::LoadOp::create(builder, math.loc, memref, indices);
    if (row.isInteger())
      scalar = arith::ExtUIOp::create(builder, math.loc, builder.getI32Type(), scalar);
    else if (row.widensHalves())
      scalar = widenHalves(scalar);
    return vector::BroadcastOp::create(builder, math.loc, getAccumulatorType(), scalar);
  }
  Type element = llvm::cast<MemRefType>(memref.getType()).getElementType();
  Value elements = vector::LoadOp::create(builder, math.loc, VectorType::get({row.kr}, element),
                                          memref, indices);
  if (row.step == DotStep::MultiplyPairs)
    elements = arith::ExtUIOp::create(builder, math.loc,
                                      VectorType::get({row.kr}, builder.getI16Type()), elements);
  Value words = vector::BitCastOp::create(builder, math.loc,
                                          VectorType::get({1}, builder.getI32Type()), elements);
  return repeatWord(vector::ExtractOp::create(builder, math.loc, words, ArrayRef<int64_t>{0}));
}

Value DotEmitter::loadPartialLhs(Value memref, ArrayRef<Value> indices, int64_t count) {
  assert(count > 0 && count < row.kr && "a full step is no partial one");
  OpBuilder &builder = math.builder;
  Type i32 = builder.getI32Type();
  Value word;
  for (int64_t element = 0; element < count; ++element) {
    SmallVector<Value> at(indices);
    at.back() = math.add(at.back(), element);
    Value code = memref::LoadOp::create(builder, math.loc, memref, at);
    if (row.elements == KernelElements::BF16)
      code = arith::BitcastOp::create(builder, math.loc, builder.getI16Type(), code);
    code = arith::ExtUIOp::create(builder, math.loc, i32, code);
    if (!word) {
      word = code;
      continue;
    }
    Value shift = arith::ConstantIntOp::create(builder, math.loc, i32, element * 32 / row.kr);
    code = arith::ShLIOp::create(builder, math.loc, code, shift);
    word = arith::OrIOp::create(builder, math.loc, word, code);
  }
  return repeatWord(word);
}

Value DotEmitter::loadRhs(Value memref, ArrayRef<Value> indices, Value mask) {
  OpBuilder &builder = math.builder;
  Type element = llvm::cast<MemRefType>(memref.getType()).getElementType();
  auto type = VectorType::get({row.lanes * row.kr}, element);
  if (!mask)
    return prepareRhs(vector::LoadOp::create(builder, math.loc, type, memref, indices));
  assert(row.kr == 1 && "only plain right-hand sides need masks");
  Value zero = arith::ConstantOp::create(builder, math.loc, builder.getZeroAttr(type));
  return prepareRhs(
      vector::MaskedLoadOp::create(builder, math.loc, type, memref, indices, mask, zero));
}

Value DotEmitter::prepareLhs(Value elements) {
  OpBuilder &builder = math.builder;
  if (row.widensHalves())
    return widenHalves(elements);
  if (row.isLhsSigned) {
    auto words = VectorType::get({row.lanes}, builder.getI32Type());
    Value flipped = flipSigns(vector::BitCastOp::create(builder, math.loc, words, elements));
    return vector::BitCastOp::create(builder, math.loc, elements.getType(), flipped);
  }
  if (!row.isInteger() || row.step == DotStep::Dot)
    return elements;
  Type wide = row.step == DotStep::MultiplyPairs ? builder.getI16Type() : builder.getI32Type();
  return arith::ExtUIOp::create(builder, math.loc, VectorType::get({row.lanes * row.kr}, wide),
                                elements);
}

Value DotEmitter::prepareRhs(Value elements) {
  OpBuilder &builder = math.builder;
  if (row.widensHalves())
    return widenHalves(elements);
  if (row.elements == KernelElements::F32S8) {
    Value wide = arith::ExtSIOp::create(
        builder, math.loc, VectorType::get({row.lanes}, builder.getI32Type()), elements);
    return arith::SIToFPOp::create(builder, math.loc, getAccumulatorType(), wide);
  }
  if (!row.isInteger() || row.step == DotStep::Dot)
    return elements;
  Type wide = row.step == DotStep::MultiplyPairs ? builder.getI16Type() : builder.getI32Type();
  return arith::ExtSIOp::create(builder, math.loc, VectorType::get({row.lanes * row.kr}, wide),
                                elements);
}

Value DotEmitter::call(ArrayRef<Value> operands, Type result) {
  OpBuilder &builder = math.builder;
  auto name = builder.getStringAttr(row.intrinsic);
  return LLVM::CallIntrinsicOp::create(builder, math.loc, result, name, operands).getResult(0);
}

Value DotEmitter::step(Value accumulators, Value lhs, Value rhs) {
  OpBuilder &builder = math.builder;
  switch (row.step) {
  case DotStep::Fma:
    // Not vector.fma: that may be split again.
    return mlir::math::FmaOp::create(builder, math.loc, lhs, rhs, accumulators);
  case DotStep::Dot:
    return call({accumulators, lhs, rhs}, accumulators.getType());
  case DotStep::MultiplyPairs: {
    Value products = call({lhs, rhs}, accumulators.getType());
    return arith::AddIOp::create(builder, math.loc, accumulators, products);
  }
  case DotStep::MultiplyAdd:
    break;
  case DotStep::Tiles:
    llvm_unreachable("tiles are emitted by TileEmitter");
  }
  if (row.isInteger()) {
    Value products = arith::MulIOp::create(builder, math.loc, lhs, rhs);
    return arith::AddIOp::create(builder, math.loc, accumulators, products);
  }
  Value products = arith::MulFOp::create(builder, math.loc, lhs, rhs);
  return arith::AddFOp::create(builder, math.loc, accumulators, products);
}
