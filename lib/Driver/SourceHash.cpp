// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "SourceHash.h"

#include "halftone/Dialect/ConstantData.h"
#include "halftone/Dialect/HalftoneDialect.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;
using namespace mlir::halftone;

llvm::Expected<std::string> mlir::halftone::hashSource(StringRef modelPath, ModuleOp imported) {
  auto buffer = llvm::MemoryBuffer::getFile(modelPath, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return llvm::createStringError("'" + modelPath + "': " + buffer.getError().message());
  // A chain of hashes: each covers the one before, so order and boundaries count.
  SmallVector<uint64_t> chain = {llvm::xxh3_64bits((*buffer)->getBuffer())};
  imported.walk([&](ConstantOp constant) {
    if (!llvm::isa<DenseResourceElementsAttr>(constant.getValue()))
      return;
    if (std::optional<ArrayRef<char>> bytes = getRawBytes(constant.getValue()))
      chain.push_back(llvm::xxh3_64bits(StringRef(bytes->data(), bytes->size())));
    releasePages(constant.getValue());
  });
  uint64_t hash = llvm::xxh3_64bits(ArrayRef<uint8_t>(
      reinterpret_cast<const uint8_t *>(chain.data()), chain.size() * sizeof(uint64_t)));
  return llvm::utohexstr(hash, /*LowerCase=*/true, /*Width=*/16);
}
