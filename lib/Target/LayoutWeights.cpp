// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/Analysis/NodeName.h"
#include "halftone/CPU/ModuleAttributes.h"
#include "halftone/Dialect/ConstantData.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "halftone/Target/Passes.h"
#include "halftone/runtime.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/xxhash.h"
#include <map>

namespace mlir::halftone {
#define GEN_PASS_DEF_LAYOUTWEIGHTS
#include "halftone/Target/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

namespace {

struct Blob {
  ElementsAttr value;
  int64_t offset;
  StringRef node;
};

/// Places contents one after the other, each content once.
class WeightsLayout {
public:
  /// The place of the content, or nullopt when it cannot be written as bytes. `node` reads it.
  std::optional<int64_t> place(ElementsAttr value, StringRef node);

  ArrayRef<Blob> getBlobs() const { return blobs; }
  int64_t getSize() const { return size; }

private:
  SmallVector<Blob> blobs;
  int64_t size = 0;
  DenseMap<Attribute, int64_t> placeOfAttribute;
  // By hash and size of the bytes. 128 bits: equal keys are equal contents for all practical means.
  std::map<std::tuple<uint64_t, uint64_t, size_t>, int64_t> placeOfContent;
};

std::optional<int64_t> WeightsLayout::place(ElementsAttr value, StringRef node) {
  if (auto known = placeOfAttribute.find(value); known != placeOfAttribute.end())
    return known->second;
  std::vector<char> copy;
  std::optional<ArrayRef<char>> bytes = getRawBytes(value);
  if (!bytes) {
    std::optional<std::vector<char>> copied = copyRawBytes(value);
    if (!copied)
      return std::nullopt;
    copy = std::move(*copied);
    bytes = ArrayRef<char>(copy);
  }
  llvm::XXH128_hash_t hash =
      llvm::xxh3_128bits(ArrayRef(reinterpret_cast<const uint8_t *>(bytes->data()), bytes->size()));
  releasePages(value);
  auto [known, isNew] =
      placeOfContent.try_emplace({hash.high64, hash.low64, bytes->size()}, /*offset=*/size);
  if (isNew) {
    blobs.push_back({value, size, node});
    size = llvm::alignTo(size + (int64_t)bytes->size(), HALFTONE_ALIGNMENT);
  }
  placeOfAttribute[value] = known->second;
  return known->second;
}

/// The ONNX node that a constant belongs to: one that reads it, or what it is called itself, which
/// may be the name of an initializer.
StringRef findNode(Operation *constant) {
  StringRef node;
  for (Operation *user : constant->getUsers()) // The first in the program comes last.
    if (StringRef reader = getNodeName(user->getLoc()); !reader.empty())
      node = reader;
  return node.empty() ? getNodeName(constant->getLoc()) : node;
}

/// The content that an op makes available in memory, or null.
ElementsAttr getContent(Operation *op, SymbolTableCollection &symbols) {
  if (auto constant = llvm::dyn_cast<halftone::ConstantOp>(op))
    return llvm::isa<MemRefType>(constant.getOutput().getType()) ? constant.getValue()
                                                                 : ElementsAttr();
  auto get = llvm::dyn_cast<memref::GetGlobalOp>(op);
  if (!get)
    return {};
  auto global = symbols.lookupNearestSymbolFrom<memref::GlobalOp>(get, get.getNameAttr());
  if (!global || !global.getConstant() || !global.getInitialValue())
    return {};
  return llvm::dyn_cast<ElementsAttr>(*global.getInitialValue());
}

struct LayoutWeights : halftone::impl::LayoutWeightsBase<LayoutWeights> {
  void runOnOperation() override {
    WeightsLayout layout;
    if (failed(replaceConstants(layout)))
      return signalPassFailure();
    eraseUnusedGlobals();

    Builder builder(&getContext());
    SmallVector<Attribute> contents, nodes;
    SmallVector<int64_t> offsets;
    for (const Blob &blob : layout.getBlobs()) {
      contents.push_back(blob.value);
      nodes.push_back(builder.getStringAttr(blob.node));
      offsets.push_back(blob.offset);
    }
    numBlobs += contents.size();
    getOperation()->setAttr(attributes::weights, builder.getArrayAttr(contents));
    getOperation()->setAttr(attributes::weightsNodes, builder.getArrayAttr(nodes));
    getOperation()->setAttr(attributes::weightsOffsets, builder.getDenseI64ArrayAttr(offsets));
    getOperation()->setAttr(attributes::weightsSize, builder.getI64IntegerAttr(layout.getSize()));
  }

  LogicalResult replaceConstants(WeightsLayout &layout) {
    SymbolTableCollection symbols;
    WalkResult result = getOperation().walk([&](Operation *op) {
      ElementsAttr content = getContent(op, symbols);
      if (!content)
        return WalkResult::advance();
      size_t blobsBefore = layout.getBlobs().size();
      std::optional<int64_t> offset = layout.place(content, findNode(op));
      if (!offset) {
        op->emitOpError() << "cannot be stored in the weights section: " << content.getType()
                          << " has no data, or elements of less than a byte";
        return WalkResult::interrupt();
      }
      numShared += layout.getBlobs().size() == blobsBefore;
      OpBuilder builder(op);
      auto view = WeightsViewOp::create(builder, op->getLoc(), op->getResult(0).getType(), *offset);
      op->replaceAllUsesWith(view);
      op->erase();
      return WalkResult::advance();
    });
    return failure(result.wasInterrupted());
  }

  void eraseUnusedGlobals() {
    for (auto global : llvm::make_early_inc_range(getOperation().getOps<memref::GlobalOp>()))
      if (SymbolTable::symbolKnownUseEmpty(global, getOperation()))
        global.erase();
  }
};

} // namespace
