// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/ONNX/Export.h"
#include "GraphExporter.h"

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "halftone/IO/FilePair.h"
#include "onnx/onnx_pb.h"
#include "llvm/Support/Path.h"

using namespace mlir;
using namespace mlir::halftone;
using ::halftone::AtomicFile;

namespace {
/// Hands what protobuf writes to a file piece by piece.
class FileStream : public google::protobuf::io::CopyingOutputStream {
public:
  explicit FileStream(AtomicFile &file) : file(file) {}

  bool Write(const void *buffer, int size) override {
    llvm::Error error = file.write({static_cast<const char *>(buffer), size_t(size)});
    if (!error)
      return true;
    message = llvm::toString(std::move(error));
    return false;
  }

  StringRef getMessage() const { return message; }

private:
  AtomicFile &file;
  std::string message;
};
} // namespace

static llvm::Error writeMessage(const onnx::ModelProto &model, AtomicFile &file) {
  // protobuf counts in int.
  if (model.ByteSizeLong() > size_t(INT32_MAX))
    return llvm::createStringError(
        "an ONNX file cannot have more than 2 GiB; keep the weights in a file of their own");
  FileStream stream(file);
  bool succeeded = false;
  {
    google::protobuf::io::CopyingOutputStreamAdaptor adaptor(&stream);
    succeeded = model.SerializeToZeroCopyStream(&adaptor) && adaptor.Flush();
  }
  if (succeeded)
    return llvm::Error::success();
  return llvm::createStringError(stream.getMessage().empty() ? "cannot serialize the model"
                                                             : stream.getMessage());
}

/// Puts the weights in place and the model into `file`. Both get their names, or neither: a model
/// without its weights is worth nothing, one with those of another is worse.
static llvm::Error writeModel(onnx::ModelProto &model, TensorWriter &tensors, StringRef path,
                              AtomicFile &file, uint64_t maxInlineBytes) {
  std::optional<AtomicFile> data;
  std::string dataPath = (path + ".data").str();
  if (tensors.getSize() > maxInlineBytes) {
    llvm::Expected<AtomicFile> created = AtomicFile::create(dataPath);
    if (!created)
      return created.takeError();
    data.emplace(std::move(*created));
    if (llvm::Error error = tensors.writeExternal(*data, llvm::sys::path::filename(dataPath)))
      return error;
  } else if (llvm::Error error = tensors.writeInline()) {
    return error;
  }
  if (llvm::Error error = writeMessage(model, file))
    return error;
  if (data)
    return ::halftone::commitPair(std::move(*data), dataPath, std::move(file));
  return file.commit();
}

/// Of what concerns the whole model, which the caller names.
static Location getLoc(ModuleOp module) { return UnknownLoc::get(module.getContext()); }

static FailureOr<func::FuncOp> findFunction(ModuleOp module) {
  SmallVector<func::FuncOp> functions(module.getOps<func::FuncOp>());
  if (functions.size() == 1 && !functions.front().isExternal())
    return functions.front();
  return emitError(getLoc(module),
                   "expects one function with a body to write it as an ONNX model, but has ")
         << functions.size() << " functions";
}

LogicalResult mlir::halftone::exportModel(ModuleOp module, StringRef path,
                                          const ExportOptions &options) {
  FailureOr<func::FuncOp> function = findFunction(module);
  if (failed(function))
    return failure();
  // Before the work: a path that cannot be written is said at once.
  llvm::Expected<AtomicFile> file = AtomicFile::create(path);
  if (!file)
    return emitError(getLoc(module), llvm::toString(file.takeError()));
  onnx::ModelProto model;
  GraphExporter exporter(model, options);
  if (failed(exporter.run(*function)))
    return failure();
  if (llvm::Error error =
          writeModel(model, exporter.getTensors(), path, *file, options.maxInlineBytes))
    return emitError(getLoc(module), llvm::toString(std::move(error)));
  return success();
}
