// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Built with exceptions: the parser of libonnx throws on numbers out of range.
#include "ModelFile.h"

#include "onnx/defs/parser.h"
#include <exception>

using namespace mlir;

std::string halftone::parseTextModel(StringRef text, onnx::ModelProto &model) {
  std::string zeroTerminated = text.str();
  try {
    onnx::OnnxParser parser(zeroTerminated.c_str());
    onnx::Common::Status status = parser.Parse(model);
    if (!status.IsOK())
      return status.ErrorMessage();
    if (!parser.EndOfInput())
      return "text after the end of the model";
  } catch (const std::exception &error) {
    return std::string("a number is out of range (") + error.what() + ")";
  }
  return "";
}
