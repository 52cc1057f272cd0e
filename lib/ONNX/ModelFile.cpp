// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ModelFile.h"

#include "mlir/IR/Diagnostics.h"
#include "onnx/onnx_pb.h"
#include <limits>

using namespace mlir;
using namespace mlir::halftone;

// The IR versions whose meaning is known: 3 (ONNX 1.0) to 14 (ONNX 1.23).
static constexpr int64_t kOldestIRVersion = 3;
static constexpr int64_t kNewestIRVersion = 14;

static LogicalResult parseBinary(llvm::MemoryBufferRef buffer, onnx::ModelProto &model,
                                 Location loc) {
  if (buffer.getBufferSize() > size_t(std::numeric_limits<int>::max()))
    return emitError(loc) << "the model file has " << buffer.getBufferSize()
                          << " bytes, more than a protobuf message can hold (2 GiB): keep its "
                             "weights in external data";
  // Partial: a message that lacks fields is reported here, not logged by protobuf.
  if (!model.ParsePartialFromArray(buffer.getBufferStart(), int(buffer.getBufferSize())))
    return emitError(loc) << "not an ONNX model, or a truncated one: the file of "
                          << buffer.getBufferSize()
                          << " bytes does not parse as protobuf; copy or export it again";
  return success();
}

static LogicalResult parseText(llvm::MemoryBufferRef buffer, onnx::ModelProto &model,
                               Location loc) {
  std::string message = parseTextModel(buffer.getBuffer(), model);
  if (message.empty())
    return success();
  return emitError(loc) << "not an ONNX model in text form: " << message;
}

static LogicalResult checkModel(const onnx::ModelProto &model, Location loc) {
  if (!model.has_graph())
    return emitError(loc) << "not an ONNX model: there is no graph in it";
  if (model.ir_version() < kOldestIRVersion || model.ir_version() > kNewestIRVersion)
    return emitError(loc) << "ONNX IR version " << model.ir_version()
                          << " is not supported: expected " << kOldestIRVersion << " to "
                          << kNewestIRVersion << "; export the model again";
  return success();
}

std::shared_ptr<onnx::ModelProto> halftone::readModel(llvm::MemoryBufferRef buffer, bool text,
                                                      Location loc) {
  auto model = std::make_shared<onnx::ModelProto>();
  LogicalResult parsed = text ? parseText(buffer, *model, loc) : parseBinary(buffer, *model, loc);
  if (failed(parsed) || failed(checkModel(*model, loc)))
    return nullptr;
  return model;
}
