// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Device.h"

using namespace halftone;

ModuleDevice::~ModuleDevice() {
  if (context && driver.contextPush(context) == 0) {
    if (weights)
      driver.free(weights);
    if (image)
      driver.moduleUnload(image);
    CudaContext popped;
    driver.contextPop(&popped);
  }
  if (context)
    driver.primaryContextRelease(device);
  free(static_cast<void *>(kernels));
}

halftone_status ModuleDevice::load(const char *path, const halftone_module_descriptor &descriptor,
                                   int ordinal, halftone_error *error) {
  halftone_status status = driver.open(error);
  if (status != HALFTONE_STATUS_OK)
    return status;
  int count = 0;
  if (CudaResult result = driver.deviceGetCount(&count))
    return driver.report("cannot count the GPUs", result, error);
  if (ordinal < 0 || ordinal >= count)
    return setError(error, HALFTONE_STATUS_NO_DEVICE,
                    "'%s' needs an NVIDIA GPU: number %d was asked for, there are %d", path,
                    ordinal, count);
  if (CudaResult result = driver.deviceGet(&device, ordinal))
    return driver.report("cannot open the GPU", result, error);
  if (CudaResult result = driver.primaryContextRetain(&context, device)) {
    context = nullptr;
    return driver.report("cannot open the GPU", result, error);
  }
  if (CudaResult result = driver.contextPush(context))
    return driver.report("cannot use the GPU", result, error);
  status = loadOnDevice(path, descriptor, ordinal, error);
  CudaContext popped;
  driver.contextPop(&popped);
  return status;
}

halftone_status ModuleDevice::loadOnDevice(const char *path,
                                           const halftone_module_descriptor &descriptor,
                                           int ordinal, halftone_error *error) {
  halftone_status status = loadImage(path, *descriptor.device, ordinal, error);
  if (status == HALFTONE_STATUS_OK)
    status = findKernels(*descriptor.device, error);
  if (status == HALFTONE_STATUS_OK)
    status = uploadWeights(descriptor, error);
  return status;
}

static bool fits(const halftone_device_image &image, unsigned major, unsigned minor) {
  if (image.is_exact)
    return major == image.major && minor == image.minor;
  return major > image.major || (major == image.major && minor >= image.minor);
}

halftone_status ModuleDevice::loadImage(const char *path, const halftone_device_table &table,
                                        int ordinal, halftone_error *error) {
  int major = 0, minor = 0;
  CudaResult result = driver.deviceGetAttribute(&major, cudaMajor, device);
  if (result == 0)
    result = driver.deviceGetAttribute(&minor, cudaMinor, device);
  if (result)
    return driver.report("cannot examine the GPU", result, error);
  Text chips;
  for (uint32_t i = 0; i < table.num_images; ++i) {
    const halftone_device_image &candidate = table.images[i];
    chips.append(i == 0 ? "%s" : ", %s", candidate.chip);
    if (!fits(candidate, unsigned(major), unsigned(minor)))
      continue;
    char log[400] = "";
    int options[] = {cudaErrorLog, cudaErrorLogBytes};
    void *values[] = {log, toPointer(sizeof(log) - 1)};
    result = driver.moduleLoad(&image, candidate.data, 2, options, values);
    if (result == 0)
      return HALFTONE_STATUS_OK;
    image = nullptr;
    Text what;
    what.append("the kernels of '%s' for %s cannot be loaded%s%s", path, candidate.chip,
                *log ? ": " : "", log);
    return driver.report(what.get(), result, error);
  }
  return setError(error, HALFTONE_STATUS_NO_DEVICE,
                  "GPU %d has compute capability %d.%d, '%s' was compiled for %s", ordinal, major,
                  minor, path, chips.get());
}

halftone_status ModuleDevice::findKernels(const halftone_device_table &table,
                                          halftone_error *error) {
  kernels =
      static_cast<CudaFunction *>(calloc(size_t(table.num_kernels) + 1, sizeof(CudaFunction)));
  if (!kernels)
    return setError(error, HALFTONE_STATUS_OUT_OF_MEMORY, "no memory for the table of kernels");
  for (uint32_t i = 0; i < table.num_kernels; ++i)
    if (CudaResult result = driver.moduleGetFunction(&kernels[i], image, table.kernels[i]))
      return driver.report(table.kernels[i], result, error);
  numKernels = table.num_kernels;
  return HALFTONE_STATUS_OK;
}

halftone_status ModuleDevice::uploadWeights(const halftone_module_descriptor &descriptor,
                                            halftone_error *error) {
  size_t bytes = descriptor.weights_size;
  if (bytes == 0)
    return HALFTONE_STATUS_OK;
  if (CudaResult result = driver.allocate(&weights, bytes)) {
    weights = 0;
    return driver.report("no place for the weights on the GPU", result, error);
  }
  CudaResult result = driver.copyToDevice(weights, descriptor.weights, bytes, nullptr);
  if (result == 0)
    result = driver.streamSynchronize(nullptr);
  return result ? driver.report("cannot copy the weights to the GPU", result, error)
                : HALFTONE_STATUS_OK;
}
