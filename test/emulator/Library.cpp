// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Library.h"

#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace emulator;

static int collectSegments(dl_phdr_info *info, size_t, void *argument) {
  auto *library = static_cast<Library *>(argument);
  link_map *map = nullptr;
  if (dlinfo(library->handle, RTLD_DI_LINKMAP, &map) != 0 || map->l_addr != info->dlpi_addr)
    return 0;
  for (int i = 0; i < info->dlpi_phnum; ++i)
    if (info->dlpi_phdr[i].p_type == PT_LOAD) {
      uintptr_t begin = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
      library->segments.push_back({begin, begin + info->dlpi_phdr[i].p_memsz});
    }
  return 1;
}

/// Kernels call the functions of this library, which its user has loaded for itself alone.
static void exportIntrinsics() {
  Dl_info own;
  if (dladdr(reinterpret_cast<void *>(&exportIntrinsics), &own))
    dlopen(own.dli_fname, RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD);
}

Library *Library::load(const void *image, size_t bytes, const char *&why) {
  exportIntrinsics();
  int file = memfd_create("halftone-kernels", MFD_CLOEXEC);
  if (file < 0 || write(file, image, bytes) != ssize_t(bytes)) {
    why = "no memory for the kernels";
    return nullptr;
  }
  std::string path = "/proc/self/fd/" + std::to_string(file);
  void *handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  why = handle ? nullptr : dlerror();
  close(file);
  if (!handle)
    return nullptr;
  auto *library = new Library{handle, {}};
  dl_iterate_phdr(collectSegments, library);
  return library;
}
