// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/CPU/Bufferization.h"

#include "halftone/Dialect/DecodeOps.h"
#include "mlir/Dialect/Arith/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Bufferization/Transforms/FuncBufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/ControlFlow/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Linalg/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Linalg/Transforms/SubsetInsertionOpInterfaceImpl.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Tensor/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Tensor/Transforms/SubsetInsertionOpInterfaceImpl.h"
#include "mlir/Dialect/Vector/Transforms/BufferizableOpInterfaceImpl.h"
#include "mlir/Dialect/Vector/Transforms/SubsetOpInterfaceImpl.h"

using namespace mlir;
using namespace mlir::bufferization;
using namespace mlir::halftone;

namespace {

/// A constant becomes read-only memory.
struct ConstantModel : BufferizableOpInterface::ExternalModel<ConstantModel, halftone::ConstantOp> {
  bool isWritable(Operation *, Value, const AnalysisState &) const { return false; }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter, const BufferizationOptions &,
                          BufferizationState &) const {
    auto constant = llvm::cast<halftone::ConstantOp>(op);
    auto tensor = llvm::cast<RankedTensorType>(constant.getOutput().getType());
    auto buffer = MemRefType::get(tensor.getShape(), tensor.getElementType());
    replaceOpWithNewBufferizedOp<halftone::ConstantOp>(rewriter, op, buffer, constant.getValue());
    return success();
  }
};

/// The observed value keeps its buffer; the observer sees a contiguous one.
struct ObserveModel : BufferizableOpInterface::ExternalModel<ObserveModel, ObserveOp> {
  bool bufferizesToMemoryRead(Operation *, OpOperand &, const AnalysisState &) const {
    return true;
  }
  bool bufferizesToMemoryWrite(Operation *, OpOperand &, const AnalysisState &) const {
    return false;
  }
  AliasingValueList getAliasingValues(Operation *op, OpOperand &, const AnalysisState &) const {
    return {{op->getResult(0), BufferRelation::Equivalent}};
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options, BufferizationState &state) const {
    auto observe = llvm::cast<ObserveOp>(op);
    FailureOr<Value> buffer = getBuffer(rewriter, observe.getInput(), options, state);
    if (failed(buffer))
      return failure();
    FailureOr<Value> seen = makeContiguous(rewriter, op->getLoc(), *buffer, options);
    if (failed(seen))
      return failure();
    ObserveOp::create(rewriter, op->getLoc(), seen->getType(), *seen, observe.getTensorAttr(),
                      observe.getRangeAttr());
    replaceOpWithBufferizedValues(rewriter, op, *buffer);
    return success();
  }

private:
  static FailureOr<Value> makeContiguous(OpBuilder &builder, Location loc, Value buffer,
                                         const BufferizationOptions &options) {
    auto type = llvm::cast<MemRefType>(buffer.getType());
    if (type.getLayout().isIdentity())
      return buffer;
    auto contiguous = MemRefType::get(type.getShape(), type.getElementType());
    SmallVector<Value> sizes;
    for (int64_t dim = 0; dim < type.getRank(); ++dim)
      if (type.isDynamicDim(dim))
        sizes.push_back(memref::DimOp::create(builder, loc, buffer, dim));
    FailureOr<Value> copy = options.createAlloc(builder, loc, contiguous, sizes);
    if (failed(copy) || failed(options.createMemCpy(builder, loc, buffer, *copy)))
      return failure();
    return copy;
  }
};

/// Kernel ops write every element of their init and read none.
template <typename KernelOp>
struct KernelModel : DstBufferizableOpInterfaceExternalModel<KernelModel<KernelOp>, KernelOp> {
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand, const AnalysisState &) const {
    return !llvm::cast<DestinationStyleOpInterface>(op).isDpsInit(&operand);
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const BufferizationOptions &options, BufferizationState &state) const {
    SmallVector<Value> buffers;
    for (Value operand : op->getOperands()) {
      if (!llvm::isa<TensorType>(operand.getType())) {
        buffers.push_back(operand);
        continue;
      }
      FailureOr<Value> buffer = getBuffer(rewriter, operand, options, state);
      if (failed(buffer))
        return failure();
      buffers.push_back(*buffer);
    }
    OperationState bufferized(op->getLoc(), op->getName(), buffers, /*types=*/TypeRange(),
                              op->getAttrs());
    for (Region &region : op->getRegions())
      bufferized.addRegion()->takeBody(region);
    rewriter.create(bufferized);
    replaceOpWithBufferizedValues(rewriter, op, buffers.back());
    return success();
  }
};

} // namespace

void mlir::halftone::registerBufferization(DialectRegistry &registry) {
  arith::registerBufferizableOpInterfaceExternalModels(registry);
  cf::registerBufferizableOpInterfaceExternalModels(registry);
  func_ext::registerBufferizableOpInterfaceExternalModels(registry);
  linalg::registerBufferizableOpInterfaceExternalModels(registry);
  linalg::registerSubsetOpInterfaceExternalModels(registry);
  scf::registerBufferizableOpInterfaceExternalModels(registry);
  tensor::registerBufferizableOpInterfaceExternalModels(registry);
  tensor::registerSubsetOpInterfaceExternalModels(registry);
  vector::registerBufferizableOpInterfaceExternalModels(registry);
  vector::registerSubsetOpInterfaceExternalModels(registry);
  registry.addExtension(+[](MLIRContext *context, HalftoneDialect *) {
    halftone::ConstantOp::attachInterface<ConstantModel>(*context);
    ObserveOp::attachInterface<ObserveModel>(*context);
    AttentionOp::attachInterface<KernelModel<AttentionOp>>(*context);
    ContractOp::attachInterface<KernelModel<ContractOp>>(*context);
    DepthwiseOp::attachInterface<KernelModel<DepthwiseOp>>(*context);
    DecodePanelsOp::attachInterface<KernelModel<DecodePanelsOp>>(*context);
    DecodeRowsOp::attachInterface<KernelModel<DecodeRowsOp>>(*context);
  });
}
