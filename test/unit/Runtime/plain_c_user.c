// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs a module with the header alone: no runtime library, a context of its own. Prints the sum
// that the entry `add` computes.
#include "halftone/runtime.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

// The context has no place for it, and there is one run.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
static jmp_buf failure;

static void *userAlloc(halftone_context *context, int64_t bytes) {
  (void)context;
  size_t rounded = ((size_t)bytes / HALFTONE_ALIGNMENT + 1) * (size_t)HALFTONE_ALIGNMENT;
  void *block = aligned_alloc(HALFTONE_ALIGNMENT, rounded);
  if (!block)
    longjmp(failure, 1);
  return block;
}

static void userRelease(halftone_context *context, void *block) {
  (void)context;
  free(block);
}

static void userParallelFor(halftone_context *context, halftone_parallel_body body,
                            void *environment, int64_t n) {
  if (n > 0)
    body(context, environment, 0, n);
}

static void userFail(halftone_context *context, const char *message) {
  (void)context;
  fprintf(stderr, "%s\n", message);
  longjmp(failure, 1);
}

static void userObserve(halftone_context *context, int64_t id, const void *data, int64_t dtype,
                        int64_t rank, const int64_t *dims) {
  (void)context, (void)id, (void)data, (void)dtype, (void)rank, (void)dims;
}

int main(int argc, char **argv) {
  void *library = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
  const halftone_module_descriptor *module =
      library ? dlsym(library, HALFTONE_MODULE_SYMBOL) : NULL;
  if (!module || module->magic != HALFTONE_MODULE_MAGIC ||
      module->abi_version != HALFTONE_ABI_VERSION) {
    fprintf(stderr, "usage: plain_c_user MODULE.so\n");
    return 2;
  }
  halftone_context context = {HALFTONE_ABI_VERSION,
                              sizeof(context),
                              module->weights,
                              NULL,
                              userAlloc,
                              userRelease,
                              userParallelFor,
                              userFail,
                              userObserve,
                              NULL,
                              NULL,
                              NULL,
                              NULL,
                              NULL,
                              NULL,
                              NULL,
                              NULL,
                              {NULL}};
  if (setjmp(failure))
    return 1;
  float a[2] = {1, 2}, b[2] = {10, 20};
  halftone_tensor inputs[2] = {{a, HALFTONE_DTYPE_F32, 2, {1, 2}},
                               {b, HALFTONE_DTYPE_F32, 2, {1, 2}}};
  halftone_tensor output = {NULL, HALFTONE_DTYPE_F32, 2, {0}};
  if (module->entries[0].function(&context, inputs, &output) != 0)
    return 1;
  const float *sum = output.data;
  printf("%g %g\n", (double)sum[0], (double)sum[1]);
  free(output.data);
  return dlclose(library);
}
