// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Info.h"

#include "Layers.h"

#include "llvm/ADT/StringExtras.h"

using namespace halftone;
using namespace llvm;

static ArrayRef<halftone_tensor_info> inputsOf(const halftone_entry &entry) {
  return {entry.inputs, entry.num_inputs};
}

static ArrayRef<halftone_tensor_info> outputsOf(const halftone_entry &entry) {
  return {entry.outputs, entry.num_outputs};
}

static std::vector<StringRef> featureNames(uint64_t features) {
  std::vector<StringRef> names;
  for (uint32_t bit = 0; bit < 64; ++bit)
    if (const char *name = halftone_cpu_feature_name(bit); name && (features >> bit & 1))
      names.push_back(name);
  return names;
}

/// A size, the name of a dimension known at run time, or "?".
static std::string dimText(const halftone_tensor_info &info, uint32_t dim) {
  if (info.dims[dim] != HALFTONE_DYNAMIC)
    return std::to_string(info.dims[dim]);
  const char *name = info.dim_names ? info.dim_names[dim] : nullptr;
  return name ? name : "?";
}

static json::Array describeTensors(ArrayRef<halftone_tensor_info> tensors) {
  json::Array result;
  for (const halftone_tensor_info &info : tensors) {
    json::Array shape;
    for (uint32_t d = 0; d < info.rank; ++d) {
      if (info.dims[d] == HALFTONE_DYNAMIC)
        shape.push_back(dimText(info, d));
      else
        shape.push_back(info.dims[d]);
    }
    result.push_back(json::Object{{"name", std::string(info.name)},
                                  {"type", halftone_dtype_name(info.dtype)},
                                  {"shape", std::move(shape)}});
  }
  return result;
}

/// The most memory that a session needs at once, weights included.
static int64_t peakBytes(const halftone_module_descriptor &descriptor, const MeasuredMemory &run) {
  return static_cast<int64_t>(descriptor.weights_size) + descriptor.arena_size + run.value_or(0);
}

/// What the module has for a device; null without.
static json::Value describeDevice(const halftone_module_descriptor &descriptor) {
  const halftone_device_table *table = descriptor.device;
  if (!table)
    return nullptr;
  json::Array images;
  for (const halftone_device_image &image : ArrayRef(table->images, table->num_images))
    images.push_back(
        json::Object{{"chip", image.chip}, {"bytes", static_cast<int64_t>(image.size)}});
  return json::Object{{"kernels", table->num_kernels},
                      {"images", std::move(images)},
                      {"arena_bytes", table->arena_size}};
}

static void printDevice(raw_ostream &stream, const halftone_module_descriptor &descriptor) {
  const halftone_device_table *table = descriptor.device;
  if (!table)
    return;
  stream << "device: " << table->num_kernels << " kernels, arena " << table->arena_size;
  for (const halftone_device_image &image : ArrayRef(table->images, table->num_images))
    stream << ", " << image.chip << " " << image.size << " bytes";
  stream << "\n";
}

json::Object halftone::describeModel(StringRef path, const Model &model,
                                     const MeasuredMemory &run) {
  const halftone_module_descriptor &descriptor = model.descriptor();
  json::Array entries;
  for (const halftone_entry &entry : model.entries())
    entries.push_back(json::Object{{"name", std::string(entry.name)},
                                   {"inputs", describeTensors(inputsOf(entry))},
                                   {"outputs", describeTensors(outputsOf(entry))}});
  return json::Object{{"file", path.str()},
                      {"file_bytes", static_cast<int64_t>(model.fileSize())},
                      {"abi_version", descriptor.abi_version},
                      {"compiler", std::string(descriptor.compiler_version)},
                      {"target", std::string(descriptor.target_triple)},
                      {"cpu", std::string(descriptor.target_cpu)},
                      {"cpu_features", json::Array(featureNames(descriptor.cpu_features))},
                      {"weights_bytes", static_cast<int64_t>(descriptor.weights_size)},
                      {"arena_bytes", descriptor.arena_size},
                      {"dynamic_bytes", run ? json::Value(*run) : json::Value(nullptr)},
                      {"peak_bytes", peakBytes(descriptor, run)},
                      {"device", describeDevice(descriptor)},
                      {"observe_points", descriptor.num_observe_points},
                      {"source_hash", std::string(descriptor.source_hash)},
                      {"recipe", std::string(descriptor.recipe)},
                      {"layers", describeLayers(descriptor)},
                      {"formats", describeFormats(descriptor)},
                      {"entries", std::move(entries)}};
}

static void printTensors(raw_ostream &stream, StringRef title,
                         ArrayRef<halftone_tensor_info> tensors) {
  for (const halftone_tensor_info &info : tensors) {
    stream << "  " << title << " " << info.name << ": " << halftone_dtype_name(info.dtype) << "[";
    for (uint32_t d = 0; d < info.rank; ++d)
      stream << (d == 0 ? "" : ",") << dimText(info, d);
    stream << "]\n";
  }
}

void halftone::printModel(raw_ostream &stream, StringRef path, const Model &model,
                          const MeasuredMemory &run) {
  const halftone_module_descriptor &descriptor = model.descriptor();
  stream << path << ": " << model.fileSize() << " bytes\n"
         << "memory: weights " << descriptor.weights_size << ", arena " << descriptor.arena_size
         << (run ? ", sized by the run " + std::to_string(*run) : "") << ", peak "
         << peakBytes(descriptor, run)
         << (run ? "" : " without what a run sizes (--inputs measures it)") << "\n"
         << "compiler: " << descriptor.compiler_version << ", interface version "
         << descriptor.abi_version << "\n"
         << "target: " << descriptor.target_triple << ", " << descriptor.target_cpu << "\n"
         << "needs: " << join(featureNames(descriptor.cpu_features), " ") << "\n"
         << "source: " << descriptor.source_hash << "\n";
  printDevice(stream, descriptor);
  if (descriptor.num_observe_points > 0)
    stream << "observes: " << descriptor.num_observe_points << " tensors\n";
  for (const halftone_entry &entry : model.entries()) {
    stream << "entry " << entry.name << "\n";
    printTensors(stream, "input", inputsOf(entry));
    printTensors(stream, "output", outputsOf(entry));
  }
  printLayers(stream, descriptor);
  if (*descriptor.recipe)
    stream << "recipe:\n" << StringRef(descriptor.recipe).rtrim() << "\n";
}
