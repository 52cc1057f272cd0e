// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs a compiled model on raw files, for machines that have the runtime and nothing else.
//
// usage: run-module MODULE OUTPUT_PREFIX [DIMS:FILE]...
//
// One argument for each input, in order: its sizes, separated by commas, and a file with its bytes.
// Output I is written to OUTPUT_PREFIX.I, and a line "NAME DTYPE DIMS" printed.
#include "halftone/runtime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { maxTensors = 64 };

static void die(const char *message, const char *detail) {
  fprintf(stderr, "run-module: error: %s: %s\n", message, detail);
  exit(1);
}

static void readInput(const char *argument, uint32_t dtype, halftone_tensor *tensor) {
  tensor->dtype = dtype;
  char *next;
  while (*argument != ':') {
    if (tensor->rank == HALFTONE_MAX_RANK)
      die("too many sizes", argument);
    tensor->dims[tensor->rank++] = strtoll(argument, &next, 10);
    if (next == argument || (*next != ',' && *next != ':'))
      die("expected sizes and a colon", argument);
    argument = *next == ',' ? next + 1 : next;
  }
  size_t bytes = (size_t)halftone_tensor_bytes(tensor);
  tensor->data = aligned_alloc(HALFTONE_ALIGNMENT, (bytes + HALFTONE_ALIGNMENT) /
                                                       HALFTONE_ALIGNMENT * HALFTONE_ALIGNMENT);
  FILE *file = fopen(argument + 1, "rb");
  if (!tensor->data || !file || fread(tensor->data, 1, bytes, file) != bytes)
    die("cannot read", argument + 1);
  fclose(file);
}

static void writeOutput(const char *prefix, uint32_t index, const char *name,
                        const halftone_tensor *tensor) {
  char path[4096];
  snprintf(path, sizeof(path), "%s.%u", prefix, index);
  size_t bytes = (size_t)halftone_tensor_bytes(tensor);
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(tensor->data, 1, bytes, file) != bytes || fclose(file) != 0)
    die("cannot write", path);
  printf("%s %s ", name, halftone_dtype_name(tensor->dtype));
  for (uint32_t dim = 0; dim < tensor->rank; ++dim)
    printf(dim ? ",%lld" : "%lld", (long long)tensor->dims[dim]);
  printf("\n");
}

int main(int argc, char **argv) {
  if (argc < 3)
    die("usage", "run-module MODULE OUTPUT_PREFIX [DIMS:FILE]...");
  halftone_error error;
  halftone_module *module;
  halftone_session *session;
  if (halftone_load(argv[1], NULL, &module, &error) != HALFTONE_STATUS_OK)
    die("cannot load", error.message);
  const halftone_entry *entry = &halftone_module_describe(module)->entries[0];
  if (entry->num_inputs > maxTensors || entry->num_outputs > maxTensors)
    die("too many inputs or outputs", argv[1]);
  if ((uint32_t)argc - 3 != entry->num_inputs)
    die("expected as many files as the model has inputs", argv[1]);

  static halftone_tensor inputs[maxTensors], outputs[maxTensors];
  for (uint32_t i = 0; i < entry->num_inputs; ++i)
    readInput(argv[3 + i], entry->inputs[i].dtype, &inputs[i]);
  if (halftone_session_create(module, NULL, &session, &error) != HALFTONE_STATUS_OK ||
      halftone_session_run(session, 0, inputs, entry->num_inputs, outputs, entry->num_outputs,
                           &error) != HALFTONE_STATUS_OK)
    die("cannot run", error.message);
  for (uint32_t i = 0; i < entry->num_outputs; ++i)
    writeOutput(argv[2], i, entry->outputs[i].name, &outputs[i]);
  halftone_session_destroy(session);
  halftone_unload(module);
  return 0;
}
