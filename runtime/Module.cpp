// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Module.h"

#include "CpuFeatures.h"

#include <cerrno>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace halftone;

halftone_module::~halftone_module() {
  if (library)
    dlclose(library);
  if (file >= 0)
    close(file);
}

static halftone_status openFile(const char *path, halftone_module &module, halftone_error *error) {
  module.file = open(path, O_RDONLY | O_CLOEXEC);
  if (module.file < 0)
    return setError(error, HALFTONE_STATUS_NOT_FOUND, "cannot open '%s': %s", path,
                    strerror(errno));
  struct stat information;
  if (fstat(module.file, &information) != 0)
    return setError(error, HALFTONE_STATUS_SYSTEM, "cannot examine '%s': %s", path,
                    strerror(errno));
  if (!S_ISREG(information.st_mode))
    return setError(error, HALFTONE_STATUS_NOT_A_MODULE, "'%s' is not a regular file", path);
  module.fileSize = static_cast<uint64_t>(information.st_size);
  return HALFTONE_STATUS_OK;
}

static halftone_status mapModule(const char *path, halftone_module &module, halftone_error *error) {
  // Through the open file, not the path: this is the file that was checked, and the dynamic linker,
  // which remembers libraries by name, cannot return an older file of the same path. The file stays
  // open as long as the module is mapped, which keeps the name unique.
  char name[64];
  snprintf(name, sizeof(name), "/proc/self/fd/%d", module.file);
  if (access(name, F_OK) != 0)
    return setError(error, HALFTONE_STATUS_SYSTEM, "cannot map '%s': /proc is not mounted", path);
  module.library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!module.library)
    return setError(error, HALFTONE_STATUS_LOAD_FAILED, "cannot map '%s': %s", path, dlerror());
  module.descriptor = static_cast<const halftone_module_descriptor *>(
      dlsym(module.library, HALFTONE_MODULE_SYMBOL));
  if (!module.descriptor)
    return setError(error, HALFTONE_STATUS_NOT_A_MODULE,
                    "'%s' is not a halftone module: it has no symbol '%s'", path,
                    HALFTONE_MODULE_SYMBOL);
  return checkDescriptor(path, *module.descriptor, error);
}

static halftone_status loadModule(const char *path, const halftone_load_options &options,
                                  halftone_module &module, halftone_error *error) {
  halftone_status status = openFile(path, module, error);
  if (status != HALFTONE_STATUS_OK)
    return status;
  halftone_trailer trailer;
  status =
      checkModuleFile(path, module.file, module.fileSize, options.verify_weights, trailer, error);
  if (status != HALFTONE_STATUS_OK)
    return status;
  status = enableCpuFeatures(path, trailer.cpu_features, error);
  if (status != HALFTONE_STATUS_OK)
    return status;
  status = mapModule(path, module, error);
  if (status != HALFTONE_STATUS_OK)
    return status;
  status = enableCpuFeatures(path, module.descriptor->cpu_features, error);
  if (status != HALFTONE_STATUS_OK || !module.descriptor->device ||
      options.device == HALFTONE_NO_DEVICE)
    return status;
  return module.device.load(path, *module.descriptor, options.device, error);
}

halftone_status halftone_load(const char *path, const halftone_load_options *options,
                              halftone_module **result, halftone_error *error) {
  if (!path || !result)
    return setError(error, HALFTONE_STATUS_INVALID_ARGUMENT,
                    "halftone_load needs a path and a place for the module");
  *result = nullptr;
  halftone_load_options given = {};
  if (options) {
    if (options->struct_size != sizeof(*options) ||
        options->verify_weights > HALFTONE_VERIFY_WEIGHTS_NEVER)
      return setError(error, HALFTONE_STATUS_INVALID_ARGUMENT,
                      "load options are not those of this version of the runtime");
    given = *options;
  }
  auto *module = createObject<halftone_module>();
  if (!module)
    return setError(error, HALFTONE_STATUS_OUT_OF_MEMORY, "no memory to load '%s'", path);
  halftone_status status = loadModule(path, given, *module, error);
  if (status != HALFTONE_STATUS_OK) {
    destroyObject(module);
    return status;
  }
  *result = module;
  return HALFTONE_STATUS_OK;
}

void halftone::releaseModule(halftone_module *module) {
  if (module && module->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
    destroyObject(module);
}

void halftone_unload(halftone_module *module) { releaseModule(module); }

const halftone_module_descriptor *halftone_module_describe(const halftone_module *module) {
  return module->descriptor;
}

int32_t halftone_module_find_entry(const halftone_module *module, const char *name) {
  const halftone_module_descriptor &descriptor = *module->descriptor;
  for (uint32_t i = 0; i < descriptor.num_entries; ++i)
    if (strcmp(descriptor.entries[i].name, name) == 0)
      return static_cast<int32_t>(i);
  return -1;
}

uint64_t halftone_module_file_size(const halftone_module *module) { return module->fileSize; }
