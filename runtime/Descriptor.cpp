// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Checks of the tables of a mapped module: after them, the runtime follows their pointers freely.
#include "Module.h"

using namespace halftone;

static const char *findTensorDefect(const halftone_tensor_info &tensor) {
  if (!tensor.name)
    return "a tensor without a name";
  if (halftone_dtype_bits(tensor.dtype) == 0)
    return "a tensor of an unknown element type";
  if (tensor.rank > HALFTONE_MAX_RANK)
    return "a tensor of too many dimensions";
  if (tensor.rank > 0 && !tensor.dims)
    return "a tensor without sizes";
  for (uint32_t i = 0; i < tensor.rank; ++i)
    if (tensor.dims[i] < 0 && tensor.dims[i] != HALFTONE_DYNAMIC)
      return "a tensor of a negative size";
  return nullptr;
}

static const char *findTensorsDefect(const halftone_tensor_info *tensors, uint32_t count) {
  if (count > 0 && !tensors)
    return "an entry without its tensors";
  for (uint32_t i = 0; i < count; ++i)
    if (const char *defect = findTensorDefect(tensors[i]))
      return defect;
  return nullptr;
}

static const char *findEntryDefect(const halftone_entry &entry) {
  if (!entry.name)
    return "an entry without a name";
  if (!entry.function)
    return "an entry without code";
  if (const char *defect = findTensorsDefect(entry.inputs, entry.num_inputs))
    return defect;
  return findTensorsDefect(entry.outputs, entry.num_outputs);
}

static const char *findLayersDefect(const halftone_layer_table &table) {
  if (table.num_layers > 0 && !table.layers)
    return "missing layers";
  for (uint64_t i = 0; i < table.num_layers; ++i) {
    const halftone_layer &layer = table.layers[i];
    if (!layer.node || !layer.format || !layer.granularity)
      return "a layer without a name";
    if (layer.group < 0 || layer.num_weights < 0 || layer.bytes < 0 || layer.module_bytes < 0)
      return "a layer of a negative size";
  }
  return nullptr;
}

static const char *findDeviceDefect(const halftone_device_table &table) {
  if (table.arena_size < 0)
    return "a negative arena size on the device";
  if ((table.num_kernels > 0 && !table.kernels) || (table.num_images > 0 && !table.images))
    return "missing kernels";
  for (uint32_t i = 0; i < table.num_kernels; ++i)
    if (!table.kernels[i])
      return "a kernel without a name";
  for (uint32_t i = 0; i < table.num_images; ++i)
    if (!table.images[i].chip || !table.images[i].data || table.images[i].size == 0)
      return "an image of kernels without data";
  for (uint32_t i = 0; i < table.num_images; ++i) {
    // The driver reads texts up to their end; other images begin with the mark of ELF.
    const char *data = static_cast<const char *>(table.images[i].data);
    if (data[0] != '\177' && data[table.images[i].size - 1] != '\0')
      return "an image of kernels without an end";
  }
  return nullptr;
}

static const char *findDefect(const halftone_module_descriptor &descriptor) {
  if (!descriptor.target_triple || !descriptor.target_cpu || !descriptor.recipe ||
      !descriptor.source_hash || !descriptor.compiler_version)
    return "a missing text";
  if (descriptor.arena_size < 0)
    return "a negative arena size";
  if (reinterpret_cast<uintptr_t>(descriptor.weights) % HALFTONE_ALIGNMENT != 0)
    return "weights that are not aligned";
  if (!descriptor.weights && descriptor.weights_size > 0)
    return "missing weights";
  if (descriptor.num_observe_points > 0 && !descriptor.observe_points)
    return "missing observe points";
  for (uint32_t i = 0; i < descriptor.num_observe_points; ++i)
    if (!descriptor.observe_points[i].tensor_name)
      return "an observe point without a name";
  if (descriptor.num_entries > 0 && !descriptor.entries)
    return "missing entries";
  for (uint32_t i = 0; i < descriptor.num_entries; ++i)
    if (const char *defect = findEntryDefect(descriptor.entries[i]))
      return defect;
  if (descriptor.device)
    if (const char *defect = findDeviceDefect(*descriptor.device))
      return defect;
  return descriptor.layers ? findLayersDefect(*descriptor.layers) : nullptr;
}

halftone_status halftone::checkDescriptor(const char *path,
                                          const halftone_module_descriptor &descriptor,
                                          halftone_error *error) {
  if (descriptor.magic != HALFTONE_MODULE_MAGIC)
    return setError(error, HALFTONE_STATUS_NOT_A_MODULE,
                    "'%s' is not a halftone module: its descriptor has another magic number", path);
  if (descriptor.abi_version != HALFTONE_ABI_VERSION ||
      descriptor.struct_size != sizeof(descriptor))
    return setError(error, HALFTONE_STATUS_WRONG_ABI,
                    "'%s' was compiled for version %u of the runtime's interface, this runtime "
                    "has version %u: compile the model again",
                    path, descriptor.abi_version, HALFTONE_ABI_VERSION);
  if (const char *defect = findDefect(descriptor))
    return setError(error, HALFTONE_STATUS_NOT_A_MODULE, "'%s' has a descriptor with %s", path,
                    defect);
  return HALFTONE_STATUS_OK;
}
