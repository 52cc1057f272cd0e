// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halftone/ONNX/ListOps.h"
#include "OpTable.h"
#include "Refusals.h"
#include "SchemaFunctions.h"

#include "llvm/Support/JSON.h"

using namespace mlir;
using namespace mlir::halftone;

static llvm::json::Object describe(const OpEntry &entry) {
  llvm::json::Object object{
      {"opsets", llvm::json::Array{entry.opsets.min, entry.opsets.max}},
      {"inputs", llvm::json::Array{entry.inputs.min, entry.inputs.max == kAnyNumber
                                                         ? llvm::json::Value(nullptr)
                                                         : llvm::json::Value(entry.inputs.max)}}};
  if (!entry.notes.limits.empty())
    object["limits"] = entry.notes.limits;
  if (!entry.notes.floatOp.empty())
    object["float_op"] = entry.notes.floatOp;
  return object;
}

static llvm::json::Array describeTable(const OpTable &table) {
  llvm::json::Array ops;
  for (ArrayRef<OpEntry> entries : table.list()) {
    llvm::json::Array described;
    for (const OpEntry &entry : entries)
      described.push_back(describe(entry));
    ops.push_back(llvm::json::Object{{"domain", entries.front().domain},
                                     {"name", entries.front().name},
                                     {"entries", std::move(described)}});
  }
  return ops;
}

void halftone::listOps(llvm::raw_ostream &os) {
  OpTable table;
  llvm::json::Array functions, refused, domains;
  for (const SchemaInfo &info : listSchemas()) {
    bool isListed = !table.findAll(info.domain, info.name).empty() || info.isDeprecated ||
                    !findRefusal(info.domain, info.name).empty();
    if (isListed)
      continue;
    llvm::json::Object object{{"domain", info.domain}, {"name", info.name}};
    (info.isFunction ? functions : refused).push_back(std::move(object));
  }
  for (const Refusal &refusal : getRefusals())
    refused.push_back(
        llvm::json::Object{{"domain", ""}, {"name", refusal.name}, {"reason", refusal.reason}});
  for (const Refusal &refusal : getRefusedDomains())
    domains.push_back(llvm::json::Object{{"domain", refusal.name}, {"reason", refusal.reason}});
  os << llvm::formatv("{0:2}\n",
                      llvm::json::Value(llvm::json::Object{{"ops", describeTable(table)},
                                                           {"functions", std::move(functions)},
                                                           {"refused", std::move(refused)},
                                                           {"refused_domains", std::move(domains)},
                                                           {"newest_opset", kNewestOpset}}));
}
