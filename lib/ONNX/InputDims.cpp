// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "InputDims.h"
#include "ElementTypes.h"

#include "mlir/IR/Diagnostics.h"
#include "onnx/onnx_pb.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace mlir::halftone;

LogicalResult InputDims::checkOverrides(Location loc) const {
  llvm::StringSet<> names;
  for (const auto &[name, size] : overrides) {
    if (size <= 0)
      return emitError(loc) << "dimension '" << name << "' cannot be " << size
                            << ": sizes are positive";
    if (!names.insert(name).second)
      return emitError(loc) << "dimension '" << name << "' is given two sizes";
  }
  return success();
}

/// The size that the user gives the dimension called `key`, or kDynamic.
int64_t InputDims::applyOverride(StringRef key) {
  if (known.insert({key, true}).second)
    knownInOrder.push_back(key.str());
  for (auto [i, entry] : llvm::enumerate(overrides))
    if (entry.first == key) {
      used[i] = true;
      return entry.second;
    }
  return ShapedType::kDynamic;
}

/// Whether a tensor of these sizes, dynamic ones left out, could exist.
static bool hasPossibleSize(ArrayRef<int64_t> sizes) {
  int64_t elements = 1;
  for (int64_t size : sizes) {
    if (ShapedType::isDynamic(size))
      continue;
    if (size > ShapeContext::kMaxElements / elements)
      return false;
    elements *= size;
  }
  return true;
}

FailureOr<InputType> InputDims::read(const onnx::ValueInfoProto &info, StringRef what,
                                     Location loc) {
  auto fail = [&]() { return emitError(loc) << what << " '" << info.name() << "' "; };
  if (!info.type().has_tensor_type())
    return fail() << "is not a tensor; sequences, maps, optionals and sparse tensors are not "
                     "supported; make each tensor in it an input or output of its own";
  const onnx::TypeProto::Tensor &tensor = info.type().tensor_type();
  Type elementType = importElementType(tensor.elem_type(), loc.getContext());
  if (!elementType)
    return fail() << "has element type " << nameOfDataType(tensor.elem_type())
                  << ", which is not supported; turn it into numbers outside of the model";
  if (!tensor.has_shape())
    return fail() << "has no shape; its number of dimensions must be declared in the model";
  SmallVector<int64_t> sizes;
  InputType result;
  for (auto [i, dim] : llvm::enumerate(tensor.shape().dim())) {
    // 0 and -1 are how some exporters write an unknown size.
    int64_t size = dim.has_dim_value() && dim.dim_value() != 0 && dim.dim_value() != -1
                       ? dim.dim_value()
                       : ShapedType::kDynamic;
    if (size < 0 && !ShapedType::isDynamic(size))
      return fail() << "has dimension " << size << " at position " << i;
    std::string key =
        dim.dim_param().empty() ? info.name() + "." + std::to_string(i) : dim.dim_param();
    if (ShapedType::isDynamic(size))
      size = applyOverride(key);
    sizes.push_back(size);
    result.names.push_back(ShapedType::isDynamic(size) ? dim.dim_param() : "");
  }
  if (!hasPossibleSize(sizes))
    return fail() << "has too many elements";
  result.type = RankedTensorType::get(sizes, elementType);
  return result;
}

LogicalResult InputDims::checkAllUsed(Location loc) const {
  for (auto [i, entry] : llvm::enumerate(overrides)) {
    if (used[i])
      continue;
    InFlightDiagnostic diag = emitError(loc)
                              << "the model has no dynamic dimension '" << entry.first << "'; ";
    if (knownInOrder.empty())
      return diag << "all dimensions of its inputs are fixed";
    diag << "it has ";
    llvm::interleaveComma(knownInOrder, diag, [&](StringRef name) { diag << "'" << name << "'"; });
    return diag;
  }
  return success();
}

SmallVector<Dim> InputDims::makeSymbols(const InputType &input, ShapeContext &shapes) {
  SmallVector<Dim> dims;
  for (auto [size, name] : llvm::zip_equal(input.type.getShape(), input.names)) {
    if (!ShapedType::isDynamic(size))
      dims.push_back(shapes.constant(size));
    else if (name.empty())
      dims.push_back(shapes.freshSymbol());
    else {
      dims.push_back(shapes.namedSymbol(name));
      symbolNames[dims.back()] = name;
    }
  }
  return dims;
}
