// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "LoweringPatterns.h"

#include "halftone/CPU/RuntimeCalls.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "halftone/Target/Signature.h"
#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/Pattern.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace mlir::halftone;

/// The name of the node that an op stands for, empty when it has none.
static StringRef getNodeName(Location loc) {
  StringRef name;
  loc->walk([&](Location part) {
    if (auto named = llvm::dyn_cast<NameLoc>(part)) {
      name = named.getName();
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return name;
}

/// The address of a constant text that ends with a zero byte.
static Value getText(OpBuilder &builder, Location loc, StringRef text) {
  auto module = builder.getInsertionBlock()->getParentOp()->getParentOfType<ModuleOp>();
  // Named by content: equal messages share one global.
  std::string symbol = "halftone_text_" + llvm::utohexstr(llvm::xxh3_64bits(text));
  if (!module.lookupSymbol(symbol)) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(module.getBody());
    std::string bytes = text.str() + '\0';
    auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), bytes.size());
    LLVM::GlobalOp::create(builder, module.getLoc(), type, /*isConstant=*/true,
                           LLVM::Linkage::Internal, symbol, builder.getStringAttr(bytes));
  }
  return LLVM::AddressOfOp::create(builder, loc, LLVM::LLVMPointerType::get(builder.getContext()),
                                   symbol);
}

namespace {

struct AssertPattern : ConvertOpToLLVMPattern<cf::AssertOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(cf::AssertOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    StringRef node = getNodeName(loc);
    std::string message = op.getMsg().str();
    if (!node.empty() && !op.getMsg().starts_with(node))
      message = node.str() + ": " + message;

    Block *before = rewriter.getInsertionBlock();
    Block *after = rewriter.splitBlock(before, std::next(op->getIterator()));
    Block *failed = rewriter.createBlock(before->getParent(), before->getParent()->end());
    callRuntime(rewriter, loc, RuntimeFunction::Fail, getText(rewriter, loc, message));
    LLVM::UnreachableOp::create(rewriter, loc);

    rewriter.setInsertionPoint(op);
    rewriter.replaceOpWithNewOp<LLVM::CondBrOp>(op, adaptor.getArg(), after, failed);
    return success();
  }
};

/// Numbered by the attribute `id` that the pass has set before.
struct ObservePattern : ConvertOpToLLVMPattern<ObserveOp> {
  using ConvertOpToLLVMPattern::ConvertOpToLLVMPattern;

  LogicalResult matchAndRewrite(ObserveOp op, OpAdaptor adaptor,
                                ConversionPatternRewriter &rewriter) const override {
    Location loc = op.getLoc();
    auto type = llvm::dyn_cast<MemRefType>(op.getInput().getType());
    auto id = op->getAttrOfType<IntegerAttr>("id");
    std::optional<halftone_dtype> code =
        type ? getElementCode(type.getElementType()) : std::nullopt;
    if (!id || !code || !type.getLayout().isIdentity())
      return rewriter.notifyMatchFailure(op, "expects a numbered observer of a contiguous buffer");

    auto constant = [&](int64_t value) -> Value {
      return LLVM::ConstantOp::create(rewriter, loc, rewriter.getI64Type(), value);
    };
    MemRefDescriptor buffer(adaptor.getInput());
    Value data = buffer.bufferPtr(rewriter, loc, *getTypeConverter(), type);
    Value sizes = createSizes(rewriter, loc, buffer, type.getRank());
    callRuntime(rewriter, loc, RuntimeFunction::Observe,
                {constant(id.getInt()), data, constant(*code), constant(type.getRank()), sizes});
    rewriter.replaceOp(op, adaptor.getInput());
    return success();
  }

private:
  /// An array of the sizes on the stack of the function.
  static Value createSizes(ConversionPatternRewriter &rewriter, Location loc,
                           MemRefDescriptor buffer, int64_t rank) {
    auto pointer = LLVM::LLVMPointerType::get(rewriter.getContext());
    Type i64 = rewriter.getI64Type();
    Value array = LLVM::AllocaOp::create(
        rewriter, loc, pointer, i64,
        LLVM::ConstantOp::create(rewriter, loc, i64, std::max<int64_t>(rank, 1)));
    for (int64_t i = 0; i < rank; ++i) {
      Value place = LLVM::GEPOp::create(rewriter, loc, pointer, i64, array,
                                        ArrayRef<LLVM::GEPArg>{(int32_t)i});
      LLVM::StoreOp::create(rewriter, loc, buffer.size(rewriter, loc, i), place);
    }
    return array;
  }
};

} // namespace

void mlir::halftone::populateReportPatterns(const LLVMTypeConverter &converter,
                                            RewritePatternSet &patterns) {
  patterns.add<AssertPattern, ObservePattern>(converter);
}
