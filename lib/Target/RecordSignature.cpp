// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/CPU/ModuleAttributes.h"
#include "halftone/Target/Passes.h"
#include "halftone/Target/Signature.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringSet.h"

namespace mlir::halftone {
#define GEN_PASS_DEF_RECORDSIGNATURE
#include "halftone/Target/Passes.h.inc"
} // namespace mlir::halftone

using namespace mlir;
using namespace mlir::halftone;

namespace {

/// Describes one argument or result; `kind` is `input` or `output`.
FailureOr<EntryTensor> describeTensor(func::FuncOp function, Type type, DictionaryAttr given,
                                      StringAttr name) {
  auto tensorType = llvm::dyn_cast<RankedTensorType>(type);
  if (!tensorType)
    return function.emitError() << "'" << name.getValue() << "' has type " << type
                                << "; an entry takes and yields ranked tensors";
  if (tensorType.getRank() > HALFTONE_MAX_RANK)
    return function.emitError() << "'" << name.getValue() << "' has rank " << tensorType.getRank()
                                << "; at most " << HALFTONE_MAX_RANK << " is supported";
  if (!getElementCode(tensorType.getElementType()))
    return function.emitError() << "'" << name.getValue() << "' has element type "
                                << tensorType.getElementType()
                                << ", which a module file cannot describe";
  EntryTensor tensor{name.getValue(), tensorType, {}};
  if (auto dims = given ? given.getAs<ArrayAttr>(attributes::dimNames) : ArrayAttr())
    for (Attribute dim : dims)
      tensor.dimNames.push_back(llvm::cast<StringAttr>(dim).getValue());
  return tensor;
}

FailureOr<ArrayAttr> describeTensors(func::FuncOp function, TypeRange types, ArrayAttr given,
                                     StringRef kind) {
  Builder builder(function.getContext());
  SmallVector<Attribute> described;
  llvm::StringSet<> names;
  for (auto [i, type] : llvm::enumerate(types)) {
    auto attributes = given ? llvm::cast<DictionaryAttr>(given[i]) : DictionaryAttr();
    StringAttr name = attributes ? attributes.getAs<StringAttr>(attributes::name) : StringAttr();
    if (!name)
      name = builder.getStringAttr(kind + Twine(i));
    if (!names.insert(name.getValue()).second)
      return function.emitError() << "two " << kind << "s are named '" << name.getValue() << "'";
    FailureOr<EntryTensor> tensor = describeTensor(function, type, attributes, name);
    if (failed(tensor))
      return failure();
    described.push_back(tensor->toAttribute(function.getContext()));
  }
  return builder.getArrayAttr(described);
}

/// The importer's names, which the function's attributes say better from here on. Those of the
/// arguments' dimensions stay until ConvertToLinalg: they tell which ones are equal.
void dropNames(func::FuncOp function) {
  auto nameAttr = StringAttr::get(function.getContext(), attributes::name);
  auto dimNamesAttr = StringAttr::get(function.getContext(), attributes::dimNames);
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    function.removeArgAttr(i, nameAttr);
  for (unsigned i = 0; i < function.getNumResults(); ++i) {
    function.removeResultAttr(i, nameAttr);
    function.removeResultAttr(i, dimNamesAttr);
  }
}

struct RecordSignature : halftone::impl::RecordSignatureBase<RecordSignature> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (!function.isPublic() || function.isExternal())
        continue;
      FailureOr<ArrayAttr> inputs = describeTensors(function, function.getArgumentTypes(),
                                                    function.getArgAttrsAttr(), "input");
      FailureOr<ArrayAttr> outputs = describeTensors(function, function.getResultTypes(),
                                                     function.getResAttrsAttr(), "output");
      if (failed(inputs) || failed(outputs))
        return signalPassFailure();
      function->setAttr(attributes::inputs, *inputs);
      function->setAttr(attributes::outputs, *outputs);
      dropNames(function);
    }
  }
};

} // namespace
